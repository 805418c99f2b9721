package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// A clock that is put back holds nothing up: not what waits, not what is said
// afterwards, also over a restart; and nothing is lost or said twice.
func TestClockPutBack(t *testing.T) {
	for name, restart := range map[string]bool{"running": false, "restarted": true} {
		t.Run(name, func(t *testing.T) {
			setup(t, func(b *bench) {
				rc := newReceiver(t)
				b.channel("ops", rc, func(s *notify.ChannelSpec) { s.PerMinute = 6 }) // 5 at once, then one in 10 s
				rc.answers(func(n int, w http.ResponseWriter, _ *http.Request) {
					if n == 1 { // waits an hour
						w.Header().Set("Retry-After", "3600")
						w.WriteHeader(http.StatusServiceUnavailable)
					}
				})
				for n := range 8 {
					b.tell(toChannel(fmt.Sprint("before-", n)))
				}
				b.pump()
				if got := counts(b); got[notify.Sent] != 4 || got[notify.Queued] != 4 {
					b.Fatalf("%v before: want 4 sent, one that failed and three that wait for their place", got)
				}
				b.clock.pass(-2 * time.Hour)
				if restart {
					b.courier = notify.NewCourier(b.s)
				}
				b.tell(toChannel("after"))
				for range 8 { // the pace is kept to
					b.pump()
					b.clock.pass(10 * time.Second)
				}
				b.pump()
				got := counts(b)
				if bodies, _ := rc.got(); got[notify.Sent] != 9 || got[notify.Queued]+got[notify.Dead] != 0 || len(bodies) != 10 {
					b.Errorf("%v, %d requests", got, len(bodies))
				}
			})
		})
	}
}

// What is meant for an hour of the day keeps it, and a sender that is at work
// is not overtaken.
func TestClockPutBackKeepsHoursAndLeases(t *testing.T) {
	setup(t, func(b *bench) {
		ctx := context.Background()
		b.tell(page("k"))
		if n, err := b.courier.SendAndDie(ctx); n != 2 || err != nil {
			b.Fatal(n, err)
		}
		b.courier = notify.NewCourier(b.s)
		opens := b.clock.Now().Add(9 * time.Hour)
		quiet := newBench(b, b.db, b.clock, func(o *notify.Options) { o.Hours = officeHours(opens) })
		n := page("quiet")
		n.Urgent, n.Quiet, n.Actions = false, true, nil
		quiet.tell(n)
		b.clock.pass(-3 * time.Hour)
		if n := b.pump(); n != 0 {
			b.Errorf("%d sent at once", n)
		}
		for _, m := range b.messages(notify.Filter{}) {
			want := opens
			if m.Key == "k" {
				want = b.clock.Now().Add(time.Minute)
			}
			if !m.DueAt.Equal(want) {
				b.Errorf("%s %s is due %s, want %s", m.Key, m.State, m.DueAt, want)
			}
		}
		b.clock.pass(time.Minute)
		if n := b.pump(); n != 2 {
			b.Errorf("%d sent when the leases ended, want 2", n)
		}
	})
}

// The outbox says how late it is.
func TestLatestStamp(t *testing.T) {
	setup(t, func(b *bench) {
		if got := latest(b); !got.IsZero() {
			b.Errorf("of an empty outbox: %s", got)
		}
		b.tell(page("k"))
		if got := latest(b); !got.Equal(b.clock.Now()) {
			b.Errorf("%s after a notice at %s", got, b.clock.Now())
		}
		b.clock.pass(time.Minute)
		b.pump()
		if got := latest(b); !got.Equal(b.clock.Now()) {
			b.Errorf("%s after sending at %s", got, b.clock.Now())
		}
	})
}

func latest(b *bench) (at time.Time) {
	b.Helper()
	if err := b.db.Read(context.Background(), func(q db.Querier) (err error) { at, err = notify.LatestStamp(q); return err }); err != nil {
		b.Fatal(err)
	}
	return at
}

func counts(b *bench) map[notify.State]int {
	out := map[notify.State]int{}
	for _, m := range b.messages(notify.Filter{}) {
		out[m.State]++
	}
	return out
}
