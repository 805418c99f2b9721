package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Courier delivers what is in the outbox. One runs in each process; several
// replicas share the work, because each claims what nobody else has.
//
// A claim takes due messages under a lease in one short transaction; sending
// happens outside any; outcomes are recorded in batches, whatever is ready in
// one transaction. A sender that dies leaves its lease, and when that ends the
// message is claimed again.
type Courier struct {
	s    *Service
	slot chan struct{} // signalled when a send ends
	done chan result

	mu     sync.Mutex
	busy   int
	perVia map[string]int

	lease, timeout, poll time.Duration
}

const (
	slots    = 64 // sends at once
	perVia   = 16 // of them to one via, so that a slow one leaves room for the others
	maxBatch = 64 // messages in one claim
)

// NewCourier returns the courier of a service; call Run once.
func NewCourier(s *Service) *Courier {
	return &Courier{s: s, slot: make(chan struct{}, 1), done: make(chan result, slots), perVia: map[string]int{},
		lease: time.Minute, timeout: 15 * time.Second, poll: 2 * time.Second}
}

// job is a claimed message, ready to send.
type job struct {
	row     row
	lease   string
	until   time.Time // end of the lease by this process's clock
	channel Channel   // of via; for "email", one with the person's address
	message Message
	fail    *Failure // known to fail without sending
}

// result is what came of a job.
type result struct {
	job     job
	at      time.Time
	latency time.Duration
	fail    *Failure // nil = sent
}

// Run delivers until the context ends, then waits for the sends under way (at
// most 15 s) and records them.
func (c *Courier) Run(ctx context.Context) error {
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		c.recorder(context.WithoutCancel(ctx))
	}()
	var sends sync.WaitGroup
	for ctx.Err() == nil {
		jobs, next, err := c.claim(ctx)
		if err != nil && ctx.Err() == nil {
			c.s.o.Log.ErrorContext(ctx, "messages cannot be claimed; trying again", "err", err)
			c.pause(ctx, c.poll)
			continue
		}
		for _, j := range jobs {
			sends.Go(func() { c.send(context.WithoutCancel(ctx), j) })
		}
		if len(jobs) == 0 {
			c.pause(ctx, next)
		}
	}
	sends.Wait()
	close(c.done)
	<-recorded
	return nil
}

// pause waits until there may be something to do, at most d.
func (c *Courier) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-c.s.wake:
	case <-c.slot:
	case <-t.C:
	}
}

// free returns how many more sends may begin, and the vias that are full.
func (c *Courier) free() (n int, full []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for via, busy := range c.perVia {
		if busy >= perVia {
			full = append(full, via)
		}
	}
	slices.Sort(full)
	return min(slots-c.busy, maxBatch), full
}

func (c *Courier) begin(via string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy += n
	if c.perVia[via] += n; c.perVia[via] == 0 {
		delete(c.perVia, via)
	}
}

// end frees a slot. A claim that found nothing because all were taken waits
// for this.
func (c *Courier) end(via string) {
	c.begin(via, -1)
	select {
	case c.slot <- struct{}{}:
	default:
	}
}

