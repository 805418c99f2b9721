package demo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// ways gives those who are woken most a second address, verified by the code
// that arrived there, and rules of their own: what wakes them goes to both, and
// what can wait leaves their nights alone. Mail is what the demo can really
// deliver.
func (s *stage) ways(ctx context.Context) error {
	for _, who := range []string{"mara", "jonas"} {
		as := s.as(ctx, who)
		m, err := s.app.Contacts.Add(as, contact.NewMethod{Kind: notify.Email, Label: "Pager", Address: who + "-pager@harbour.example"})
		if err != nil {
			return err
		}
		code, err := s.mail.code(func() error {
			sent, err := s.app.Contacts.SendCode(as, m.ID)
			if err == nil && !sent.Sent {
				err = errors.New(sent.Error)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("code for %s: %w", who, err)
		}
		if _, err := s.app.Contacts.Verify(as, m.ID, code); err != nil {
			return err
		}
		_, err = s.app.Contacts.SetRules(as, contact.Rules{
			P1:    []contact.Leg{{By: "email/Pager"}, {By: "email", After: 2 * time.Minute}},
			P2:    []contact.Leg{{By: "email/Pager"}, {By: "email", After: 5 * time.Minute}},
			Other: []contact.Leg{{By: "email"}},
			Zone:  "Europe/Copenhagen", Quiet: contact.Quiet{From: "22:00", To: "07:00"}, TestAt: "09:30",
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var codeInMail = regexp.MustCompile(`code is ([0-9]{6})`)

// code returns the code in the mail that do sends.
func (m *mailbox) code(do func() error) (string, error) {
	m.mu.Lock()
	m.last = nil
	m.mu.Unlock()
	if err := do(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if found := codeInMail.FindSubmatch(m.last); found != nil {
		return string(found[1]), nil
	}
	return "", errors.New("no code arrived")
}
