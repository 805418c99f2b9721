// Package job does what is due.
//
// A deadline is data on the record that owns it (a next_at column), so nothing
// can be lost between a record and a queue. A Source knows when its earliest
// deadline is and how to handle a bounded batch of what is due, inside
// db.Write, moving next_at on in the same transaction. A crash at any point
// means: run again; handlers are idempotent. Replicas share the work because
// sources claim rows with Tx.SkipLocked.
//
// The Runner gives each source a goroutine that sleeps until its earliest
// deadline, until it is kicked (after a commit that may have set an earlier
// one), or until the slow poll that sees what other replicas wrote.
package job

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Source is one kind of due work.
type Source struct {
	Name string
	// Next returns the earliest deadline; zero when nothing is due ever.
	Next func(q db.Querier) (time.Time, error)
	// Run handles a bounded batch of what is due now and returns how many; it
	// is called again at once while it returns more than zero.
	Run func(ctx context.Context, d *db.DB) (done int, err error)
}

// Status is how a source fares, for /metrics, /readyz and doctor.
type Status struct {
	Name    string
	Done    int64     // handled since the start
	Failed  int64     // runs that ended in an error since the start
	LastRun time.Time // zero before the first
	LastErr string    // of the last run; empty when it went well
	Next    time.Time // the next deadline known; zero when nothing is due
}

const (
	poll     = 5 * time.Second // how late a deadline written by another replica may be seen
	errRest  = time.Second     // pause after a failed run, doubled up to maxRest
	maxRest  = 30 * time.Second
	minSleep = time.Millisecond // a handler that does not move its deadline on must not spin
)

// Runner runs sources.
type Runner struct {
	d   *db.DB
	log *slog.Logger

	mu      sync.Mutex
	sources []Source
	wake    map[string]chan struct{}
	status  map[string]*Status
	done    sync.WaitGroup
}

// New returns a runner without sources.
func New(d *db.DB, log *slog.Logger) *Runner {
	return &Runner{d: d, log: log, wake: map[string]chan struct{}{}, status: map[string]*Status{}}
}

// Add registers a source; call it before Start.
func (r *Runner) Add(s Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wake[s.Name] != nil {
		panic("job: two sources are called " + s.Name) // wiring fault, at start
	}
	r.sources = append(r.sources, s)
	r.wake[s.Name] = make(chan struct{}, 1)
	r.status[s.Name] = &Status{Name: s.Name}
}

// Start runs every source until ctx ends; Wait waits for that.
func (r *Runner) Start(ctx context.Context) {
	for _, s := range r.sources {
		r.done.Go(func() { r.loop(ctx, s) })
	}
}

// Wait returns when all sources have ended.
func (r *Runner) Wait() { r.done.Wait() }

// Kick makes a source look for due work now. Unknown names are ignored, so
// that a practice that is switched off needs no special case.
func (r *Runner) Kick(name string) {
	r.mu.Lock()
	wake := r.wake[name]
	r.mu.Unlock()
	if wake != nil {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Sources returns all sources, in the order they were added.
func (r *Runner) Sources() []Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sources)
}

// Statuses returns how all sources fare, in the order they were added.
func (r *Runner) Statuses() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Status, len(r.sources))
	for i, s := range r.sources {
		out[i] = *r.status[s.Name]
	}
	return out
}

func (r *Runner) loop(ctx context.Context, s Source) {
	rest := errRest
	for ctx.Err() == nil {
		done, err := r.run(ctx, s)
		var next time.Time
		if err == nil {
			err = r.d.Read(ctx, func(q db.Querier) (err error) { next, err = s.Next(q); return err })
		}
		r.note(s.Name, done, next, err)
		wait := poll
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.log.Error("due work failed", "source", s.Name, "error", err, "again_in", rest)
			wait, rest = rest, min(2*rest, maxRest)
		case done > 0:
			rest = errRest
			wait = minSleep
		default:
			rest = errRest
			if now, err := r.d.Now(ctx); err == nil && !next.IsZero() {
				wait = min(max(next.Sub(now), minSleep), poll)
				if next.Before(now) { // due, but claimed by somebody else or not moved on
					wait = 100 * time.Millisecond
				}
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-r.wake[s.Name]:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// run calls the source and turns a panic into an error: one bad record must
// not stop all due work.
func (r *Runner) run(ctx context.Context, s Source) (done int, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("panic in due work", "source", s.Name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return s.Run(ctx, r.d)
}

func (r *Runner) note(name string, done int, next time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.status[name]
	st.LastRun, st.Next = time.Now().UTC(), next
	st.Done += int64(done)
	st.LastErr = ""
	if err != nil {
		st.Failed++
		st.LastErr = err.Error()
	}
}
