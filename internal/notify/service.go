package notify

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Delivery is a message as people see it: to whom, why, and how it went.
type Delivery struct {
	ID         int64
	Key        string // idempotency key of its notice
	Dest       string // "person:17", "channel:ops", "nobody:payments"
	Via        string // "email", "channel:ops"; "" = there was no way
	Record     ref.Ref
	Reason     string
	Team       string
	Person     int64  // 0 = a channel
	Name       string // of the person; filled by Message and Messages
	Urgent     bool
	Priority   string        // "P1" to "P4", or ""
	Leg        int           // 0 = the first message of its notice to the person; the others follow it
	After      time.Duration // how long after the notice the leg was to go
	Restricted bool
	Title      string
	Text       string
	Facts      []Fact
	State      State
	QueuedAt   time.Time
	PromisedAt time.Time // later than this, an open message is overdue
	DueAt      time.Time // next attempt, or end of the lease while sending
	EndedAt    time.Time // when it was sent or given up
	Attempts   int
	Error      string // of the last attempt; for a dead message, why
}

// Ref is the message's key.
func (d Delivery) Ref() ref.Ref { return ref.N(ref.Message, d.ID) }

// Overdue reports whether the message should have been out before now.
func (d Delivery) Overdue(now time.Time) bool {
	return (d.State == Queued || d.State == Sending) && d.PromisedAt.Before(now)
}

// Attempt is one try to deliver a message.
type Attempt struct {
	N       int
	At      time.Time
	Outcome Outcome
	Error   string // without secrets
	Answer  string // of the other side when it took the message, where it says anything
	Latency time.Duration
}

// Hidden answers which of these records the actor of the context may not see;
// their messages are shown without record, recipient and text. Satisfied by incident.
type Hidden func(ctx context.Context, q db.Querier, records []ref.Ref) (map[ref.Ref]bool, error)

// Filter narrows a list of messages.
type Filter struct {
	State  State   // "" = any
	Record ref.Ref // zero = any
}

// Messages lists messages, newest first, at most limit of them, from those with
// an id below before (0 = from the newest).
func (s *Service) Messages(ctx context.Context, f Filter, before int64, limit int) ([]Delivery, error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return nil, err
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	list, err := s.deliveries(ctx, func(q db.Querier) ([]row, error) { return listMessages(q, f, before, limit) })
	if f.Record != (ref.Ref{}) && len(list) > 0 && list[0].Record != f.Record {
		list = nil // hidden: asking for it by name must not tell that it is there
	}
	return list, err
}

// deliveries reads rows and makes them fit to be shown to the actor.
func (s *Service) deliveries(ctx context.Context, list func(q db.Querier) ([]row, error)) ([]Delivery, error) {
	var out []Delivery
	err := s.db.Read(ctx, func(q db.Querier) error {
		rows, err := list(q)
		if err != nil {
			return err
		}
		out = make([]Delivery, len(rows))
		for i, r := range rows {
			out[i] = r.Delivery
		}
		return s.present(ctx, q, out)
	})
	return out, errs.Wrap("notify.messages", err)
}

// hiddenDest stands for the recipient of a message that the actor may not know
// more about.
const hiddenDest = "restricted:"

// present fills in names and takes away what the actor may not see.
func (s *Service) present(ctx context.Context, q db.Querier, list []Delivery) error {
	var people []int64
	var records []ref.Ref
	seen := map[ref.Ref]bool{}
	for _, d := range list {
		if d.Person != 0 {
			people = append(people, d.Person)
		}
		if !seen[d.Record] {
			seen[d.Record] = true
			records = append(records, d.Record)
		}
	}
	names := map[int64]string{}
	if len(people) > 0 {
		found, err := s.o.Directory.People(q, people)
		if err != nil {
			return err
		}
		for _, m := range found {
			names[m.Person] = m.Name
		}
	}
	var hidden map[ref.Ref]bool
	if s.o.Hidden != nil && len(records) > 0 {
		var err error
		if hidden, err = s.o.Hidden(ctx, q, records); err != nil {
			return err
		}
	}
	for i := range list {
		d := &list[i]
		d.Name = names[d.Person]
		if hidden[d.Record] {
			// What is left says that a delivery works or fails, and no more.
			*d = Delivery{ID: d.ID, Key: d.Ref().String(), Via: d.Via, Dest: hiddenDest, Urgent: d.Urgent, Restricted: true, Title: "About a restricted record",
				State: d.State, QueuedAt: d.QueuedAt, PromisedAt: d.PromisedAt, DueAt: d.DueAt, EndedAt: d.EndedAt, Attempts: d.Attempts, Error: d.Error}
		}
	}
	return nil
}

