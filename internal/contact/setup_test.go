package contact_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// line is a transport that keeps what it was given.
type line struct {
	mu   sync.Mutex
	got  []notify.Message
	to   []notify.Target
	fail error
}

func (l *line) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	notify.Answer(ctx, "201 taken")
	l.got, l.to = append(l.got, m), append(l.to, to)
	return nil
}

func (l *line) last() (notify.Message, notify.Target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.got) == 0 {
		return notify.Message{}, notify.Target{}
	}
	return l.got[len(l.got)-1], l.to[len(l.to)-1]
}

// directory answers from auth, as app does.
type directory struct{}

func (directory) Members(db.Querier, string) ([]notify.Member, error) { return nil, nil }

func (directory) People(q db.Querier, ids []int64) (out []notify.Member, err error) {
	people, err := auth.People(q, ids)
	for id, p := range people {
		out = append(out, notify.Member{Person: id, Name: p.Display, Email: p.Email, Role: p.Role, Disabled: !p.Enabled()})
	}
	return out, err
}

type bench struct {
	testing.TB
	db    *db.DB
	s     *contact.Service
	n     *notify.Service
	sms   *line
	mail  *line
	now   time.Time
	mara  context.Context
	id    int64
	other context.Context
}

func each(t *testing.T, f func(b *bench)) {
	var now time.Time
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	dbtest.EachWith(t, clock, func(t *testing.T, d *db.DB) {
		now = time.Now().UTC().Truncate(time.Microsecond)
		b := &bench{TB: t, db: d, sms: &line{}, mail: &line{}}
		people, _, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		root := actor.With(context.Background(), actor.Job("test"))
		for i, handle := range []string{"mara", "jonas"} {
			p, _, err := people.CreatePerson(root, auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: strings.ToUpper(handle[:1]) + handle[1:]}})
			if err != nil {
				t.Fatal(err)
			}
			ctx := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: actor.Responder})
			if i == 0 {
				b.mara, b.id = ctx, p.ID
			} else {
				b.other = ctx
			}
		}
		box, err := secret.Parse(secret.Generate())
		if err != nil {
			t.Fatal(err)
		}
		b.s = contact.New(d, box)
		b.n, err = notify.New(d, notify.Options{BaseURL: "https://ek.harbour.example", Box: box, Directory: directory{}, Book: b.s,
			Transports: map[notify.ChannelKind]notify.Transport{notify.SMS: b.sms, notify.Email: b.mail}})
		if err != nil {
			t.Fatal(err)
		}
		b.s.Notify = b.n
		b.n.OnAttempt(b.s.Hear)
		pass := func(by time.Duration) { mu.Lock(); now = now.Add(by); mu.Unlock() }
		b.now = now
		f(b)
		_ = pass
	})
}

var digits = regexp.MustCompile(`\d{6}`)

// verified adds a number and proves it.
func (b *bench) verified(label, number string) contact.Method {
	b.Helper()
	m, err := b.s.Add(b.mara, contact.NewMethod{Kind: notify.SMS, Label: label, Address: number})
	if err != nil {
		b.Fatal(err)
	}
	if res, err := b.s.SendCode(b.mara, m.ID); err != nil || !res.Sent || res.Answer != "201 taken" {
		b.Fatalf("%+v, %v", res, err)
	}
	msg, _ := b.sms.last()
	if m, err = b.s.Verify(b.mara, m.ID, digits.FindString(msg.Title)); err != nil || !m.Usable() {
		b.Fatalf("%+v, %v", m, err)
	}
	return m
}
