package escalation_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestKilled: a process that ends at any moment loses nothing.
func TestKilled(t *testing.T) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "ek.db") },
		"postgres": func() string { return dbtest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			where, dir, clock := url(), t.TempDir(), &atomic.Int64{}
			w := open(t, where, dir, clock)
			w.people()
			w.must(w.apply(org + policy))
			i, seen := w.declare(incident.High, incident.High), 0
			w.sent(i, &seen)
			ids := w.id
			w.Close()
			w = open(t, where, dir, clock)
			w.id = ids
			w.at(7)
			w.expect(i, &seen, "escalated jonas")
			w.at(17) // ten minutes after Jonas was told, late as that was
			w.expect(i, &seen, "escalated priya")
		})
	}
}

// TestReplicas: three programs on one database climb the same ladders at the
// same moment while people acknowledge; every step fires once.
func TestReplicas(t *testing.T) {
	url, dir, clock := dbtest.PostgresURL(t), t.TempDir(), &atomic.Int64{}
	w := open(t, url, dir, clock)
	w.people()
	w.must(w.apply(org + policy))
	const n = 150
	var list []incident.Incident
	for range n {
		list = append(list, w.declare(incident.High, incident.High))
	}
	worlds := []*world{w, open(t, url, dir, clock), open(t, url, dir, clock)}
	clock.Store(int64(5 * time.Minute))
	var wg sync.WaitGroup
	for _, x := range worlds {
		for range 2 {
			wg.Go(func() {
				for quiet := 0; quiet < 3; {
					done, err := x.Escalation.Due().Run(x.ctx, x.DB())
					if err != nil {
						t.Error(err)
						return
					}
					if done == 0 {
						quiet++
					}
				}
			})
		}
	}
	wg.Go(func() {
		for _, i := range list[:30] {
			if _, err := w.Incidents.Acknowledge(w.as("mara"), i.ID); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	w.climb()
	told := 0
	w.must(w.DB().Read(w.ctx, func(q db.Querier) error {
		type row struct{ dest, key string }
		rows, err := db.Collect(q, func(r *db.Rows) (x row, err error) { return x, r.Scan(&x.key, &x.dest) }, "SELECT key, dest FROM notify_message WHERE reason = 'escalated'")
		seen := map[row]bool{}
		for _, x := range rows {
			if seen[x] {
				t.Errorf("%v twice", x)
			}
			seen[x] = true
		}
		told = len(rows)
		return err
	}))
	if told < n-30 || told > n {
		t.Errorf("%d steps fired for %d ladders of which 30 were being acknowledged", told, n)
	}
	for _, i := range list {
		v, err := w.Escalation.Ladder(w.ctx, i.ID)
		w.must(err)
		if v.Ladder.State == escalation.Climbing && v.Ladder.Step != 2 || v.Ladder.State != escalation.Climbing && v.Ladder.State != escalation.Acknowledged {
			t.Errorf("%s: %s at step %d", i.Key(), v.Ladder.State, v.Ladder.Step)
		}
	}
	if watch, err := w.Notify.Watch(w.ctx); err != nil || len(watch.Missing) > 0 {
		t.Errorf("the watchdog misses %v %v", watch.Missing, err)
	}
}
