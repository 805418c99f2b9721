package window

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/db"
)

// cached is a compiled set with the calendars that it stands on.
type cached struct {
	stamp     int64
	set       *Set
	calendars map[string]*calendar.Calendar
}

// cache remembers the newest set. loading is held while one is compiled, so
// that an edit costs that once and not for every gate that is asked just then;
// whoever holds it only reads.
type cache struct {
	atomic.Pointer[cached]
	loading sync.Mutex
}

type currentKey struct{}

// Current returns all windows, compiled, and the number that grows with every
// edit of one. It costs one small query, and one for each calendar that windows
// name. It checks no permission.
func (s *Service) Current(q db.Querier) (*Set, int64, error) {
	c, err := db.Remember(q, currentKey{}, func() (*cached, error) { return s.current(q) })
	if err != nil {
		return nil, 0, err
	}
	return c.set, c.stamp, nil
}

func (s *Service) current(q db.Querier) (*cached, error) {
	stamp, err := stampOf(q)
	if err != nil {
		return nil, err
	}
	if hit, ok, err := s.fits(q, stamp); ok || err != nil {
		return hit, err
	}
	s.cache.loading.Lock()
	defer s.cache.loading.Unlock()
	if hit, ok, err := s.fits(q, stamp); ok || err != nil {
		return hit, err
	}
	fresh, err := s.load(q, stamp)
	if err != nil {
		return nil, err
	}
	keep := func() {
		// A slow reader does not put back what a quick one has replaced.
		for {
			was := s.cache.Load()
			if was != nil && was.stamp > fresh.stamp || s.cache.CompareAndSwap(was, fresh) {
				return
			}
		}
	}
	if tx, ok := q.(*db.Tx); ok {
		tx.After(keep) // what a transaction sees is true only once it commits
	} else {
		keep()
	}
	return fresh, nil
}

// fits returns the remembered set; ok is false when it is of another number or
// a calendar was edited since.
func (s *Service) fits(q db.Querier, stamp int64) (hit *cached, ok bool, err error) {
	if hit = s.cache.Load(); hit == nil || hit.stamp != stamp {
		return nil, false, nil
	}
	for name, was := range hit.calendars {
		if is, err := s.calendar(q, name); err != nil || is != was {
			return nil, false, err
		}
	}
	return hit, true, nil
}

// load reads and compiles all windows.
func (s *Service) load(q db.Querier, stamp int64) (*cached, error) {
	stored, err := everything(q)
	if err != nil {
		return nil, err
	}
	c := &cached{stamp: stamp, calendars: map[string]*calendar.Calendar{}}
	named := make([]Named, len(stored))
	for i, w := range stored {
		named[i] = w.named()
		name := w.Spec.Calendar
		if name == "" {
			continue
		}
		cal, known := c.calendars[name]
		if !known {
			if cal, err = s.calendar(q, name); err != nil {
				return nil, fmt.Errorf("%s: %w", w.Ref(), err)
			}
			c.calendars[name] = cal
		}
		named[i].Calendar = cal
	}
	if c.set, err = Compile(named); err != nil {
		return nil, err
	}
	c.set.Stamp = stamp
	return c, nil
}

func (s *Service) calendar(q db.Querier, name string) (*calendar.Calendar, error) {
	if s.calendars == nil {
		return nil, fmt.Errorf("no calendars are in use here, and %q is named", name)
	}
	return s.calendars.ByName(q, name)
}
