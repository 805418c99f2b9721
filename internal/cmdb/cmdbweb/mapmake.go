package cmdbweb

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

const (
	mostBoxes  = 2000 // of a map
	mostAround = 600  // of one with a focus, where more would show nothing
)

// make puts the map of a look together.
func (p *Pages) make(ctx context.Context, l Look) (*Map, error) {
	v, err := p.CMDB.View(ctx, l.At)
	if err != nil {
		return nil, err
	}
	focus, err := p.find(ctx, l.Focus)
	if err != nil {
		return nil, err
	}
	g := &gather{roll: newRoll(v, l.Open), m: &Map{by: map[string]*Box{}}, limit: mostBoxes, shown: map[uint32]bool{}}
	g.apart = l.Kinds
	hits, err := p.hits(ctx, g, l)
	if err != nil {
		return nil, err
	}
	switch {
	case len(focus) > 0:
		g.limit = mostAround
		for _, id := range focus { // what is asked for is in sight, also in a box
			for _, w := range g.chain(id)[1:] {
				g.open[w] = true
			}
		}
		g.around(focus, l.Depth, l.Direction)
		g.only(l.Kinds, focus)
	case hits != nil && len(l.Kinds) == 0:
		g.hit(hits)
	default:
		g.everything(l.Kinds)
	}
	g.boxes()
	if err := p.name(ctx, g.m); err != nil {
		return nil, err
	}
	for _, id := range focus {
		if b := g.m.by[ids(id)]; b != nil {
			b.Focus = true
		}
	}
	g.filter(l)
	g.lines()
	g.groups()
	if err := p.health(ctx, g, l); err != nil {
		return nil, err
	}
	g.levels(hits)
	g.m.words()
	g.m.Cut = g.cut
	slices.SortStableFunc(g.m.Boxes, func(a, b *Box) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	return g.m, nil
}

func (p *Pages) find(ctx context.Context, list []string) (out []uint32, err error) {
	for _, text := range list {
		item, err := p.CMDB.Find(ctx, text)
		if err != nil {
			return nil, err
		}
		out = append(out, uint32(item.ID))
	}
	return out, nil
}

// hits are what the look takes for down and degraded does; nil: it takes nothing.
func (p *Pages) hits(ctx context.Context, g *gather, l Look) (*graph.Result, error) {
	list, err := p.causes(ctx, l)
	if err != nil || list == nil {
		return nil, err
	}
	var causes []graph.Cause
	for _, c := range list {
		causes = append(causes, graph.Cause{Item: uint32(c.Item), Level: c.Level})
		g.m.Causes = append(g.m.Causes, uint32(c.Item))
	}
	slices.SortFunc(causes, func(a, b graph.Cause) int { return cmp.Compare(a.Item, b.Item) })
	r := g.v.Impact(causes, graph.Options{Exposed: true, Limit: 50_000})
	g.m.Hits = map[graph.Level]int{graph.Down: r.Down, graph.Degraded: r.Degraded, graph.AtRisk: r.AtRisk, graph.Exposed: r.Exposed}
	return r, nil
}

const mostExposed = 60 // boxes that are merely exposed, of a map of an impact

// hit chooses the boxes of an impact: the causes and what they touch, worst
// first; of what is merely exposed only the nearest.
func (g *gather) hit(r *graph.Result) {
	exposed := 0
	for _, h := range r.Hits {
		t := g.top(h.Item)
		if h.Level == graph.Exposed && !g.shown[t] {
			if exposed++; exposed > mostExposed {
				g.m.Left++
				g.shown[t] = true
				continue
			}
		}
		g.add(t)
	}
	// What is left of a group that lost a member belongs into the picture.
	for _, h := range r.Hits[:min(len(r.Hits), 2000)] {
		lost := map[uint32]bool{}
		for _, e := range g.relations(h.Item) {
			if needs, needed := e.Ends(); e.Group != 0 && needs == h.Item && r.Level(needed) > graph.None {
				lost[e.Group] = true
			}
		}
		for _, e := range g.relations(h.Item) {
			if needs, needed := e.Ends(); lost[e.Group] && needs == h.Item {
				g.add(g.top(needed))
			}
		}
	}
}

// only drops boxes of other kinds than those asked for, but never the focus.
func (g *gather) only(kinds []string, focus []uint32) {
	if len(kinds) == 0 {
		return
	}
	var keep []uint32
	for _, id := range focus {
		keep = append(keep, g.top(id))
	}
	g.tops = slices.DeleteFunc(g.tops, func(t uint32) bool {
		return !slices.Contains(keep, t) && !slices.Contains(kinds, g.v.Node(t).Kind)
	})
}

// name fills in what the graph does not know.
func (p *Pages) name(ctx context.Context, m *Map) error {
	var list []int64
	for _, b := range m.Boxes {
		list = append(list, int64(b.Item))
	}
	items, err := p.CMDB.Named(ctx, list)
	if err != nil {
		return err
	}
	for _, b := range m.Boxes {
		b.Name = b.ID
		item, ok := items[int64(b.Item)]
		if !ok {
			continue
		}
		b.Name, b.Env, b.Team, b.Tier = cmp.Or(item.Name, b.ID), item.Env, item.Team, tierOf(item)
		b.Kind = cmp.Or(b.Kind, item.Kind)
	}
	return nil
}

// tierOf is the tier of an item, as its sources or the catalog say.
func tierOf(item cmdb.Item) string {
	var n json.Number
	if raw, ok := item.Attributes["tier"]; ok && json.Unmarshal(raw, &n) == nil && len(n) == 1 && n[0] >= '0' && n[0] <= '3' {
		return n.String()
	}
	return ""
}

// filter drops boxes of other environments and teams. What no source gives an
// environment stays: services have none.
func (g *gather) filter(l Look) {
	gone := map[string]bool{}
	for _, b := range g.m.Boxes {
		if !b.Focus && (l.Env != "" && b.Env != "" && b.Env != l.Env || l.Team != "" && b.Team != l.Team) {
			gone[b.ID] = true
		}
	}
	for _, b := range g.m.Boxes { // a frame stays for what it holds
		if !gone[b.ID] {
			for in := b.In; in != ""; in = g.m.by[in].In {
				delete(gone, in)
			}
		}
	}
	g.m.Boxes = slices.DeleteFunc(g.m.Boxes, func(b *Box) bool {
		if gone[b.ID] {
			delete(g.m.by, b.ID)
		}
		return gone[b.ID]
	})
	for _, b := range g.m.Boxes {
		if b.Inside > 0 {
			g.m.Hidden += b.Inside
			g.m.Closed++
		}
	}
}
