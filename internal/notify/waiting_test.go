package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify"
)

func TestUrgentPassesAFlood(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("chat", rc, func(s *notify.ChannelSpec) { s.PerMinute = 60 })
		for i := range 30 {
			n := toChannel(fmt.Sprintf("update/%d", i))
			n.Urgent = false
			b.tell(n)
		}
		if n := b.pump(); n != 5 {
			b.Fatalf("%d went at once, want a burst of 5", n)
		}
		b.tell(toChannel("paged"))
		if n := b.pump(); n != 1 {
			b.Fatalf("the urgent message did not go at once: %d", n)
		}
		if bodies, _ := rc.got(); !strings.Contains(bodies[5], `"urgent":true`) {
			b.Errorf("sixth body: %s", bodies[5])
		}
		for range 40 {
			b.clock.pass(time.Second)
			b.pump()
		}
		if bodies, _ := rc.got(); len(bodies) != 31 {
			b.Errorf("%d arrived, want all 31: delayed, never dropped", len(bodies))
		}
	})
}

func TestMaxAge(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		rc.answers(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		b.channel("pager", rc, nil)
		b.tell(toChannel("k"))
		for range 60 {
			b.pump()
			b.clock.pass(10 * time.Minute)
		}
		d, attempts := b.only()
		if d.State != notify.Dead || d.EndedAt.Sub(d.QueuedAt) > 4*time.Hour+10*time.Minute || len(attempts) < 20 {
			b.Errorf("%+v, %d attempts", d, len(attempts))
		}
		if w, _ := b.s.Watch(b.admin); len(w.Overdue) != 0 || w.Dead != 1 {
			b.Errorf("%+v", w)
		}
	})
}

// officeHours opens at a fixed time.
type officeHours time.Time

func (h officeHours) NextOpen(db.Querier, string, time.Time) (time.Time, error) {
	return time.Time(h), nil
}

func TestQuietWaitsForOfficeHours(t *testing.T) {
	setup(t, func(b *bench) {
		opens := b.clock.Now().Add(9 * time.Hour)
		rc := newReceiver(b)
		quiet := newBench(b, b.db, b.clock, func(o *notify.Options) { o.Hours = officeHours(opens) })
		quiet.channel("pager", rc, func(s *notify.ChannelSpec) { s.Urgency = notify.TakesUrgent })
		n := page("k")
		n.Urgent, n.Quiet, n.Channels = false, true, true
		quiet.tell(n)
		if sent := quiet.pump(); sent != 0 {
			b.Errorf("%d sent at night", sent)
		}
		if w, _ := quiet.s.Watch(b.admin); len(w.Overdue) != 0 {
			b.Error("what waits for the morning is not overdue")
		}
		b.clock.pass(9 * time.Hour)
		if sent := quiet.pump(); sent != 2 {
			b.Errorf("%d sent in the morning, want 2 mails and no pager", sent)
		}
	})
}

// The courier's loop: woken by the commit, no polling.
func TestWokenByCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { // on the real clock
		b := newBench(t, d, nil, nil)
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		arrived := make(chan struct{}, 100)
		rc.answers(func(int, http.ResponseWriter, *http.Request) { arrived <- struct{}{} })
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- b.courier.Run(ctx) }()
		start := time.Now()
		for i := range 20 {
			b.tell(toChannel(fmt.Sprint(i)))
		}
		for range 20 {
			<-arrived
		}
		if took := time.Since(start); took > 10*time.Second {
			b.Errorf("20 messages took %v: the courier polls instead of being woken", took)
		}
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		for _, d := range b.messages(notify.Filter{}) {
			if d.State != notify.Sent {
				b.Errorf("%s is %s after the courier ended: outcomes under way must be recorded", d.Ref(), d.State)
			}
		}
	})
}

// Several replicas share the work: nothing is lost and nothing is sent twice.
func TestReplicasShareTheWork(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		for i := range 150 {
			b.tell(toChannel(fmt.Sprint(i)))
		}
		var wg sync.WaitGroup
		for range 4 {
			c := notify.NewCourier(b.s)
			wg.Go(func() {
				for quiet := 0; quiet < 3; {
					n, err := c.Pump(context.Background())
					if err != nil {
						b.Error(err)
						return
					}
					if n > 0 {
						quiet = 0
					} else {
						quiet++
					}
				}
			})
		}
		wg.Wait()
		b.pump()
		_, heads := rc.got()
		seen := map[string]int{}
		for _, h := range heads {
			seen[h.Get("webhook-id")]++
		}
		if len(seen) != 150 || len(heads) != 150 {
			b.Errorf("%d messages arrived %d times, want 150 once each", len(seen), len(heads))
		}
	})
}

// By moment, each message is sent some time after it is due, and what that
// says about it is by the moved clock.
func TestByMoment(t *testing.T) {
	setup(t, func(b *bench) {
		source := notify.ByMoment(b.s, time.Second)
		next := func() (at time.Time) {
			if err := b.db.Read(context.Background(), func(q db.Querier) (err error) { at, err = source.Next(q); return err }); err != nil {
				b.Fatal(err)
			}
			return at
		}
		if at := next(); !at.IsZero() {
			b.Errorf("nothing waits, and is due at %s", at)
		}
		b.tell(page("INC-1042/paged"))
		said := b.clock.Now()
		at := next()
		if !at.Equal(said.Add(time.Second)) {
			b.Fatalf("due at %s, want a second after %s", at, said)
		}
		b.clock.pass(time.Second)
		n, err := source.Run(context.Background(), b.db)
		if err != nil || n != 2 {
			b.Fatalf("%d sent, %v", n, err)
		}
		for _, m := range b.messages(notify.Filter{}) {
			if m.State != notify.Sent || !m.EndedAt.Equal(at) {
				b.Errorf("%s at %s, want sent at %s", m.State, m.EndedAt, at)
			}
		}
		if at := next(); !at.IsZero() {
			b.Errorf("all is sent, and something is due at %s", at)
		}
	})
}
