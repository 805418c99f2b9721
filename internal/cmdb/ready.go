package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Graph is this replica's map of what is; empty until it is loaded. It is at
// most a second behind the database.
func (s *Service) Graph() *graph.Graph { return s.mem.g.Load() }

// Ready reports whether the map is in memory; Whole also its history.
func (s *Service) Ready() bool {
	select {
	case <-s.mem.loaded:
		return true
	default:
		return s.opt.NoGraph
	}
}

// graphNow is the graph once it is loaded.
func (s *Service) graphNow(ctx context.Context) (*graph.View, error) {
	return s.graphWhen(ctx, s.mem.loaded)
}

// graphThen is the graph once its history is loaded, at a time; the zero time
// is now.
func (s *Service) graphThen(ctx context.Context, t time.Time) (*graph.View, error) {
	if t.IsZero() {
		return s.graphNow(ctx)
	}
	v, err := s.graphWhen(ctx, s.mem.whole)
	if err != nil {
		return nil, err
	}
	return v.AsOf(t.Unix()), nil
}

// patience is how long a question waits for a map that is still being loaded.
const patience = 10 * time.Second

func (s *Service) graphWhen(ctx context.Context, ready <-chan struct{}) (*graph.View, error) {
	select {
	case <-ready:
		return s.Graph().View(), nil
	default:
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-ready:
		return s.Graph().View(), nil
	case <-ctx.Done():
	case <-t.C:
	}
	return nil, errs.E(errs.Unavailable, "the map is being loaded; try again in a moment").After(5 * time.Second)
}

// caughtUp returns when the graph holds what was committed before the call, or
// the context ends. Tests and questions right after an edit use it.
func (s *Service) caughtUp(ctx context.Context) error {
	var top int64
	err := s.db.Read(ctx, func(q db.Querier) (err error) {
		top, err = newestDelta(q)
		return err
	})
	if err != nil {
		return err
	}
	m := s.mem
	stop := context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.found.Broadcast()
	})
	defer stop()
	m.wake()
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.top < top && ctx.Err() == nil {
		m.found.Wait()
	}
	return ctx.Err()
}
