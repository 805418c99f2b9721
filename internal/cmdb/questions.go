package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Ask narrows a question to the graph.
type Ask struct {
	At      time.Time // as it was then; zero: now
	Exposed bool      // of Impact: list what merely reaches a cause, too
	Hard    bool      // of Reach: only along hard needs
	Depth   int       // how many steps far; 0: all the way
	Limit   int       // most items to name; 0: MostNamed
}

// MostNamed bounds the items that an answer names; it counts all.
const MostNamed = 500

func (a Ask) limit() int {
	if a.Limit < 1 || a.Limit > 10*MostNamed {
		return MostNamed
	}
	return a.Limit
}

// Needed is something that an item needs, or what is contained in it.
type Needed struct {
	Item     Item
	Depth    int
	Hard     bool     // by hard needs outside groups all the way: alone it takes the item down
	Relation Relation // by which it was reached first
}

// Needs says what an item needs, directly or not, nearest first, and how many
// more there are at least.
func (s *Service) Needs(ctx context.Context, item int64, ask Ask) (out []Needed, hidden int, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, 0, errs.Wrap("cmdb.needs", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return nil, 0, errs.Wrap("cmdb.needs", err)
	}
	list := v.Needs(number(item), ask.Depth, ask.limit())
	n := names{}
	for _, x := range list.List {
		n.want(x.Item)
	}
	if err = s.db.Read(ctx, n.read); err != nil {
		return nil, 0, errs.Wrap("cmdb.needs", err)
	}
	for _, x := range list.List {
		out = append(out, Needed{Item: n.items[x.Item], Depth: x.Depth, Hard: x.Hard, Relation: edgeRelation(v, x.Edge)})
	}
	if hidden = list.Hidden; list.More {
		hidden = max(hidden, 1)
	}
	return out, hidden, nil
}

// Contains says what is part of an item or runs on it; with up what it is part
// of or runs on. more: there are further ones.
func (s *Service) Contains(ctx context.Context, item int64, up bool, ask Ask) (out []Needed, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.contains", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return nil, false, errs.Wrap("cmdb.contains", err)
	}
	nested := v.Contains
	if up {
		nested = v.ContainedBy
	}
	list, more := nested(number(item), ask.Depth, ask.limit())
	n := names{}
	for _, x := range list {
		n.want(x.Item)
	}
	if err = s.db.Read(ctx, n.read); err != nil {
		return nil, false, errs.Wrap("cmdb.contains", err)
	}
	for _, x := range list {
		out = append(out, Needed{Item: n.items[x.Item], Depth: x.Depth, Hard: x.Edge.Hard, Relation: edgeRelation(v, x.Edge)})
	}
	return out, more, nil
}

// Hop is one relation on a way, with its ends.
type Hop struct {
	Relation Relation
	From, To Item
}

// Path is a shortest way by which one item needs another; none when it does
// not.
func (s *Service) Path(ctx context.Context, from, to int64, ask Ask) (out []Hop, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.path", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return nil, errs.Wrap("cmdb.path", err)
	}
	edges, _ := v.Path(number(from), number(to))
	n := names{}
	n.wantEdges(edges)
	if err = s.db.Read(ctx, n.read); err != nil {
		return nil, errs.Wrap("cmdb.path", err)
	}
	return n.hops(v, edges), nil
}

// Reach is how many items need an item, directly or not.
func (s *Service) Reach(ctx context.Context, item int64, ask Ask) (int, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return 0, errs.Wrap("cmdb.reach", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return 0, errs.Wrap("cmdb.reach", err)
	}
	return v.Reach(number(item), ask.Hard), nil
}

// Root is an item whose trouble would explain alerting ones.
type Root struct {
	Item      Item
	Covers    int  // alerting items that need it or are it
	Unhealthy bool // known to be unwell itself
	Depth     int
	Ways      []Way // from alerting items that it covers
}

// Way is a chain of needs from an alerting item to a root.
type Way struct {
	From Item
	Hops []Hop
}

// Roots finds the deepest unhealthy common dependencies of alerting items,
// likeliest first; unhealthy are further items known to be unwell. partial:
// there was too much to look at all of it.
func (s *Service) Roots(ctx context.Context, alerting, unhealthy []int64, ask Ask) (out []Root, partial bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.roots", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return nil, false, errs.Wrap("cmdb.roots", err)
	}
	found := v.Roots(graph.Symptoms{Alerting: numbered(alerting), Unhealthy: numbered(unhealthy), Limit: min(ask.Limit, 50)})
	n := names{}
	for _, r := range found.List {
		n.want(r.Item)
		for _, p := range r.Paths {
			n.want(p.From)
			n.wantEdges(p.Steps)
		}
	}
	if err = s.db.Read(ctx, n.read); err != nil {
		return nil, false, errs.Wrap("cmdb.roots", err)
	}
	for _, r := range found.List {
		root := Root{Item: n.items[r.Item], Covers: r.Covers, Unhealthy: r.Unhealthy, Depth: r.Depth}
		for _, p := range r.Paths {
			root.Ways = append(root.Ways, Way{n.items[p.From], n.hops(v, p.Steps)})
		}
		out = append(out, root)
	}
	return out, found.Partial, nil
}

// Surroundings are the items around some, and their relations.
type Surroundings struct {
	Items     []Item // the middle first
	Relations []Relation
	Hidden    int // relations to items that are not listed
}

// Neighbours are the items around one, in both directions.
func (s *Service) Neighbours(ctx context.Context, item int64, ask Ask) (out Surroundings, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Surroundings{}, errs.Wrap("cmdb.neighbours", err)
	}
	v, err := s.graphThen(ctx, ask.At)
	if err != nil {
		return Surroundings{}, errs.Wrap("cmdb.neighbours", err)
	}
	around := v.Neighbours(number(item), max(ask.Depth, 1), ask.limit())
	n := names{}
	for _, x := range around.Items {
		n.want(x.Item)
	}
	if err = s.db.Read(ctx, n.read); err != nil {
		return Surroundings{}, errs.Wrap("cmdb.neighbours", err)
	}
	for _, x := range around.Items {
		out.Items = append(out.Items, n.items[x.Item])
	}
	for _, e := range around.Edges {
		out.Relations = append(out.Relations, edgeRelation(v, e))
	}
	out.Hidden = around.Hidden
	return out, nil
}

// Named returns items by number, without origins; those that do not exist are
// left out. At most 10,000 at once.
func (s *Service) Named(ctx context.Context, ids []int64) (out map[int64]Item, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.named", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		rows, err := rowsByID(q, ids[:min(len(ids), 10_000)])
		if err != nil {
			return err
		}
		out = make(map[int64]Item, len(rows))
		for id, r := range rows {
			if out[id], err = r.whole(); err != nil {
				return err
			}
		}
		return nil
	})
	return out, errs.Wrap("cmdb.named", err)
}

// Service returns the item that stands for a service of the catalog, by name
// or alias; NotFound when there is none.
func (s *Service) Service(ctx context.Context, name string) (out Item, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Item{}, errs.Wrap("cmdb.service", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		found, err := serviceItems(q, []string{name})
		if err != nil {
			return err
		}
		if found[name] == 0 {
			return noItem(SchemeService + "=" + name)
		}
		out, err = byNumber(q, found[name])
		return err
	})
	return out, errs.Wrap("cmdb.service", err)
}
