package oncall

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Now is who is on call in one schedule at one instant.
type Now struct {
	Shift
	Team  string
	At    time.Time
	Fault string // not empty: the schedule cannot be computed, and why

	rota *Rota
}

// Next returns the next duty that brings other people; ok is false when none
// does within two years.
func (n Now) Next() (d Duty, ok bool) {
	if n.rota == nil {
		return Duty{}, false
	}
	return n.rota.Next(n.At)
}

// Stay is until when these people are on call, whichever layers bring them;
// zero: for good. Until is the end of what was looked up, and may be earlier.
func (n Now) Stay() time.Time {
	if n.rota == nil {
		return n.Until
	}
	return n.rota.Stay(n.At)
}

// Filter narrows what is asked of schedules; the zero Filter means all.
type Filter struct {
	Team   string
	Person int64    // only schedules that name this person, in layers or covers
	Names  []string // only these schedules; nil means all
}

// WhoNow returns who is on call now, by schedule, after a name, and says
// whether there are more. It costs one small query when nothing changed.
func (s *Service) WhoNow(ctx context.Context, f Filter, after string, limit int) (out []Now, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("oncall.who-now", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, false, errs.Wrap("oncall.who-now", err)
	}
	out, more, err = s.whoAt(ctx, f, now, after, limit)
	return out, more, errs.Wrap("oncall.who-now", err)
}

// WhoAt is WhoNow at another instant, at most about 100 days back.
func (s *Service) WhoAt(ctx context.Context, f Filter, at time.Time, after string, limit int) (out []Now, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("oncall.who-at", err)
	}
	out, more, err = s.whoAt(ctx, f, at, after, limit)
	return out, more, errs.Wrap("oncall.who-at", err)
}

func (s *Service) whoAt(ctx context.Context, f Filter, at time.Time, after string, limit int) (out []Now, more bool, err error) {
	var b *Book
	if err = s.db.Read(ctx, func(q db.Querier) (err error) { b, err = s.Schedules(q); return err }); err != nil {
		return nil, false, err
	}
	names := b.names[sort.Search(len(b.names), func(i int) bool { return b.names[i] > after }):]
	out = make([]Now, 0, min(limit, len(names)))
	for _, name := range names {
		e := b.entries[name]
		if f.Names != nil && !slices.Contains(f.Names, name) || f.Team != "" && e.schedule.Spec.Team != f.Team || f.Person != 0 && !slices.Contains(b.known(e), f.Person) {
			continue
		}
		if len(out) == limit {
			return out, true, nil
		}
		out = append(out, e.at(at))
	}
	return out, false, nil
}

func (e *entry) shift(d Duty) Shift {
	return Shift{Schedule: e.schedule.Name, Title: e.schedule.Title(), Zone: e.schedule.Spec.Zone, Duty: d}
}

func (e *entry) at(t time.Time) Now {
	n := Now{Team: e.schedule.Spec.Team, At: t, rota: e.rota}
	var d Duty
	if e.rota != nil {
		d = e.rota.At(t)
	} else {
		n.Fault = errs.As(e.err).Error()
	}
	n.Shift = e.shift(d)
	return n
}

// maxRange is the longest time that one question may be about.
const maxRange = 400 * 24 * time.Hour

func checkRange(from, to time.Time) error {
	var bad errs.Fields
	switch {
	case from.IsZero():
		bad.Add("from", "", "say from when, like 2026-12-01T00:00:00Z")
	case to.IsZero() || !from.Before(to):
		bad.Add("to", to.Format(time.RFC3339), "use a time after from")
	case to.Sub(from) > maxRange:
		bad.Add("to", to.Format(time.RFC3339), "use at most 400 days after from")
	case from.Year() < 1970 || to.Year() > 2199:
		bad.Add("from", from.Format(time.RFC3339), "use years between 1970 and 2199, at most "+strconv.Itoa(400)+" days at once")
	}
	return bad.Err()
}

// maxDuties is how many duties one question may be answered with: an hourly
// rotation over the longest time has half as many.
const maxDuties = 20_000

// ask is Between for questions from outside.
func (r *Rota) ask(from, to time.Time) ([]Duty, error) {
	list, all := r.between(from, to, maxDuties)
	if !all {
		return nil, errs.BadField("to", to.Format(time.RFC3339), "the schedule changes hands more than 20,000 times until then; ask for a shorter time")
	}
	return list, nil
}

// rotaFor returns the rota of a schedule with all covers that matter from one
// time to another.
func (b *Book) rotaFor(q db.Querier, e *entry, from, to time.Time) (*Rota, error) {
	if e.base == nil {
		return nil, broken(e.schedule.Name, e.err)
	}
	if from.Add(-year).After(b.since) {
		return e.rota, nil
	}
	covers, err := b.coversFor(q, e, from.Add(-year), to.Add(year))
	if err != nil {
		return nil, err
	}
	return e.base.With(covers, func(p int64) bool { return b.gone[p] }), nil
}

// Shifts returns the duties of a schedule that touch a time of at most 400
// days, gaps included. Errors: NotFound, Invalid.
func (s *Service) Shifts(ctx context.Context, name string, from, to time.Time) (out []Duty, err error) {
	_, err = actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return nil, errs.Wrap("oncall.shifts", err)
	}
	err = s.look(ctx, name, func(q db.Querier, b *Book, e *entry) error {
		r, err := b.rotaFor(q, e, from, to)
		if err == nil {
			out, err = r.ask(from, to)
		}
		return err
	})
	return out, errs.Wrap("oncall.shifts", err)
}

// Mine returns the actor's own shifts in all schedules that touch a time, by
// their beginning.
func (s *Service) Mine(ctx context.Context, from, to time.Time) (out []Shift, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return nil, errs.Wrap("oncall.mine", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) { out, err = s.shiftsOf(q, who.Person, from, to); return err })
	return out, errs.Wrap("oncall.mine", err)
}

// ShiftsOf returns somebody's shifts, by handle or key. Errors: NotFound.
func (s *Service) ShiftsOf(ctx context.Context, person string, from, to time.Time) (out []Shift, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return nil, errs.Wrap("oncall.shifts-of", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		id := who.Person
		if person != "" && person != "me" {
			p, ok, err := personOf(q, person)
			if err == nil && !ok {
				err = errs.E(errs.NotFound, "there is no such person").On(errs.Short(person))
			}
			if err != nil {
				return err
			}
			id = p.ID
		}
		out, err = s.shiftsOf(q, id, from, to)
		return err
	})
	return out, errs.Wrap("oncall.shifts-of", err)
}

func (s *Service) shiftsOf(q db.Querier, person int64, from, to time.Time) ([]Shift, error) {
	if person == 0 {
		return nil, nil
	}
	b, err := s.Schedules(q)
	if err != nil {
		return nil, err
	}
	stood, err := collectCovers(q, coversBySQL, person, from.UnixMicro(), maxCovers)
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	for _, c := range stood {
		in[c.Schedule] = true
	}
	var out []Shift
	for _, name := range b.names {
		e := b.entries[name]
		if e.base == nil || !in[name] && !slices.Contains(e.base.people, person) {
			continue
		}
		r, err := b.rotaFor(q, e, from, to)
		if err != nil {
			return nil, err
		}
		list, err := r.ask(from, to)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			if d.Has(person) {
				out = append(out, e.shift(d))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Shift) int { return a.From.Compare(b.From) })
	return out, nil
}
