package cmdbweb

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/web"
)

// answer is what breaks, ready to be shown.
type answer struct {
	Figures  []figure
	Services []hitRow // worst first, then by tier
	Others   []hitRow
	Hidden   int // hits that are in neither list
	Exposed  int
	Teams    []teamHit
}

// figure is a number with its mark.
type figure struct {
	Glyph, Word, Says string
	N                 int
}

// hitRow is an item that is hit, and why.
type hitRow struct {
	Glyph, Word, Name, Path, Kind, Team, Tier, Promise string
	Cause                                              bool
	Why                                                []whyStep
	level                                              graph.Level
}

// whyStep is the next item on the way to the cause.
type whyStep struct{ Name, Path, Note string }

// teamHit is a team to tell.
type teamHit struct {
	Name, Path string
	N          int // of its services and items that are down or degraded
}

const (
	mostServices = 200
	mostOthers   = 100
	mostNamed    = 3000 // hits of which names are read
)

// figures counts hits by level.
func figures(n map[graph.Level]int) []figure {
	says := map[graph.Level]string{graph.Down: "do not work", graph.Degraded: "work worse", graph.AtRisk: "lost a spare", graph.Exposed: "need something hit"}
	var out []figure
	for _, l := range []graph.Level{graph.Down, graph.Degraded, graph.AtRisk, graph.Exposed} {
		out = append(out, figure{Glyph: glyphOf(l), Word: levelWord(l), Says: says[l], N: n[l]})
	}
	return out
}

func glyphOf(l graph.Level) string {
	if t := levelTone(l); t != "" {
		return t
	}
	if l == graph.Exposed {
		return "exposed"
	}
	return "none"
}

// answer works out an impact.
func (p *Pages) answer(ctx context.Context, v *graph.View, causes []graph.Cause) (*answer, error) {
	r := v.Impact(causes, graph.Options{Exposed: true, Limit: mostNamed * 4})
	x := &answer{Figures: figures(map[graph.Level]int{graph.Down: r.Down, graph.Degraded: r.Degraded, graph.AtRisk: r.AtRisk, graph.Exposed: r.Exposed}), Exposed: r.Exposed}
	var services, others []graph.Hit
	for _, h := range r.Hits {
		switch {
		case v.Node(h.Item).Kind == cmdb.KindService && len(services) < mostServices:
			services = append(services, h)
		case h.Level > graph.Exposed && len(others) < mostOthers:
			others = append(others, h)
		}
	}
	x.Hidden = r.Down + r.Degraded + r.AtRisk + r.Exposed - len(services) - len(others)
	why := map[uint32][]graph.Step{}
	need := map[int64]bool{}
	for _, h := range append(slices.Clone(services), others...) {
		why[h.Item] = r.Why(h.Item)
		need[int64(h.Item)] = true
		for _, s := range why[h.Item] {
			need[int64(s.On)] = true
		}
	}
	items, err := p.named(ctx, need)
	if err != nil {
		return nil, err
	}
	teams := map[string]int{}
	row := func(h graph.Hit) hitRow {
		i := items[int64(h.Item)]
		if h.Level >= graph.Degraded && i.Team != "" {
			teams[i.Team]++
		}
		return hitRow{Glyph: glyphOf(h.Level), Word: levelWord(h.Level), Name: nameOf(items, h.Item), Path: "/map/items/" + ids(h.Item), Kind: kindWord(cmp.Or(i.Kind, v.Node(h.Item).Kind)), Team: i.Team, Tier: tierOf(i), Promise: promiseOf(i),
			Cause: h.Depth == 0, Why: steps(items, why[h.Item]), level: h.Level}
	}
	for _, h := range services {
		x.Services = append(x.Services, row(h))
	}
	for _, h := range others {
		x.Others = append(x.Others, row(h))
	}
	slices.SortStableFunc(x.Services, func(a, b hitRow) int {
		return cmp.Or(int(b.level)-int(a.level), cmp.Compare(cmp.Or(a.Tier, "9"), cmp.Or(b.Tier, "9")))
	})
	for t, n := range teams {
		h := teamHit{Name: t, N: n}
		if p.Telling != nil {
			h.Path = p.Telling(t)
		}
		x.Teams = append(x.Teams, h)
	}
	slices.SortFunc(x.Teams, func(a, b teamHit) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Name, b.Name)) })
	return x, nil
}

func (p *Pages) named(ctx context.Context, need map[int64]bool) (map[int64]cmdb.Item, error) {
	delete(need, 0)
	var list []int64
	for id := range need {
		list = append(list, id)
	}
	slices.Sort(list)
	return p.Source.Named(ctx, list)
}

func nameOf(items map[int64]cmdb.Item, id uint32) string {
	return cmp.Or(items[int64(id)].Name, ids(id))
}

