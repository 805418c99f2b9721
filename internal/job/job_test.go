package job_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/job"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// A source runs when it is due and when it is kicked; a failing and a panicking
// one do not stop it, and are shown.
func TestRunner(t *testing.T) {
	d := dbtest.SQLite(t)
	r := job.New(d, quiet())
	var mu sync.Mutex
	var due time.Time // zero: nothing
	ran := make(chan time.Time, 10)
	r.Add(job.Source{
		Name: "good",
		Next: func(db.Querier) (time.Time, error) { mu.Lock(); defer mu.Unlock(); return due, nil },
		Run: func(context.Context, *db.DB) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if due.IsZero() || time.Now().Before(due) {
				return 0, nil
			}
			due = time.Time{}
			ran <- time.Now()
			return 1, nil
		},
	})
	var panics atomic.Int32
	none := func(db.Querier) (time.Time, error) { return time.Time{}, nil }
	r.Add(job.Source{Name: "panics", Next: none, Run: func(context.Context, *db.DB) (int, error) { panics.Add(1); panic("oh") }})
	r.Add(job.Source{Name: "fails", Next: none, Run: func(context.Context, *db.DB) (int, error) { return 0, errors.New("no") }})
	ctx, stop := context.WithCancel(context.Background())
	r.Start(ctx)

	want := time.Now().Add(80 * time.Millisecond)
	mu.Lock()
	due = want
	mu.Unlock()
	r.Kick("good")
	if at := <-ran; at.Before(want) {
		t.Errorf("ran %s before it was due", want.Sub(at))
	}
	mu.Lock()
	due = time.Now().Add(-time.Hour)
	mu.Unlock()
	r.Kick("good")
	<-ran
	r.Kick("nobody") // an unknown name is no fault
	stop()
	r.Wait()
	for _, s := range r.Statuses() {
		switch s.Name {
		case "good":
			if s.Done != 2 || s.LastErr != "" {
				t.Errorf("good: %+v", s)
			}
		default:
			if s.Failed == 0 || s.LastErr == "" {
				t.Errorf("%s: its fault is not shown: %+v", s.Name, s)
			}
		}
	}
	if panics.Load() == 0 {
		t.Error("the panicking source never ran")
	}
}

// Two sources of one name are a wiring fault that must show at start.
func TestSameName(t *testing.T) {
	r := job.New(dbtest.SQLite(t), quiet())
	s := job.Source{Name: "x"}
	r.Add(s)
	defer func() {
		if recover() == nil {
			t.Error("the second source is accepted")
		}
	}()
	r.Add(s)
}
