package cmdbweb

import (
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
	Health  string // ok, degraded, down, unknown: the worst of it and what it hides
	own     string // health of the item alone
	Level   graph.Level
	Cause   bool
	Focus   bool
	In      string // frame
	Frame   bool   // shows what is in it
	Parts   int    // what stands directly in it
	Inside  int    // items that are hidden in it
	Inner   string // "1 of 3 inside down": what is worse in it than it is, or bad at all
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

func ids(item uint32) string { return ref.N(ref.Item, int64(item)).String() }

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
