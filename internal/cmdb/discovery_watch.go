package cmdb

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// A source that can be watched is read again soon after something in it
// changed, and at its usual times besides. Every replica watches, which costs
// the source little; the reading itself is claimed, so one of them does it.

const (
	watchLook  = 30 * time.Second // how soon a new or edited discovery is watched
	watchAgain = time.Minute      // rest after a watch ended
	watchBusy  = 5 * time.Second  // until a run under way is looked at again
)

// SourceWatch is the work that watches the discoveries whose setting watch is
// true; run it until the end of the process.
func (s *Service) SourceWatch() func(ctx context.Context) {
	return func(ctx context.Context) {
		ctx = actor.With(ctx, actor.Job(DiscoveryDue))
		w := &watchers{s: s, running: map[string]*watched{}}
		defer w.all.Wait()
		for {
			if err := w.look(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("looking which sources to watch", "error", err)
			}
			if !rest(ctx, watchLook) {
				return
			}
		}
	}
}

type watchers struct {
	s       *Service
	running map[string]*watched
	all     sync.WaitGroup
}

// watched is one discovery that is watched in this process.
type watched struct {
	version int64
	stop    context.CancelFunc
}

// look starts and stops watches as the discoveries say.
func (w *watchers) look(ctx context.Context) error {
	want := map[string]bool{}
	for after := ""; ; {
		list, more, err := w.s.Discoveries(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, d := range list {
			after = d.Name
			if d.Spec.Disabled || d.Spec.Config["watch"] != "true" || w.s.Readers[d.Spec.Source].Watch == nil {
				continue
			}
			want[d.Name] = true
			if was := w.running[d.Name]; was != nil && was.version == d.Version {
				continue
			} else if was != nil {
				was.stop()
			}
			one, stop := context.WithCancel(ctx)
			w.running[d.Name] = &watched{d.Version, stop}
			w.all.Go(func() { w.watch(one, d) })
		}
		if !more {
			break
		}
	}
	for name, one := range w.running {
		if !want[name] {
			one.stop()
			delete(w.running, name)
		}
	}
	return nil
}

// watch follows one source; what it cannot follow is still read on schedule.
func (w *watchers) watch(ctx context.Context, d Discovery) {
	changed := make(chan struct{}, 1)
	w.all.Go(func() { w.follow(ctx, d.Name, changed) })
	for ctx.Err() == nil {
		config, err := w.s.configOf(d)
		if err == nil {
			err = w.s.Readers[d.Spec.Source].Watch(ctx, config, func() {
				select {
				case changed <- struct{}{}:
				default: // one is enough
				}
			})
		}
		if err != nil && ctx.Err() == nil {
			w.s.log.Warn("a source cannot be watched; it is read on schedule", "discovery", d.Name, "error", errs.As(err).Text)
		}
		rest(ctx, watchAgain)
	}
}

// follow has a discovery run after each change. While it runs already, what it
// reads may be older than the change, so it is asked for again afterwards.
func (w *watchers) follow(ctx context.Context, name string, changed <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		for busy := true; busy && ctx.Err() == nil; {
			var err error
			if busy, err = w.s.hurry(ctx, name); err != nil && ctx.Err() == nil {
				w.s.log.Warn("a watched source changed, and could not be asked for", "discovery", name, "error", err)
				busy = true
			}
			if busy {
				rest(ctx, watchBusy)
			}
		}
	}
}

// hurry lets a discovery run now; busy: it is running, ask again.
func (s *Service) hurry(ctx context.Context, name string) (busy bool, err error) {
	err = s.db.Write(ctx, actor.Job(DiscoveryDue), "a watched source changed", func(tx *db.Tx) error {
		tx.Unrecorded("when a discovery runs next")
		d, ok, err := findDiscovery(tx, name, tx.ForUpdate())
		if busy = ok && d.busy.After(tx.Now); err != nil || !ok || busy || d.Spec.Disabled || !d.Next.After(tx.Now) {
			return err
		}
		d.Next = tx.Now
		s.kick(tx, DiscoveryDue)
		return updateDiscovery(tx, d)
	})
	return busy, err
}
