package oncall

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// past is how far back a book knows covers; questions about earlier times read
// them for themselves.
const past = 100 * 24 * time.Hour

type cache struct {
	book    atomic.Pointer[Book]
	persons atomic.Int64 // grows when the change feed tells of people
	holes   atomic.Pointer[holesFound]
}

func (c *cache) changed(list []db.Change) {
	for _, ch := range list {
		if strings.HasPrefix(ch.Record, string(ref.Person)+"-") {
			c.persons.Add(1)
			return
		}
	}
}

// keep makes a book the one that others use, unless there is a newer one.
func (c *cache) keep(b *Book) {
	for {
		old := c.book.Load()
		if old != nil && (old.version > b.version || old.people > b.people || old.feed > b.feed) {
			return
		}
		if c.book.CompareAndSwap(old, b) {
			return
		}
	}
}

type bookKey struct{}

// Schedules returns all schedules, compiled, with their covers. It costs one
// small query when nothing changed. It checks no permission.
func (s *Service) Schedules(q db.Querier) (*Book, error) {
	return db.Remember(q, bookKey{}, func() (*Book, error) {
		feed := s.cache.persons.Load()
		version, people, err := versions(q)
		if err != nil {
			return nil, err
		}
		old := s.cache.book.Load()
		if old != nil && old.version == version && old.people == people && old.feed == feed {
			return old, nil
		}
		if old != nil && (old.version > version || old.people > people) {
			old = nil // an old snapshot asks: it gets what it sees
		}
		b := &Book{version: version, people: people, feed: feed}
		now := time.Time{}
		if old == nil {
			if now, err = s.db.Now(q.Context()); err != nil {
				return nil, err
			}
		}
		if err := b.read(q, old, now); err != nil {
			return nil, err
		}
		if tx, ok := q.(*db.Tx); ok {
			tx.After(func() { s.cache.keep(b) })
		} else {
			s.cache.keep(b)
		}
		return b, nil
	})
}

// all reads everything, in parts.
func all(q db.Querier, since time.Time) (schedules []Schedule, covers []Cover, err error) {
	const part = 1000
	for after := ""; ; {
		list, err := listSchedules(q, "", after, part)
		if err != nil {
			return nil, nil, err
		}
		schedules = append(schedules, list...)
		if len(list) < part {
			break
		}
		after = list[len(list)-1].Name
	}
	for after := int64(0); ; {
		list, err := collectCovers(q, coversSinceSQL, after, since.UnixMicro(), part)
		if err != nil {
			return nil, nil, err
		}
		covers = append(covers, list...)
		if len(list) < part {
			return schedules, covers, nil
		}
		after = list[len(list)-1].ID
	}
}