// promiseOf is what a service promises to its users.
func promiseOf(i cmdb.Item) (s string) {
	if raw, ok := i.Attributes["promise"]; ok && json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// steps are the items on the way to the cause, each with what it is to the one before.
func steps(items map[int64]cmdb.Item, list []graph.Step) (out []whyStep) {
	for _, s := range list {
		if s.On == 0 {
			continue
		}
		x := whyStep{Name: nameOf(items, s.On), Path: "/map/items/" + ids(s.On)}
		switch {
		case s.Group != nil:
			x.Note = fmt.Sprintf("one of %s: %d of %d up, %d needed", s.Group.Name, s.Group.Of-s.Group.Gone, s.Group.Of, s.Group.Need)
		default:
			x.Note = relationNote(s.Edge)
		}
		out = append(out, x)
	}
	return out
}

// relationNote says what a relation is to the needing end, where that is not
// plain need.
func relationNote(e graph.Edge) string {
	note := map[uint8]string{graph.RunsOn: "it runs on", graph.PartOf: "its part", graph.StoresIn: "it stores in", graph.Provides: "its provider"}[e.Kind]
	if !e.Hard {
		if note != "" {
			note += ", "
		}
		note += "works worse without"
	}
	return note
}

// Ask is one question about what needs what.
type needRow struct {
	Name, Path, Kind, Team, Glyph, Health string
	Depth                                 int
	Vital                                 bool
	How                                   string
}

// needs lists what an item needs.
func (p *Pages) needs(ctx context.Context, v *graph.View, item uint32) (rows []needRow, more string, err error) {
	n := v.Needs(item, 0, mostServices)
	need := map[int64]bool{}
	for _, x := range n.List {
		need[int64(x.Item)] = true
		a, _ := x.Edge.Ends()
		need[int64(a)] = true
	}
	items, err := p.named(ctx, need)
	if err != nil {
		return nil, "", err
	}
	var list []cmdb.Item
	for _, i := range items {
		list = append(list, i)
	}
	known := map[int64]string{}
	if p.Health != nil {
		if known, err = p.Health(ctx, list); err != nil {
			return nil, "", err
		}
	}
	for _, x := range n.List {
		i := items[int64(x.Item)]
		a, _ := x.Edge.Ends()
		h := cmp.Or(known[int64(x.Item)], unknown)
		how := nameOf(items, a) + " " + relationWord(cmdb.RelationKinds[min(int(x.Edge.Kind), len(cmdb.RelationKinds)-1)]) + " it"
		if x.Edge.Group != 0 {
			how += ", one of " + v.Group(x.Edge.Group)
		}
		rows = append(rows, needRow{Name: nameOf(items, x.Item), Path: "/map/items/" + ids(x.Item), Kind: kindWord(v.Node(x.Item).Kind), Team: i.Team, Glyph: h, Health: healthWord(h), Depth: x.Depth, Vital: x.Hard, How: how})
	}
	if n.Hidden > 0 {
		more = web.Count(n.Hidden) + " more not listed"
	}
	return rows, more, nil
}

// rootRow is what may be behind what alerts.
type rootRow struct {
	Name, Path, Kind, Team, Says string
	Sick                         bool
	Why                          []whyStep
	From                         string
}

// roots finds what is behind all that alerts.
func (p *Pages) roots(ctx context.Context, v *graph.View) (rows []rootRow, alerting int, partial bool, err error) {
	if p.Alerting == nil {
		return nil, 0, false, nil
	}
	list, err := p.Alerting(ctx)
	if err != nil || len(list) == 0 {
		return nil, 0, false, err
	}
	sy := graph.Symptoms{Limit: 10}
	for _, id := range list {
		sy.Alerting = append(sy.Alerting, uint32(id))
	}
	found := v.Roots(sy)
	need := map[int64]bool{}
	for _, r := range found.List {
		need[int64(r.Item)] = true
		for _, path := range r.Paths[:min(len(r.Paths), 1)] {
			need[int64(path.From)] = true
			for _, e := range path.Steps {
				_, b := e.Ends()
				need[int64(b)] = true
			}
		}
	}
	items, err := p.named(ctx, need)
	if err != nil {
		return nil, 0, false, err
	}
	for _, r := range found.List {
		i := items[int64(r.Item)]
		x := rootRow{Name: nameOf(items, r.Item), Path: "/map/items/" + ids(r.Item), Kind: kindWord(v.Node(r.Item).Kind), Team: i.Team, Sick: r.Unhealthy,
			Says: fmt.Sprintf("would explain %d of %d", r.Covers, len(list))}
		for _, path := range r.Paths {
			if len(path.Steps) == 0 && len(r.Paths) > 1 {
				continue
			}
			x.From = nameOf(items, path.From)
			x.Why = way(items, path.Steps)
			break
		}
		rows = append(rows, x)
	}
	return rows, len(list), found.Partial, nil
}

// way is a chain of needs, each step with what it is to the one before.
func way(items map[int64]cmdb.Item, list []graph.Edge) (out []whyStep) {
	for _, e := range list {
		_, b := e.Ends()
		out = append(out, whyStep{Name: nameOf(items, b), Path: "/map/items/" + ids(b), Note: relationNote(e)})
	}
	return out
}
