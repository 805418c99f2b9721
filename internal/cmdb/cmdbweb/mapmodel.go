package cmdbweb

import (
	"cmp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Map is what a map shows, before anything has a place.
type Map struct {
	Boxes  []*Box // by name; frames before what they hold
	Lines  []*Line
	Hidden int  // items that are in boxes
	Closed int  // boxes that hide some
	Left   int  // boxes that there was no room for
	About  bool // Left is an upper bound
	Cut    bool // not everything was looked at
	Causes []uint32
	Hits   map[graph.Level]int // items hit by the causes, hidden ones too
	by     map[string]*Box
}

// Box is an item, with what is in it, or a redundancy group.
type Box struct {
	ID      string // "CI-12", or "CI-3:cache" for a group
	Item    uint32 // 0: a group
	Kind    string
	Name    string
	Env     string
	Team    string
	Tier    string // "0" to "3"; empty: nobody says
	State   string // stale; empty: present
	Health  string // ok, degraded, down, unknown
	Level   graph.Level
	Cause   bool
	Focus   bool
	In      string // frame
	Frame   bool   // shows what is in it
	Parts   int    // what stands directly in it
	Inside  int    // items that are hidden in it
	Group   *Group
	needs   []string // IDs
	needing []string
}

// Group is a redundancy group: so many of its members must work.
type Group struct {
	Need, Of int
	Says     string // "2 of 3 needed · 2 up, no spare"
	Tone     string // down, degraded, risk; empty: fine or not known
}

// Line is all relations from what is in one box to what is in another: the
// left one needs the right one.
type Line struct {
	ID, From, To string
	N            int // relations
	Hard         bool
	Kinds        uint32 // bits by relation kind
	Provenance   uint8
	Need, Of     int  // of a redundancy group whose members stand in one box
	Blame        bool // passes on an impact
	group        string
}

// usual are the kinds that a map without a focus shows when they are no part
// of a service but needed by something.
var usual = []string{cmdb.KindService, cmdb.KindApplication, cmdb.KindDatabase, cmdb.KindQueue, cmdb.KindCache, cmdb.KindExternal, cmdb.KindAPI, cmdb.KindStorage, cmdb.KindDeployment, cmdb.KindBalancer}

func ids(item uint32) string { return ref.N(ref.Item, int64(item)).String() }

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

// boxes makes the boxes of the chosen items, open ones with what is in them.
func (g *gather) boxes() {
	var put func(item uint32, in string)
	put = func(item uint32, in string) {
		id := ids(item)
		if g.m.by[id] != nil {
			return
		}
		n := g.v.Node(item)
		b := &Box{ID: id, Item: item, Kind: n.Kind, In: in}
		if n.State != graph.Present {
			b.State = map[graph.State]string{graph.Stale: "stale", graph.Retired: "retired"}[n.State]
		}
		parts := g.parts(item)
		b.Parts = len(parts)
		g.m.by[id] = b
		g.m.Boxes = append(g.m.Boxes, b)
		if !g.open[item] || len(parts) == 0 {
			delete(g.open, item)
			if len(parts) > 0 {
				b.Inside = len(g.inside(item)) - 1
			}
			return
		}
		b.Frame = true
		for i, p := range parts {
			if len(g.m.Boxes) >= g.limit {
				g.m.Left += len(parts) - i
				break
			}
			put(p, id)
		}
	}
	for _, t := range g.tops {
		put(t, "")
	}
}

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
