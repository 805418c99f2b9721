package window

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Filter chooses what a time line shows.
type Filter struct {
	Team        string
	Service     string
	Environment string
	Quiet       bool // leave out routine changes: low risk, allowed without a human, succeeded
}

// View is the change calendar of some time.
type View struct {
	Span
	Now      time.Time
	Lanes    []Lane // by tier, then name
	Windows  []Occurrence
	Marks    []Mark // incidents, and maintenance that silences alerts
	Warnings []Warning
	Hidden   int  // routine changes that were left out; at least
	Cut      bool // there is more than fits; choose a shorter time, a team or a service
}

// Lane is one service on the time line.
type Lane struct {
	Subject
	Bars []Bar // by beginning; a change of several services is in the lane of each
}

// What one time line holds.
const (
	maxSpan        = 100 * 24 * time.Hour
	maxBars        = 500
	maxLanes       = 100
	maxOccurrences = 400
	maxMarks       = 200
)

// Calendar returns the time line of [from, to), at most 100 days.
func (s *Service) Calendar(ctx context.Context, from, to time.Time, f Filter) (v View, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return View{}, errs.Wrap("window.calendar", err)
	}
	if err := checkSpan(from, to); err != nil {
		return View{}, errs.Wrap("window.calendar", err)
	}
	at, err := s.db.Now(ctx)
	if err == nil {
		err = s.db.Read(ctx, func(q db.Querier) error { v, err = s.view(q, Span{from.UTC(), to.UTC()}, f, at); return err })
	}
	if err == nil {
		err = s.marks(ctx, &v, f)
	}
	return v, errs.Wrap("window.calendar", err)
}

func checkSpan(from, to time.Time) error {
	switch {
	case !to.After(from):
		return errs.BadField("to", to.Format(time.RFC3339), "use a time after from")
	case to.Sub(from) > maxSpan:
		return errs.BadField("to", to.Format(time.RFC3339), "show at most 100 days at once")
	case from.Before(epoch) || to.After(far):
		return errs.BadField("from", from.Format(time.RFC3339), "use times between 1970 and 2199")
	}
	return nil
}

func (s *Service) view(q db.Querier, span Span, f Filter, at time.Time) (v View, err error) {
	v = View{Span: span, Now: at}
	var list []Bar
	if list, v.Hidden, v.Cut, err = bars(q, f, span.From, span.To, at, maxBars); err != nil {
		return v, err
	}
	who := s.lookup(q)
	if err := v.lanes(list, f, who); err != nil {
		return v, err
	}
	set, _, err := s.Current(q)
	if err != nil {
		return v, err
	}
	var subjects []Subject
	for _, l := range v.Lanes {
		subjects = append(subjects, l.Subject)
	}
	if f.Team != "" { // also what is for the team while nothing happens in it
		subjects = append(subjects, Subject{Team: f.Team, Tier: -1})
	}
	more := false
	v.Windows, more = set.Occurrences(subjects, f.Team != "" || f.Service != "", f.Environment, span.From, span.To, maxOccurrences)
	v.Cut = v.Cut || more
	v.Warnings, err = s.warnings(q, set, list, who, at)
	return v, err
}

// lanes gives each service its lane.
func (v *View) lanes(list []Bar, f Filter, who func(string) (Subject, error)) error {
	at := map[string]int{}
	lane := func(name string) (int, error) {
		i, ok := at[name]
		if ok {
			return i, nil
		}
		u, err := who(name)
		if err != nil {
			return 0, err
		}
		i = len(v.Lanes)
		v.Lanes, at[name] = append(v.Lanes, Lane{Subject: u}), i
		return i, nil
	}
	if f.Service != "" {
		if _, err := lane(f.Service); err != nil {
			return err
		}
	}
	for _, b := range list {
		for _, name := range b.Services {
			if f.Service != "" && name != f.Service {
				continue
			}
			i, err := lane(name)
			if err != nil {
				return err
			}
			v.Lanes[i].Bars = append(v.Lanes[i].Bars, b)
		}
	}
	slices.SortFunc(v.Lanes, func(a, b Lane) int { return cmp.Or(cmp.Compare(a.Tier, b.Tier), cmp.Compare(a.Service, b.Service)) })
	if len(v.Lanes) > maxLanes {
		v.Lanes, v.Cut = v.Lanes[:maxLanes], true
	}
	for _, l := range v.Lanes {
		slices.SortStableFunc(l.Bars, func(a, b Bar) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	}
	return nil
}

// lookup tells team and tier of services; what the catalog does not have is of
// nobody, and least important.
func (s *Service) lookup(q db.Querier) func(name string) (Subject, error) {
	return func(name string) (Subject, error) {
		k, ok, err := s.services.Lookup(q, name)
		if err != nil || !ok {
			return Subject{Service: name, Tier: 3}, err
		}
		return Subject{Service: k.Name, Team: k.Team, Tier: k.Tier}, nil
	}
}

// marks adds what other practices know, of the lanes when they were chosen.
func (s *Service) marks(ctx context.Context, v *View, f Filter) error {
	for _, ask := range []func(context.Context, time.Time, time.Time, int) ([]Mark, bool, error){s.Incidents, s.Silences} {
		if ask == nil {
			continue
		}
		found, more, err := ask(ctx, v.From, v.To, maxMarks)
		if err != nil {
			return err
		}
		v.Cut = v.Cut || more
		for _, m := range found {
			if f.Team == "" && f.Service == "" || slices.ContainsFunc(v.Lanes, func(l Lane) bool { return slices.Contains(m.Services, l.Service) }) {
				v.Marks = append(v.Marks, m)
			}
		}
	}
	return nil
}
