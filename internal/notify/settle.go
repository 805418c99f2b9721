package notify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Attempted is an attempt to deliver a message, as hooks hear of it.
type Attempted struct {
	Delivery // as it is after the attempt
	Kind     ChannelKind
	At       time.Time
	Outcome  Outcome
	Answer   string // what the other side said, or why it failed; without secrets
	Latency  time.Duration
	Final    bool // the message ended by it: sent, or given up
	Together int  // how many messages went as one, this one included; 0 = it went alone
}

// OnAttempt adds a hook that hears of attempts, some at once, in a transaction
// of their own after they were recorded: what hooks do must not make a message
// be sent again. A process that dies in between leaves its hooks untold; the
// messages themselves have every attempt. Call it while wiring.
func (s *Service) OnAttempt(hook func(tx *db.Tx, list []Attempted) error) {
	s.hooks = append(s.hooks, hook)
}

// tell tells the hooks.
func (s *Service) tell(ctx context.Context, list []Attempted) {
	if len(list) == 0 {
		return
	}
	for _, hook := range s.hooks {
		err := s.db.Write(ctx, courier, "what became of messages", func(tx *db.Tx) error {
			tx.Unrecorded("hooks record what they change")
			return hook(tx, list)
		})
		if err != nil {
			s.o.Log.ErrorContext(ctx, "who hears of deliveries could not be told; the messages have their attempts", "attempts", len(list), "err", err)
		}
	}
}

// outcome is a result and what it means.
type outcome struct {
	result
	kind  Outcome
	text  string
	asked time.Duration
	due   time.Time // when it is tried again, the same for all that go together
	state State     // what it makes of a message that is still its own
}

// store applies outcomes inside a transaction.
func (c *Courier) store(tx *db.Tx, batch []result) (told []Attempted, err error) {
	tx.Unrecorded("counters of attempts; sent and dead messages are recorded")
	var ids []int64
	for _, r := range batch {
		ids = append(ids, r.job.row.ID)
		for _, other := range r.job.crowd {
			ids = append(ids, other.ID)
		}
	}
	rows, err := messagesByID(tx, ids)
	if err != nil {
		return nil, err
	}
	b := &books{c: c, tx: tx, rows: rows, seen: map[string]*viaSeen{}}
	for _, res := range batch {
		if err := b.enter(res); err != nil {
			return nil, err
		}
	}
	if err := b.close(); err != nil {
		return nil, err
	}
	tx.After(func() {
		for _, f := range b.count {
			c.s.stats.add(f)
		}
	})
	return b.told, nil
}

// books is what a batch of results changes.
type books struct {
	c        *Courier
	tx       *db.Tx
	rows     map[int64]row
	seen     map[string]*viaSeen
	attempts [][]any
	out      []int64 // sent
	weak     []row   // failed so that the next leg is needed
	told     []Attempted
	count    []func(v *Stats)
}

// enter books one result, for all messages that went together.
func (b *books) enter(res result) error {
	o := outcome{result: res}
	o.kind, o.text, o.asked = judge(res.fail)
	if r := res.job.row; res.fail == nil || !res.fail.Recipient {
		sight(b.seen, r.Via, o.kind, o.text)
	}
	of := AttemptOf{res.job.channel.Spec.Kind, o.kind}
	b.count = append(b.count, func(v *Stats) { v.Attempts[of]++ })
	if r, ok := b.rows[res.job.row.ID]; ok {
		o.state, o.due = after(o.kind, r.Attempts+1, o.asked, b.tx.Now, r.expiry, rand.Float64())
	}
	for _, r := range append([]row{res.job.row}, res.job.crowd...) {
		now, ok := b.rows[r.ID]
		if !ok {
			continue // deleted by retention meanwhile
		}
		if err := b.message(now, o); err != nil {
			return err
		}
	}
	return nil
}

// message books a result for one message.
func (b *books) message(r row, o outcome) error {
	before := r.digest()
	mine := r.State == Sending && r.lease == o.job.lease
	r.Attempts++
	answer := o.answer
	if n := len(o.job.crowd); n > 0 {
		answer = Clip(fmt.Sprintf("with %d others as %s. %s", n, o.job.message.ID, o.answer), 500)
	}
	b.attempts = append(b.attempts, []any{r.ID, r.Attempts, db.Micros(o.at), string(o.kind), o.text, o.latency.Microseconds(), answer})
	ended := false
	switch {
	case r.State == Sent:
		// Two senders had it, each under a lease of its own: a copy.
	case o.kind == WasSent:
		r.State, r.Error, r.EndedAt, r.DueAt = Sent, "", b.tx.Now, time.Time{}
		recordMessage(b.tx, r, "message.sent", before)
		b.out = append(b.out, r.ID)
		took := b.tx.Now.Sub(r.QueuedAt)
		b.count = append(b.count, func(v *Stats) { h := v.Took[r.Urgent]; h.observe(took); v.Took[r.Urgent] = h })
		ended = true
	case mine:
		r.Error, r.State, r.DueAt = o.text, o.state, o.due
		switch {
		case r.cancel != "" && r.State == Queued:
			r.State, r.DueAt, r.EndedAt = Canceled, time.Time{}, b.tx.Now
			recordMessage(b.tx, r, "message.canceled", before)
		case r.State == Dead:
			r.EndedAt = b.tx.Now
			recordMessage(b.tx, r, "message.dead", before)
			b.count = append(b.count, func(v *Stats) { v.Dead++ })
			ended = true
		}
		if r.wantsNext() {
			b.weak = append(b.weak, r)
		}
	}
	if err := settle(b.tx, r); err != nil {
		return err
	}
	b.rows[r.ID] = r
	a := Attempted{Delivery: r.Delivery, Kind: o.job.channel.Spec.Kind, At: o.at, Outcome: o.kind, Answer: o.answer, Latency: o.latency, Final: ended}
	if o.kind != WasSent {
		a.Answer = o.text
	}
	if n := len(o.job.crowd); n > 0 {
		a.Together = n + 1
	}
	b.told = append(b.told, a)
	return nil
}

// close writes what was booked.
func (b *books) close() error {
	if len(b.attempts) > 0 {
		if err := insertAttempts(b.tx, b.attempts); err != nil {
			return err
		}
	}
	if len(b.out) > 0 {
		if err := forgetTokens(b.tx, b.out); err != nil {
			return err
		}
	}
	if err := b.c.s.failOver(b.tx, b.weak); err != nil {
		return err
	}
	return storeSeen(b.tx, b.seen)
}
