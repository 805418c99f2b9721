package oncall

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Preview is what saving a spec would do in a time.
type Preview struct {
	Old, New []Duty // with the present covers; Old is empty for a new schedule
	People   []Gain // everybody whose time is not the same, who gains most first
	Gaps     []Duty // of New: times without anybody
	NewGaps  []Duty // the parts of Gaps in which somebody is on call at present
}

// Gain is how somebody's time on call changes.
type Gain struct {
	Person        int64
	Before, After time.Duration
}

// Preview computes what a spec would do before it is saved. name is the
// schedule it is for; empty for a new one. Errors: NotFound; Invalid for the
// spec's faults, as at saving.
func (s *Service) Preview(ctx context.Context, name string, spec Spec, from, to time.Time) (p Preview, err error) {
	_, err = actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return Preview{}, errs.Wrap("oncall.preview", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		b, err := s.Schedules(q)
		if err != nil {
			return err
		}
		var old Schedule
		e := &entry{}
		if name != "" {
			var ok bool
			if e, ok = b.entries[name]; !ok {
				return noSchedule(name)
			}
			old = e.schedule
		}
		next, stored, err := s.check(q, spec, old.Spec)
		if err != nil {
			return err
		}
		if e.base != nil {
			r, err := b.rotaFor(q, e, from, to)
			if err != nil {
				return err
			}
			if p.Old, err = r.ask(from, to); err != nil {
				return err
			}
		}
		changed := &entry{schedule: Schedule{Name: name, Spec: stored}, base: next}
		covers, err := b.coversFor(q, changed, from.Add(-year), to.Add(year))
		if err != nil {
			return err
		}
		// Those gone are asked for anew: the spec may name people whom no
		// schedule named so far.
		names, err := namesOf(q, next.people)
		if err != nil {
			return err
		}
		if p.New, err = next.With(covers, func(id int64) bool { return b.gone[id] || names[id].Gone }).ask(from, to); err != nil {
			return err
		}
		p.compare(from, to)
		return nil
	})
	return p, errs.Wrap("oncall.preview", err)
}

// compare fills in what differs.
func (p *Preview) compare(from, to time.Time) {
	gains := map[int64]*Gain{}
	sum := func(list []Duty, field func(*Gain) *time.Duration) {
		for _, d := range list {
			a, b := clip(d, from, to)
			for _, id := range d.People {
				if gains[id] == nil {
					gains[id] = &Gain{Person: id}
				}
				*field(gains[id]) += b.Sub(a)
			}
		}
	}
	sum(p.Old, func(g *Gain) *time.Duration { return &g.Before })
	sum(p.New, func(g *Gain) *time.Duration { return &g.After })
	for _, id := range slices.Sorted(maps.Keys(gains)) {
		if g := gains[id]; g.Before != g.After {
			p.People = append(p.People, *g)
		}
	}
	slices.SortStableFunc(p.People, func(a, b Gain) int { return cmp.Compare(b.After-b.Before, a.After-a.Before) })
	for _, d := range p.New {
		if !d.Gap() {
			continue
		}
		p.Gaps = append(p.Gaps, d)
		ga, gb := clip(d, from, to)
		first := sort.Search(len(p.Old), func(i int) bool { return p.Old[i].Until.IsZero() || p.Old[i].Until.After(ga) })
		for _, o := range p.Old[first:] {
			if !o.From.Before(gb) {
				break
			}
			if oa, ob := clip(o, ga, gb); !o.Gap() && oa.Before(ob) {
				p.NewGaps = append(p.NewGaps, Duty{From: oa, Until: ob})
			}
		}
	}
}
