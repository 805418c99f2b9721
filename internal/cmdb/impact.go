package cmdb

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Cause is an item that is down or degraded by itself.
type Cause struct {
	Item  int64
	Level graph.Level // Down or Degraded; 0: Down
}

// Impact is what breaks.
type Impact struct {
	Down, Degraded, AtRisk, Exposed int   // items; Exposed only if asked
	Hits                            []Hit // worst first, then nearest to a cause; causes are among them
	Hidden                          int   // hits that are not listed
	Services                        []ServiceHit
	Teams                           []string // that own services or items that are down or degraded
}

// Hit is an item that is touched, and why: step by step back to a cause.
type Hit struct {
	Item  Item // without attributes
	Level graph.Level
	Depth int
	Why   []Step
}

// Step says why one item has its level: because of an item that it needs.
type Step struct {
	Item     Item
	Level    graph.Level
	On       Item // what it needs; zero: it is a cause itself
	As       graph.Level
	Relation Relation
	Group    *graph.Lack // set when the relation is one of a redundancy group
}

// Impact says what breaks if the causes do. NotFound when a cause is no item.
func (s *Service) Impact(ctx context.Context, causes []Cause, ask Ask) (out Impact, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Impact{}, errs.Wrap("cmdb.impact", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return Impact{}, errs.Wrap("cmdb.impact", err)
	}
	list, err := graphCauses(v, causes)
	if err != nil {
		return Impact{}, errs.Wrap("cmdb.impact", err)
	}
	r := v.Impact(list, graph.Options{Exposed: ask.Exposed})
	out = Impact{Down: r.Down, Degraded: r.Degraded, AtRisk: r.AtRisk, Exposed: r.Exposed}
	shown := r.Hits[:min(len(r.Hits), ask.limit())]
	out.Hidden = len(r.Hits) - len(shown)
	n := names{}
	var why [][]graph.Step
	for _, h := range shown {
		steps := r.Why(h.Item)
		why = append(why, steps)
		n.want(h.Item)
		for _, x := range steps {
			n.want(x.Item, x.On)
		}
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if err := n.read(q); err != nil {
			return err
		}
		out.Services, err = serviceHits(q, v, r)
		return err
	})
	if err != nil {
		return Impact{}, errs.Wrap("cmdb.impact", err)
	}
	for i, h := range shown {
		hit := Hit{Item: n.items[h.Item], Level: h.Level, Depth: int(h.Depth)}
		for _, x := range why[i] {
			hit.Why = append(hit.Why, n.step(v, x))
		}
		out.Hits = append(out.Hits, hit)
	}
	out.Teams = teamsOf(out.Services, out.Hits)
	return out, nil
}

func graphCauses(v *graph.View, causes []Cause) ([]graph.Cause, error) {
	out := make([]graph.Cause, len(causes))
	for i, c := range causes {
		if c.Item <= 0 || c.Item > graph.ItemMost {
			return nil, noItem("")
		}
		out[i] = graph.Cause{Item: uint32(c.Item), Level: c.Level}
		if c.Level != graph.Degraded {
			out[i].Level = graph.Down
		}
	}
	return out, nil
}

// teamsOf are the teams to tell: of what is down or degraded.
func teamsOf(services []ServiceHit, hits []Hit) (out []string) {
	for _, h := range services {
		if h.Team != "" && (h.Level == graph.Down || h.Level == graph.Degraded) {
			out = append(out, h.Team)
		}
	}
	for _, h := range hits {
		if h.Item.Team != "" && h.Level >= graph.Degraded {
			out = append(out, h.Item.Team)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Why says why an item is touched by causes, step by step back to one; nothing
// when it is not.
func (s *Service) Why(ctx context.Context, item int64, causes []Cause, ask Ask) (out []Step, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.why", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return nil, errs.Wrap("cmdb.why", err)
	}
	list, err := graphCauses(v, append(slices.Clone(causes), Cause{Item: item}))
	if err != nil {
		return nil, errs.Wrap("cmdb.why", err)
	}
	steps := v.Why(uint32(item), list[:len(causes)])
	n := names{}
	for _, x := range steps {
		n.want(x.Item, x.On)
	}
	if err = s.db.Read(ctx, n.read); err != nil {
		return nil, errs.Wrap("cmdb.why", err)
	}
	for _, x := range steps {
		out = append(out, n.step(v, x))
	}
	return out, nil
}