// claim takes due messages. Without any it says how long to wait.
func (c *Courier) claim(ctx context.Context) (jobs []job, wait time.Duration, err error) {
	limit, full := c.free()
	if limit <= 0 {
		return nil, c.poll, nil
	}
	// Looking first is a read; idling must not write.
	wait, err = c.untilDue(ctx, full)
	if err != nil || wait > 0 {
		return nil, wait, err
	}
	begun := time.Now()
	id := make([]byte, 12)
	rand.Read(id)
	lease := hex.EncodeToString(id)
	err = c.s.db.Write(ctx, courier, "delivery", func(tx *db.Tx) (err error) {
		jobs, err = c.take(tx, limit, full, lease)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range jobs {
		jobs[i].until = begun.Add(c.lease)
		c.begin(jobs[i].row.Via, 1)
	}
	return jobs, time.Millisecond, nil
}

// untilDue is how long until the next message is due; 0 = now.
func (c *Courier) untilDue(ctx context.Context, full []string) (time.Duration, error) {
	wait := c.poll
	err := c.s.db.Read(ctx, func(q db.Querier) error {
		due, err := nextDue(q, full)
		if err != nil || due.IsZero() {
			return err
		}
		now, err := c.s.db.Now(ctx)
		wait = max(0, min(wait, due.Sub(now)))
		return err
	})
	return wait, err
}

// take claims messages inside a transaction: it gives each its place in the
// pace of its via, leases those whose place is now, and gathers what is needed
// to send them.
func (c *Courier) take(tx *db.Tx, limit int, full []string, lease string) ([]job, error) {
	tx.Unrecorded("claiming a message for delivery changes nothing that people see")
	rows, err := dueMessages(tx, limit, full)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	rows, err = c.reclaimed(tx, rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	a, err := c.s.load(tx, rows)
	if err != nil {
		return nil, err
	}
	if rows, err = c.paced(tx, rows, a); err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	if err := leaseMessages(tx, ids, lease, tx.Now.Add(c.lease)); err != nil {
		return nil, err
	}
	jobs := make([]job, len(rows))
	for i, r := range rows {
		jobs[i] = c.s.prepare(r, a)
		jobs[i].lease = lease
	}
	return jobs, nil
}

// reclaimed notes for messages whose lease ended that an earlier sender
// stopped: whether it sent them is not known, so they are sent again while
// they are young enough.
func (c *Courier) reclaimed(tx *db.Tx, rows []row) ([]row, error) {
	var attempts [][]any
	keep := rows[:0]
	for _, r := range rows {
		if r.State != Sending {
			keep = append(keep, r)
			continue
		}
		tx.After(func() { c.s.stats.add(func(v *Stats) { v.Repeats++ }) })
		before := r.digest()
		r.Attempts++
		attempts = append(attempts, []any{r.ID, r.Attempts, db.Micros(tx.Now), string(WasUnknown), "the sender stopped before it recorded an outcome", int64(0)})
		r.Error = "the sender stopped before it recorded an outcome; the message may have arrived"
		state, _ := after(WasUnknown, r.Attempts, 0, tx.Now, r.expiry, 0)
		if state == Dead {
			r.State, r.DueAt, r.EndedAt = Dead, time.Time{}, tx.Now
			recordMessage(tx, r, "message.dead", before)
		} else {
			r.State, r.DueAt = Queued, tx.Now
			keep = append(keep, r)
		}
		if err := settle(tx, r); err != nil {
			return nil, err
		}
	}
	if len(attempts) == 0 {
		return keep, nil
	}
	return keep, insertAttempts(tx, attempts)
}

// paced returns the messages that may go now; the others get their place.
func (c *Courier) paced(tx *db.Tx, rows []row, a addresses) ([]row, error) {
	var vias []string
	for _, r := range rows {
		if !slices.Contains(vias, r.Via) {
			vias = append(vias, r.Via)
		}
	}
	state, err := lockVias(tx, vias)
	if err != nil {
		return nil, err
	}
	room := map[string]int{}
	c.mu.Lock()
	for _, via := range vias {
		room[via] = perVia - c.perVia[via]
	}
	c.mu.Unlock()
	moved := map[string]bool{}
	keep := rows[:0]
	for _, r := range rows {
		if room[r.Via] <= 0 {
			continue // stays due, and is taken when a slot is free
		}
		if !r.paced {
			l, when := state[r.Via].place(tx.Now, a.rate(r.Via), r.Urgent)
			state[r.Via], moved[r.Via] = l, true
			if when.After(tx.Now) {
				if err := delayMessage(tx, r.ID, when, true); err != nil {
					return nil, err
				}
				continue
			}
		}
		room[r.Via]--
		keep = append(keep, r)
	}
	for _, via := range vias {
		if moved[via] {
			if err := storeLanes(tx, via, state[via]); err != nil {
				return nil, err
			}
		}
	}
	return keep, nil
}

// send hands one message over, unless its lease is too old to be sure that
// nobody else does.
func (c *Courier) send(ctx context.Context, j job) {
	defer c.end(j.row.Via)
	// Wall clock, not monotonic: it goes on while a machine is suspended.
	if time.Until(j.until.Round(0)) < c.timeout {
		c.s.o.Log.WarnContext(ctx, "lease too old to send; left to be claimed again", "message", j.row.Ref().String())
		return
	}
	start := time.Now()
	fail := j.fail
	if fail == nil {
		ctx, cancel := context.WithTimeout(ctx, c.timeout)
		fail = c.s.deliver(ctx, j.channel, j.message)
		cancel()
	}
	c.done <- result{job: j, at: start.UTC(), latency: time.Since(start), fail: fail}
}

// deliver unseals a channel's secrets and sends one message by its transport.
func (s *Service) deliver(ctx context.Context, ch Channel, m Message) (fail *Failure) {
	defer func() {
		if p := recover(); p != nil { // a transport's fault must not take the process along
			fail = &Failure{Text: "the transport failed on this message; it is in the log", Err: fmt.Errorf("panic: %v", p)}
			s.o.Log.ErrorContext(ctx, "transport panicked", "message", m.ID, "panic", p)
		}
	}()
	if lack := ch.Missing(); lack != "" {
		return &Failure{Text: "the channel lacks " + lack + "; set it on the channel's page"}
	}
	t, ok := s.o.Transports[ch.Spec.Kind]
	if !ok {
		return &Failure{Text: "this server cannot send by " + string(ch.Spec.Kind)}
	}
	to := Target{Addresses: ch.Spec.Addresses}
	for _, v := range []struct {
		sealed []byte
		bound  string
		into   *string
	}{{ch.url, "url:" + ch.Name, &to.URL}, {ch.secret, "secret:" + ch.Name, &to.Secret}} {
		if v.sealed == nil {
			continue
		}
		plain, err := s.o.Box.Open(v.sealed, v.bound)
		if err != nil {
			return &Failure{Text: "the channel's secrets cannot be read with the key of this server", Err: err}
		}
		*v.into = string(plain)
	}
	err := t.Send(ctx, to, m)
	if err == nil {
		return nil
	}
	if !errors.As(err, &fail) {
		fail = &Failure{Text: "sending failed for a reason the other side did not give", Err: err}
	}
	fail.Text = clip(clean(fail.Text), 500)
	return fail
}
