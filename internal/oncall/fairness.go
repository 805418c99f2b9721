package oncall

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Load is how much of a schedule somebody carried.
type Load struct {
	Person   int64
	Time     time.Duration // on call
	Shifts   int           // duties that touch the time
	Nights   int           // dates on which they were on call at some time from 22:00 to 06:00, in the schedule's zone
	Weekends int           // weekends, Saturday and Sunday, that they were on call at some time
	Pages    int           // -1: not known
}

const (
	nightFrom = 22 * 3600
	nightTo   = daySeconds + 6*3600
)

// Fairness returns who carried how much of a schedule in a time of at most 400
// days, who most first. People of its layers who carried nothing are there.
// Errors: NotFound, Invalid.
func (s *Service) Fairness(ctx context.Context, name string, from, to time.Time) (out []Load, err error) {
	_, err = actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return nil, errs.Wrap("oncall.fairness", err)
	}
	err = s.look(ctx, name, func(q db.Querier, b *Book, e *entry) error {
		r, err := b.rotaFor(q, e, from, to)
		if err != nil {
			return err
		}
		duties, err := r.ask(from, to)
		if err != nil {
			return err
		}
		out = r.loads(duties, from, to)
		if s.Pages == nil {
			return nil
		}
		ids := make([]int64, len(out))
		for i, l := range out {
			ids[i] = l.Person
		}
		pages, err := s.Pages(q, ids, from, to)
		for i := range out {
			out[i].Pages = pages[out[i].Person]
		}
		return err
	})
	return out, errs.Wrap("oncall.fairness", err)
}

type carried struct {
	Load
	nights, weekends map[int64]bool
}

// Loads returns what everybody carries in [from, to), who most first.
func (r *Rota) Loads(from, to time.Time) []Load { return r.loads(r.Between(from, to), from, to) }

func (r *Rota) loads(duties []Duty, from, to time.Time) []Load {
	all := map[int64]*carried{}
	get := func(p int64) *carried {
		c := all[p]
		if c == nil {
			c = &carried{Load{Person: p, Pages: -1}, map[int64]bool{}, map[int64]bool{}}
			all[p] = c
		}
		return c
	}
	for _, p := range r.people {
		get(p)
	}
	clock := r.layers[0].clock
	for _, d := range duties {
		if d.Gap() {
			continue
		}
		a, b := clip(d, from, to)
		nights, weekends := clock.odd(a.Unix(), b.Unix())
		for _, p := range d.People {
			c := get(p)
			c.Time += b.Sub(a)
			c.Shifts++
			for _, n := range nights {
				c.nights[n] = true
			}
			for _, w := range weekends {
				c.weekends[w] = true
			}
		}
	}
	out := make([]Load, 0, len(all))
	for _, p := range slices.Sorted(maps.Keys(all)) {
		c := all[p]
		c.Nights, c.Weekends = len(c.nights), len(c.weekends)
		out = append(out, c.Load)
	}
	slices.SortStableFunc(out, func(a, b Load) int { return cmp.Compare(b.Time, a.Time) })
	return out
}

// clip returns the part of a duty within a time.
func clip(d Duty, from, to time.Time) (a, b time.Time) {
	a, b = from, to
	if d.From.After(a) {
		a = d.From
	}
	if !d.Until.IsZero() && d.Until.Before(b) {
		b = d.Until
	}
	return a, b
}

// odd returns the dates whose nights, and the weeks whose weekends, [a, b)
// touches; both as numbers of wall days and weeks.
func (c *clock) odd(a, b int64) (nights, weekends []int64) {
	touches := func(from, to int64) bool { return c.first(from) < b && a < c.first(to) }
	first, _ := floor(c.high(a), daySeconds)
	last, _ := floor(c.high(b), daySeconds)
	for day := first - 1; day <= last; day++ {
		if touches(day*daySeconds+nightFrom, day*daySeconds+nightTo) {
			nights = append(nights, day)
		}
		week, weekday := floor(day*daySeconds-monday, weekSeconds)
		if weekday == 5*daySeconds && touches(day*daySeconds, (day+2)*daySeconds) {
			weekends = append(weekends, week)
		}
	}
	return nights, weekends
}
