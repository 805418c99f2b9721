package cmdbweb

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// answer is what breaks, ready to be shown.
type answer struct {
	Figures  []figure
	Services []hitRow // worst first, then by tier
	Others   []hitRow
	Hidden   int // hits that are in neither list
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
	mostNamed    = 1000 // hits of which names are read
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
func (p *Pages) answer(ctx context.Context, causes []cmdb.Cause) (*answer, error) {
	r, err := p.CMDB.Impact(ctx, causes, cmdb.Ask{Exposed: true, Limit: mostNamed})
	if err != nil {
		return nil, err
	}
	x := &answer{Figures: figures(map[graph.Level]int{graph.Down: r.Down, graph.Degraded: r.Degraded, graph.AtRisk: r.AtRisk, graph.Exposed: r.Exposed})}
	teams := map[string]int{}
	row := func(h cmdb.Hit) hitRow {
		if h.Level >= graph.Degraded && h.Item.Team != "" {
			teams[h.Item.Team]++
		}
		return hitRow{Glyph: glyphOf(h.Level), Word: levelWord(h.Level), Name: nameOf(h.Item), Path: h.Item.Ref().Path(), Kind: kindWord(h.Item.Kind), Team: h.Item.Team, Cause: h.Depth == 0, Why: steps(h.Why)}
	}
	hits := map[int64]cmdb.Hit{}
	for _, h := range r.Hits {
		if hits[h.Item.ID] = h; h.Item.Kind != cmdb.KindService && h.Level > graph.Exposed && len(x.Others) < mostOthers {
			x.Others = append(x.Others, row(h))
		}
	}
	var list []int64
	for _, s := range r.Services[:min(len(r.Services), mostServices)] {
		list = append(list, s.Item)
	}
	items, err := p.CMDB.Named(ctx, list)
	if err != nil {
		return nil, err
	}
	for _, s := range r.Services[:len(list)] { // worst first, then by tier
		h, ok := hits[s.Item]
		if !ok { // too far down to be explained here
			h = cmdb.Hit{Item: items[s.Item], Level: s.Level, Depth: 1}
		}
		h.Item.Team = cmp.Or(h.Item.Team, s.Team)
		w := row(h)
		w.Name = cmp.Or(s.Title, w.Name)
		w.Promise = promiseOf(items[s.Item])
		if s.Tier >= 0 {
			w.Tier = strconv.Itoa(s.Tier)
		}
		x.Services = append(x.Services, w)
	}
	x.Hidden = r.Down + r.Degraded + r.AtRisk + r.Exposed - len(x.Services) - len(x.Others)
	for _, t := range r.Teams {
		h := teamHit{Name: t, N: max(teams[t], 1)}
		if p.Telling != nil {
			h.Path = p.Telling(t)
		}
		x.Teams = append(x.Teams, h)
	}
	slices.SortStableFunc(x.Teams, func(a, b teamHit) int { return b.N - a.N })
	return x, nil
}

func nameOf(i cmdb.Item) string { return cmp.Or(i.Name, i.Ref().String()) }

// promiseOf is what a service promises to its users.
func promiseOf(i cmdb.Item) (s string) {
	if raw, ok := i.Attributes["promise"]; ok && json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// steps are the items on the way to the cause, each with what it is to the one before.
func steps(list []cmdb.Step) (out []whyStep) {
	for _, s := range list {
		if s.On.ID == 0 {
			continue
		}
		x := whyStep{Name: nameOf(s.On), Path: s.On.Ref().Path(), Note: relationNote(s.Relation)}
		if g := s.Group; g != nil {
			x.Note = fmt.Sprintf("one of %s: %d of %d up, %d needed", g.Name, g.Of-g.Gone, g.Of, g.Need)
		}
		out = append(out, x)
	}
	return out
}

// hops is a chain of needs, each step with what it is to the one before.
func hops(list []cmdb.Hop) (out []whyStep) {
	for _, h := range list {
		to := h.To
		if h.Relation.Kind.Need() == cmdb.ToNeedsFrom {
			to = h.From
		}
		out = append(out, whyStep{Name: nameOf(to), Path: to.Ref().Path(), Note: relationNote(h.Relation)})
	}
	return out
}

// relationNote says what a relation is to the needing end, where that is not
// plain need.
func relationNote(r cmdb.Relation) string {
	note := map[cmdb.RelationKind]string{cmdb.RunsOn: "it runs on", cmdb.PartOf: "its part", cmdb.StoresIn: "it stores in", cmdb.Provides: "its provider"}[r.Kind]
	if r.Strength == cmdb.Soft {
		if note != "" {
			note += ", "
		}
		note += "works worse without"
	}
	return note
}
