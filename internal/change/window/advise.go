package window

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Draft is a change that somebody plans.
type Draft struct {
	Change      int64 // its number when it has one, so that it does not collide with itself
	Services    []string
	Environment string
	Type        string
	Purpose     string
	Kind        string
	Span        // a zero To: an hour
}

// Advice says what stands in the way of a draft, before it is submitted.
type Advice struct {
	Windows  fact.Windows
	Warnings []Warning
	Free     time.Time // the first time at or after the wanted one that suits; zero: none is known
}

// maxAround bounds the services whose changes a draft is compared with.
const maxAround = 200

// Advise looks at a planned change. It stores nothing.
func (s *Service) Advise(ctx context.Context, d Draft) (a Advice, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Advice{}, errs.Wrap("window.advise", err)
	}
	if err := d.check(); err != nil {
		return Advice{}, errs.Wrap("window.advise", err)
	}
	at, err := s.db.Now(ctx)
	if err == nil {
		err = s.db.Read(ctx, func(q db.Querier) error { a, err = s.adviseOn(q, d, at); return err })
	}
	return a, errs.Wrap("window.advise", err)
}

func (d *Draft) check() error {
	if len(d.Services) == 0 || len(d.Services) > 50 {
		return errs.BadField("services", "", "name 1 to 50 services")
	}
	if d.To.IsZero() {
		d.To = d.From.Add(usualLength)
	}
	return checkSpan(d.From, d.To)
}

func (s *Service) adviseOn(q db.Querier, d Draft, at time.Time) (a Advice, err error) {
	who := s.lookup(q)
	var subjects []Subject
	names := make([]string, len(d.Services))
	for i, name := range d.Services {
		u, err := who(name)
		if err != nil {
			return a, err
		}
		subjects, names[i] = append(subjects, u), u.Service
	}
	mine := Bar{ID: d.Change, Type: cmp.Or(d.Type, "normal"), Purpose: d.Purpose, Kind: cmp.Or(d.Kind, "deploy"), Environment: cmp.Or(d.Environment, "production"), Services: names, Span: d.Span, Planned: true}
	set, _, err := s.Current(q)
	if err != nil {
		return a, err
	}
	a.Windows = set.Facts(subjects, mine.Environment, mine.Type, mine.Purpose, mine.Kind, d.From)
	others, err := s.others(q, mine, at)
	if err != nil {
		return a, err
	}
	var busy []Span
	for _, o := range others {
		busy = append(busy, o.Span)
		if o.From.Before(d.To) && o.To.After(d.From) {
			w := Warning{Kind: "collision", Change: mine, Other: o.Bar, Relation: o.relation, Service: o.service, Span: d.Span}
			if o.From.After(w.From) {
				w.From = o.From
			}
			if o.To.Before(w.To) {
				w.To = o.To
			}
			a.Warnings = append(a.Warnings, w)
		}
	}
	a.Warnings = append(a.Warnings, set.held([]Bar{mine}, func(Bar) []Subject { return subjects })...)
	from := d.From
	if at.After(from) {
		from = at
	}
	a.Free = set.minute(mine.query(subjects), from, d.To.Sub(d.From), busy)
	for i := range a.Warnings {
		a.Warnings[i].Move = a.Free
	}
	return a, nil
}

// other is a change near to a draft.
type other struct {
	Bar
	relation, service string
}

// others returns the open changes on the services of a bar, on what they need
// and on what needs them.
func (s *Service) others(q db.Querier, mine Bar, at time.Time) (out []other, err error) {
	var needs, hit []string
	if s.Around != nil {
		if needs, hit, err = s.Around(q, mine.Services); err != nil {
			return nil, err
		}
	}
	around := append(append(slices.Clone(mine.Services), needs...), hit...)
	found, err := openOn(q, around[:min(len(around), maxAround)], at, maxBars)
	for _, b := range found {
		if b.ID == mine.ID || b.Environment != mine.Environment {
			continue
		}
		o := other{Bar: b}
		for _, x := range []struct {
			relation string
			list     []string
		}{{"same", mine.Services}, {"needs", needs}, {"needed", hit}} {
			if i := slices.IndexFunc(b.Services, func(name string) bool { return slices.Contains(x.list, name) }); i >= 0 && o.relation == "" {
				o.relation, o.service = x.relation, b.Services[i]
			}
		}
		out = append(out, o)
	}
	return out, err
}
