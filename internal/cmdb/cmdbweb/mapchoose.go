package cmdbweb

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// usual are the kinds that a map without a focus shows when they are no part
// of a service but needed by something.
var usual = []string{cmdb.KindService, cmdb.KindApplication, cmdb.KindDatabase, cmdb.KindQueue, cmdb.KindCache, cmdb.KindExternal, cmdb.KindAPI, cmdb.KindStorage, cmdb.KindDeployment, cmdb.KindBalancer}

// gather is one map being put together.
type gather struct {
	*roll
	m     *Map
	limit int
	tops  []uint32
	shown map[uint32]bool // tops
}

// everything chooses the boxes of a map without a focus: services, then what
// else is of the usual kinds, or those of the kinds that are asked for.
func (g *gather) everything(kinds []string) {
	var first, rest []uint32
	for id, n := range g.v.Nodes() {
		if n.State == graph.Retired {
			continue
		}
		switch {
		case len(kinds) > 0:
			if slices.Contains(kinds, n.Kind) {
				first = append(first, id)
			}
		case n.Kind == cmdb.KindService:
			first = append(first, id)
		case slices.Contains(usual, n.Kind):
			rest = append(rest, id)
		}
		if len(first) > g.limit && len(rest) > g.limit {
			break
		}
	}
	for i, id := range first {
		if len(g.tops) >= g.limit {
			g.m.Left, g.m.About = g.m.Left+len(first)-i, true
			break
		}
		g.add(g.top(id))
	}
	if len(rest) > mostLonely && len(g.tops) > 0 {
		g.needed(rest)
		return
	}
	for i, id := range rest {
		if len(g.tops) >= g.limit {
			g.m.Left, g.m.About = g.m.Left+len(rest)-i, true
			break
		}
		if g.v.At() == 0 || len(g.relations(id)) > 0 {
			g.add(g.top(id))
		}
	}
}

// mostLonely is how many items of the usual kinds a map without a focus may
// show beside services. Of more it shows only what services need.
const mostLonely = 400

// needed adds what the chosen boxes need, of the usual kinds.
func (g *gather) needed(rest []uint32) {
	before := len(g.tops)
	for _, t := range slices.Clone(g.tops) {
		for _, o := range g.near(t, true) {
			if slices.Contains(usual, g.v.Node(o).Kind) {
				g.add(o)
			}
		}
	}
	g.m.Left, g.m.About = g.m.Left+max(len(rest)-(len(g.tops)-before), 0), true
}

func (g *gather) add(top uint32) bool {
	if g.shown[top] {
		return true
	}
	if len(g.tops) >= g.limit {
		g.m.Left++
		return false
	}
	g.shown[top] = true
	g.tops = append(g.tops, top)
	return true
}

// around chooses the boxes around some items: what they need, step by step,
// and who needs them. It never turns round on the way, because what else runs
// on the host of a database says nothing about the one who asks.
func (g *gather) around(items []uint32, depth int, direction string) {
	var start []uint32
	for _, id := range items {
		t := g.top(id)
		if !slices.Contains(start, t) {
			start = append(start, t)
			g.add(t)
		}
	}
	for _, down := range []bool{true, false} {
		if down && direction == "needed" || !down && direction == "needs" {
			continue
		}
		met := map[uint32]bool{}
		at := start
		for range depth {
			var next []uint32
			for _, t := range at {
				for _, o := range g.near(t, down) {
					if !met[o] && !slices.Contains(start, o) {
						met[o] = true
						if g.add(o) {
							next = append(next, o)
						}
					}
				}
			}
			at = next
		}
	}
}

// near are the outermost boxes that one needs, or that need it.
func (g *gather) near(top uint32, down bool) (out []uint32) {
	seen := map[uint32]bool{top: true}
	for _, id := range g.inside(top) {
		for _, e := range g.relations(id) {
			needs, needed := e.Ends()
			if graph.NeedOf(e.Kind) == graph.NoNeed || down && needs != id || !down && needed != id {
				continue
			}
			other := needed
			if !down {
				other = needs
			}
			if g.v.Node(other).State == graph.Retired {
				continue
			}
			if t := g.top(other); !seen[t] {
				seen[t] = true
				out = append(out, t)
			}
		}
	}
	slices.Sort(out)
	return out
}
