package cmdbweb

import (
	"cmp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// lines draws the needs of everything in the boxes from box to box.
func (g *gather) lines() {
	type key struct {
		from, to uint32
		group    string
	}
	all := map[key]*Line{}
	of := map[key]map[uint32]bool{} // members of groups by needing box
	for _, b := range slices.Clone(g.m.Boxes) {
		list := []uint32{b.Item}
		if !b.Frame {
			list = g.inside(b.Item)
		}
		for _, id := range list {
			for _, e := range g.relations(id) {
				needs, needed := e.Ends()
				if graph.NeedOf(e.Kind) == graph.NoNeed || needs != id {
					continue
				}
				to := g.box(needed)
				k := key{b.Item, to, g.v.Group(e.Group)}
				if k.group != "" {
					gk := key{from: b.Item, group: k.group}
					if of[gk] == nil {
						of[gk] = map[uint32]bool{}
					}
					of[gk][needed] = true
				}
				other := g.m.by[ids(to)]
				if other == nil || to == b.Item || holds(g.m.by, other, b.ID) || holds(g.m.by, b, other.ID) {
					continue
				}
				l := all[k]
				if l == nil {
					l = &Line{From: b.ID, To: other.ID, group: k.group}
					all[k] = l
				}
				l.N++
				l.Hard = l.Hard || e.Hard
				l.Kinds |= 1 << e.Kind
				l.Provenance |= e.Provenance
				if k.group != "" {
					l.Need = max(l.Need, int(max(e.Need, 1)))
				}
			}
		}
	}
	for k, l := range all {
		if k.group != "" {
			l.Of = len(of[key{from: k.from, group: k.group}])
			l.Need = min(l.Need, l.Of)
		}
		g.m.Lines = append(g.m.Lines, l)
	}
	slices.SortFunc(g.m.Lines, func(a, b *Line) int {
		return cmp.Or(cmp.Compare(g.m.by[a.From].Item, g.m.by[b.From].Item), cmp.Compare(a.group, b.group), cmp.Compare(g.m.by[a.To].Item, g.m.by[b.To].Item))
	})
}

// holds tells whether a box lies in a frame, however deep.
func holds(by map[string]*Box, b *Box, frame string) bool {
	for in := b.In; in != ""; in = by[in].In {
		if in == frame {
			return true
		}
	}
	return false
}

// groups frames the members of redundancy groups that stand beside each other
// and are needed as that group only, and draws one line to the frame.
func (g *gather) groups() {
	type need struct {
		from, group string
	}
	members := map[need][]*Line{}
	var order []need
	for _, l := range g.m.Lines {
		if l.group == "" {
			continue
		}
		n := need{l.From, l.group}
		if members[n] == nil {
			order = append(order, n)
		}
		members[n] = append(members[n], l)
	}
	frames := map[string]*Box{} // by the members
	gone := map[*Line]bool{}
	for _, n := range order {
		list := members[n]
		if len(list) < 2 {
			continue
		}
		var names []string
		fits := true
		in := g.m.by[list[0].To].In
		for _, l := range list {
			b := g.m.by[l.To]
			names = append(names, b.ID)
			fits = fits && !b.Frame && (b.In == in || g.m.by[b.In] != nil && g.m.by[b.In].Group != nil)
		}
		key := n.group + "\n" + strings.Join(names, "\n")
		f := frames[key]
		if f == nil {
			for _, l := range list {
				fits = fits && g.m.by[l.To].In == in && (g.m.by[in] == nil || g.m.by[in].Group == nil)
			}
			if !fits {
				continue
			}
			f = &Box{ID: n.from + ":" + n.group, Name: n.group, Kind: "redundancy group", Frame: true, In: in, Group: &Group{}}
			frames[key] = f
			g.m.by[f.ID] = f
			g.m.Boxes = append(g.m.Boxes, f)
			for _, l := range list {
				g.m.by[l.To].In = f.ID
			}
		}
		one := &Line{From: n.from, To: f.ID, group: n.group}
		for _, l := range list {
			gone[l] = true
			one.N, one.Hard, one.Kinds, one.Provenance = one.N+l.N, one.Hard || l.Hard, one.Kinds|l.Kinds, one.Provenance|l.Provenance
			one.Need, one.Of = max(one.Need, l.Need), max(one.Of, l.Of)
		}
		f.Group.Need, f.Group.Of = max(f.Group.Need, one.Need), max(f.Group.Of, one.Of)
		g.m.Lines = append(g.m.Lines, one)
	}
	g.m.Lines = slices.DeleteFunc(g.m.Lines, func(l *Line) bool { return gone[l] })
	// Lines of one box to another that differ only by group become one.
	by := map[[2]string]*Line{}
	out := g.m.Lines[:0]
	for _, l := range g.m.Lines {
		k := [2]string{l.From, l.To}
		if o := by[k]; o != nil {
			o.N, o.Hard, o.Kinds, o.Provenance = o.N+l.N, o.Hard || l.Hard, o.Kinds|l.Kinds, o.Provenance|l.Provenance
			continue
		}
		by[k] = l
		out = append(out, l)
	}
	g.m.Lines = out
	for _, l := range g.m.Lines {
		l.ID = l.From + ">" + l.To
		g.m.by[l.From].needs = append(g.m.by[l.From].needs, l.To)
		g.m.by[l.To].needing = append(g.m.by[l.To].needing, l.From)
	}
}