// Message returns one message and its attempts, newest first.
func (s *Service) Message(ctx context.Context, id int64) (Delivery, []Attempt, error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return Delivery{}, nil, err
	}
	var attempts []Attempt
	list, err := s.deliveries(ctx, func(q db.Querier) ([]row, error) {
		r, err := messageByID(q, id, "")
		if err != nil {
			return nil, unknown(err, id)
		}
		attempts, err = attemptsOf(q, id)
		return []row{r}, err
	})
	if err != nil {
		return Delivery{}, nil, err
	}
	return list[0], attempts, nil
}

func unknown(err error, id int64) error {
	if errors.Is(err, db.ErrNoRows) {
		return errs.E(errs.NotFound, "there is no such message").On(ref.N(ref.Message, id).String())
	}
	return err
}

// Retry queues a dead message again, with a new life and new links. A message
// that is queued already is made due now; a sent one is a conflict.
func (s *Service) Retry(ctx context.Context, id int64) error {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return err
	}
	return errs.Wrap("notify.retry", s.db.Write(ctx, who, "retry asked for", func(tx *db.Tx) error {
		r, err := messageByID(tx, id, tx.ForUpdate())
		if err != nil {
			return unknown(err, id)
		}
		before := r.digest()
		switch {
		case r.State == Sent:
			return errs.E(errs.Conflict, "it was sent already").On(r.Ref().String())
		case r.State == Canceled:
			return errs.E(errs.Conflict, "it was canceled, because %s", r.cancel).On(r.Ref().String())
		case r.State == Sending:
			return errs.E(errs.Conflict, "it is being sent at this moment").On(r.Ref().String())
		case r.Person != 0 && r.Via == "":
			r.Via = string(Email)
		case r.Via == "" && r.Person == 0:
			return errs.E(errs.Conflict, "there is nobody to send it to: add members or a channel to the team, then tell them from the record").On(r.Ref().String())
		}
		age, grace := otherMaxAge, otherGrace
		if r.Urgent {
			age, grace = urgentMaxAge, urgentGrace
		}
		r.State, r.DueAt, r.EndedAt, r.expiry, r.PromisedAt = Queued, tx.Now, time.Time{}, tx.Now.Add(age), tx.Now.Add(grace)
		r.gather, r.carrier = time.Time{}, 0
		if err := settle(tx, r); err != nil {
			return err
		}
		if err := extendLinks(tx, id, tx.Now.Add(s.o.LinkLife)); err != nil {
			return err
		}
		recordMessage(tx, r, "message.retried", before)
		tx.After(s.Wake)
		return nil
	}))
}

// DigestOf returns the digest of a message or channel as it is now, for
// comparing it with its last evidence entry; errs.NotFound when it is gone.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	if r.Kind == ref.Channel {
		c, err := channelByName(q, r.Key)
		if err != nil {
			return "", noChannel(err, r.Key)
		}
		return c.digest(), nil
	}
	id, err := ref.ID(ref.Message, r.Key)
	if err != nil {
		return "", errs.E(errs.NotFound, "%v", err)
	}
	m, err := messageByID(q, id, "")
	if err != nil {
		return "", unknown(err, id)
	}
	return m.digest(), nil
}
