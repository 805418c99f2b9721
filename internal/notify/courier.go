package notify

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
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

	// hear are attempts that hooks have not heard of; nil: they hear at once.
	hear chan []Attempted

	lease, timeout, poll time.Duration

	seen time.Time // the latest time at a claim, see clock.go; only the claiming goroutine uses it
}

const (
	slots    = 192 // sends at once
	perVia   = 16  // of them to one via, so that a slow one leaves room for the others; mail servers allow not many more
	perFast  = 64  // … to one that takes many at once
	maxBatch = 64  // messages in one claim
)

// room is how many sends may go on at once to a via. Push services and HTTP
// APIs take many.
func room(via string) int {
	switch ChannelKind(via) {
	case WebPush, SMS, Voice, Ntfy:
		return perFast
	}
	return perVia
}

// NewCourier returns the courier of a service; call Run once.
func NewCourier(s *Service) *Courier {
	return &Courier{s: s, slot: make(chan struct{}, 1), done: make(chan result, slots), perVia: map[string]int{},
		lease: time.Minute, timeout: 15 * time.Second, poll: 2 * time.Second}
}

// errand is a claimed message, ready to send.
type errand struct {
	row     row
	crowd   []row // what goes together with row, see storm.go
	lease   string
	until   time.Time // end of the lease by this process's clock
	channel Channel   // of via; for a person only its kind
	target  *Target   // where it goes to a person; nil = to channel
	message Message
	fail    *Failure // known to fail without sending
}

// result is what came of an errand.
type result struct {
	job     errand
	at      time.Time // when it began, by this process's clock
	latency time.Duration
	fail    *Failure // nil = sent
	answer  string   // of the other side when it was
}

// Run delivers until the context ends, then waits for the sends under way (at
// most 15 s) and records them.
func (c *Courier) Run(ctx context.Context) error {
	recorded, heard := make(chan struct{}), make(chan struct{})
	c.hear = make(chan []Attempted, slots)
	go func() {
		defer close(heard)
		c.hooks(context.WithoutCancel(ctx))
	}()
	go func() {
		defer close(recorded)
		c.recorder(context.WithoutCancel(ctx))
	}()
	c.takeOver(ctx)
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
	close(c.hear)
	<-heard
	return nil
}

// takeOver ends the leases that a killed process left. Only SQLite has one
// process at a time, so only there nobody else can be sending; elsewhere a
// lease runs out by itself.
func (c *Courier) takeOver(ctx context.Context) {
	if !c.s.db.Dialect().SQLite() {
		return
	}
	err := c.s.db.Write(ctx, actor.Job("notify"), "the process before this one is gone", func(tx *db.Tx) error {
		tx.Unrecorded("when a message is tried again is no state of its own")
		return endLeases(tx)
	})
	if err != nil && ctx.Err() == nil {
		c.s.o.Log.WarnContext(ctx, "leases of the process before are waited for", "err", err)
	}
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
		if busy >= room(via) {
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
