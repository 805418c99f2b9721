package oncall

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Book is all schedules, compiled, as of one version. It is immutable.
//
// The service keeps the newest one. Asking costs one small query for the
// version; what changed since is read by its seq and compiled, nothing else. A
// transaction that sees its own changes builds a book for itself, which is kept
// for others only once it commits. Who is gone is part of the version when they
// are disabled or erased; that somebody is enabled again arrives by the change
// feed, within about a second.
type Book struct {
	version, people int64
	feed            int64     // of Service.persons, when it was built
	since           time.Time // covers that ended before are not in it
	names           []string  // in order
	entries         map[string]*entry
	covers          map[string][]Cover // by schedule
	absences        []Cover
	gone            map[int64]bool
}

type entry struct {
	schedule Schedule // in its stored form
	base     *Rota    // without covers; nil if it does not compile
	rota     *Rota
	err      error
}

// read fills the book from an older one and what changed since.
func (b *Book) read(q db.Querier, old *Book, now time.Time) error {
	dirty := map[string]bool{}
	var schedules []Schedule
	var covers []Cover
	var err error
	if old == nil {
		b.since = now.Add(-past)
		b.entries, b.covers, b.gone = map[string]*entry{}, map[string][]Cover{}, map[int64]bool{}
		if schedules, covers, err = all(q, b.since); err != nil {
			return err
		}
	} else {
		b.since, b.names, b.absences = old.since, old.names, old.absences
		b.entries, b.covers, b.gone = old.entries, old.covers, old.gone
		if old.version != b.version {
			b.entries, b.covers = maps.Clone(old.entries), maps.Clone(old.covers)
			if schedules, err = changedSchedules(q, old.version); err != nil {
				return err
			}
			if covers, err = changedCovers(q, old.version); err != nil {
				return err
			}
		}
	}
	for _, s := range schedules {
		if s.deleted.IsZero() {
			e := &entry{schedule: s}
			e.base, e.err = s.Spec.Compile(keyOf)
			b.entries[s.Name] = e
			dirty[s.Name] = true
		} else {
			delete(b.entries, s.Name)
		}
	}
	if len(schedules) > 0 {
		b.names = slices.Sorted(maps.Keys(b.entries))
	}
	away := map[int64]bool{}
	for _, c := range covers {
		if c.Kind == Absence {
			b.absences = with(b.absences, c)
			away[c.Instead] = true
		} else {
			b.covers[c.Schedule] = with(b.covers[c.Schedule], c)
			dirty[c.Schedule] = true
		}
	}
	return b.compile(q, dirty, away, old == nil || old.people != b.people || old.feed != b.feed)
}

// with returns a new list in which c is what it is now.
func with(list []Cover, c Cover) []Cover {
	i, there := slices.BinarySearchFunc(list, c.ID, func(o Cover, id int64) int { return int(o.ID - id) })
	switch {
	case there && !c.Removed.IsZero():
		return slices.Delete(slices.Clone(list), i, i+1)
	case there:
		list = slices.Clone(list)
		list[i] = c
		return list
	case !c.Removed.IsZero():
		return list
	}
	return slices.Insert(slices.Clip(list), i, c)
}

// keyOf reads a person of a stored spec.
func keyOf(key string) (int64, bool) {
	id, err := ref.ID(ref.Person, key)
	return id, err == nil
}

// compile puts covers onto the rotas that need it.
func (b *Book) compile(q db.Querier, dirty map[string]bool, away map[int64]bool, everybody bool) error {
	ask := map[int64]bool{}
	for _, name := range b.names {
		e := b.entries[name]
		if e.base == nil || !everybody && !dirty[name] {
			continue
		}
		for _, p := range b.known(e) {
			ask[p] = true
		}
	}
	people, err := auth.People(q, slices.Sorted(maps.Keys(ask)))
	if err != nil {
		return err
	}
	b.gone = maps.Clone(b.gone)
	moved := map[int64]bool{} // whose being gone has changed
	for id := range ask {
		p, ok := people[id]
		if gone := !ok || !p.Enabled(); gone != b.gone[id] {
			moved[id] = true
			if gone {
				b.gone[id] = true
			} else {
				delete(b.gone, id)
			}
		}
	}
	fresh := false
	for _, name := range b.names {
		e := b.entries[name]
		touched := e.rota == nil || dirty[name]
		if !touched && len(away)+len(moved) > 0 {
			touched = slices.ContainsFunc(b.known(e), func(p int64) bool { return away[p] || moved[p] })
		}
		if e.base == nil || !touched {
			continue
		}
		if !fresh {
			b.entries, fresh = maps.Clone(b.entries), true
		}
		n := *e
		n.rota = e.base.With(b.coversOf(e), func(p int64) bool { return b.gone[p] })
		b.entries[name] = &n
	}
	return nil
}

// known is everybody whom a schedule or its covers name.
func (b *Book) known(e *entry) []int64 {
	if e.base == nil {
		return nil
	}
	covers := b.covers[e.schedule.Name]
	if len(covers) == 0 {
		return e.base.people
	}
	out := slices.Clone(e.base.people)
	for _, c := range covers {
		out = append(out, c.Person)
	}
	return out
}

// coversOf returns a schedule's covers with the absences of those it knows.
func (b *Book) coversOf(e *entry) []Cover {
	own := b.covers[e.schedule.Name]
	if len(b.absences) == 0 {
		return own
	}
	known := b.known(e)
	out := slices.Clone(own)
	for _, c := range b.absences {
		if slices.Contains(known, c.Instead) {
			out = append(out, c)
		}
	}
	return out
}

// Names returns the names of all schedules in order. It must not be changed.
func (b *Book) Names() []string { return b.names }

// Crew returns everybody whom a schedule's layers and covers name; none for one
// that is not there.
func (b *Book) Crew(name string) []int64 {
	e, ok := b.entries[name]
	if !ok {
		return nil
	}
	return b.known(e)
}

// Rota returns the compiled schedule of a name, with covers that ended at most
// about 100 days ago; ok is false when there is none.
func (b *Book) Rota(name string) (r *Rota, ok bool) {
	e, ok := b.entries[name]
	if !ok || e.rota == nil {
		return nil, false
	}
	return e.rota, true
}

// look reads one schedule of the present book. Errors: NotFound.
func (s *Service) look(ctx context.Context, name string, see func(q db.Querier, b *Book, e *entry) error) error {
	return s.db.Read(ctx, func(q db.Querier) error {
		b, err := s.Schedules(q)
		if err != nil {
			return err
		}
		e, ok := b.entries[name]
		if !ok {
			return noSchedule(name)
		}
		return see(q, b, e)
	})
}
