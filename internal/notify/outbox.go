package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// Options are what the service needs from outside.
type Options struct {
	BaseURL        string                                        // public address of this server, without a final slash
	Box            *secret.Box                                   // seals channel secrets and tokens of unsent links
	Directory      Directory                                     // who is in a team, how a person is reached
	Hours          Hours                                         // business hours; nil = always open
	KnownTeam      func(q db.Querier, team string) (bool, error) // nil = any name is a team
	Book           Book                                          // how people are told; nil = by e-mail
	Transports     map[ChannelKind]Transport                     // one for each kind
	EmailPerMinute int                                           // most messages a minute to people by e-mail; 0 = 60,000
	PerMinute      map[ChannelKind]int                           // most messages a minute to people by each kind; 0 = the kind's default
	LinkLife       time.Duration                                 // how long links in messages work; 0 = 12 h
	Hidden         Hidden                                        // nil = nothing is hidden
	Log            *slog.Logger                                  // nil = slog.Default()
}

// Service writes messages, keeps channels, and shows what was
// delivered.
type Service struct {
	db     *db.DB
	o      Options
	wake   chan struct{} // one token: there may be due messages
	expect []expectation
	hooks  []func(tx *db.Tx, list []Attempted) error
	stats  *stats
}

// New returns the service. Deliver with NewCourier.
func New(d *db.DB, o Options) (*Service, error) {
	if o.Box == nil || o.Directory == nil {
		return nil, errors.New("notify: a secrets key and a directory of people are needed")
	}
	if o.LinkLife == 0 {
		o.LinkLife = 12 * time.Hour
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	return &Service{db: d, o: o, wake: make(chan struct{}, 1), stats: newStats()}, nil
}

// Notify writes the messages of a notice into the outbox, as part of the
// transaction that gives the reason for it, and wakes the courier once that is
// committed. The same Key again adds nothing for those already told.
func (s *Service) Notify(tx *db.Tx, n Notice) error { return s.NotifyAll(tx, []Notice{n}) }

// NotifyAll is Notify for many notices at the cost of one: who is to be told is
// looked up for all of them together, and all messages are written at once.
func (s *Service) NotifyAll(tx *db.Tx, notices []Notice) error {
	notices = slices.Clone(notices)
	for i, n := range notices {
		if n.Key == "" || n.Record == (ref.Ref{}) || n.Reason == "" {
			return fmt.Errorf("notify: notice %q on %q for %q lacks its key, record or reason", n.Key, n.Record, n.Reason)
		}
		if n.Quiet && n.Urgent {
			return fmt.Errorf("notify: notice %q is both quiet and urgent", n.Key)
		}
		notices[i] = tidy(n)
	}
	to, err := s.resolve(tx, notices)
	if err != nil {
		return err
	}
	var rows []row
	actions := map[string][]Action{} // by key
	starts := map[string]time.Time{}
	for i, n := range notices {
		if len(to[i]) == 0 {
			continue
		}
		start := tx.Now
		if n.Quiet && s.o.Hours != nil {
			if start, err = s.o.Hours.NextOpen(tx, n.Team, tx.Now); err != nil {
				return err
			}
		}
		actions[n.Key], starts[n.Key] = n.Actions, start
		for _, r := range to[i] {
			rows = append(rows, newRow(tx.Now, start, 0, n, r))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	ids, err := tx.NextIDs(ref.Message, len(rows))
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].ID = ids[i]
	}
	written, err := insertMessages(tx, rows)
	if err != nil {
		return err
	}
	var links [][]any
	for _, r := range rows {
		if !written[r.ID] {
			continue
		}
		recordMessage(tx, r, "message."+string(r.State), "")
		if r.Person != 0 && r.State == Queued {
			links = append(links, s.linkRows(tx.Now, starts[r.Key], r, actions[r.Key])...)
		}
	}
	if err := insertLinks(tx, links); err != nil {
		return err
	}
	if len(written) > 0 {
		tx.After(func() {
			s.stats.add(func(v *Stats) { v.Queued += len(written) })
			s.Wake()
		})
	}
	return nil
}

// Wake tells the courier of this process that there may be due messages. It
// never waits.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func newRow(now, start time.Time, id int64, n Notice, to recipient) row {
	grace, age := otherGrace, otherMaxAge
	if n.Urgent {
		grace, age = urgentGrace, urgentMaxAge
	}
	if start = start.Add(to.after); start.Before(to.from) {
		start = to.from
	}
	r := row{salt: evidence.NewSalt(), expiry: start.Add(age), Delivery: Delivery{
		ID: id, Key: n.Key, Dest: to.dest, Via: to.via, Record: n.Record, Reason: n.Reason, Team: n.Team, Person: to.person,
		Urgent: n.Urgent, Priority: n.Priority, Leg: to.leg, After: to.after, Restricted: n.Restricted, Title: n.Title, Text: n.Text, Facts: n.Facts,
		State: Queued, QueuedAt: now, PromisedAt: start.Add(grace), DueAt: start,
	}}
	if to.lack != "" {
		r.State, r.DueAt, r.EndedAt, r.Error = Dead, time.Time{}, now, to.lack
	}
	return r
}

// digest is over recipient, text and state of a message: the salted trace that
// evidence keeps of it. A message being sent counts as queued.
func (r row) digest() string {
	state := r.State
	if state == Sending {
		state = Queued
	}
	return evidence.Digest(r.salt, struct {
		Dest, Title, Text string
		Facts             []Fact `json:",omitempty"`
		State             State
	}{r.Dest, r.Title, r.Text, r.Facts, state})
}

// within is the message that r goes as part of, if any.
func (r row) within() string {
	if r.carrier == 0 || r.carrier == r.ID {
		return ""
	}
	return ref.N(ref.Message, r.carrier).String()
}

// recordMessage appends the evidence of a message's new state.
func recordMessage(tx *db.Tx, r row, action, before string) {
	tx.Record(evidence.Entry{Action: action, Record: ref.N(ref.Message, r.ID), Version: int64(r.Attempts) + 1, Before: before, After: r.digest(), Data: struct {
		About   string `json:"about,omitempty"`
		Reason  string `json:"reason"`
		To      string `json:"to"`
		Via     string `json:"via,omitempty"`
		Urgent  bool   `json:"urgent"`
		Attempt int    `json:"attempt,omitempty"`
		Within  string `json:"within,omitempty"` // the message that it went as part of
	}{r.Record.String(), r.Reason, r.Dest, r.Via, r.Urgent, r.Attempts, r.within()}})
}

// tidy bounds a notice to what every transport can carry, and takes away what
// a restricted record must not say.
func tidy(n Notice) Notice {
	if n.Restricted {
		n.Title, n.Text, n.Facts = n.Record.String()+" needs you", "It is restricted: sign in to see it.", nil
	}
	n.Title = Clip(strings.Join(strings.Fields(clean(n.Title)), " "), 200)
	n.Text = Clip(clean(n.Text), 4000)
	facts := make([]Fact, 0, min(len(n.Facts), 20))
	for _, f := range n.Facts[:cap(facts)] {
		facts = append(facts, Fact{Clip(clean(f.Name), 60), Clip(clean(f.Value), 500)})
	}
	n.Facts = facts
	return n
}

// clean takes out what databases and mail cannot hold: invalid UTF-8 and
// control characters other than the line break.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Clip cuts a text to n characters, the last one a "…" when it is cut; for n
// below 2 nothing is left of such a text.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	if n < 2 {
		return ""
	}
	return string(runes[:n-1]) + "…"
}
