package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// world is a random history of a small graph, and what follows from it worked
// out in the plainest way: everything here is slow and looks right.
type world struct {
	r     *rand.Rand
	items int
	edges []Edge // all forms there ever were; groups are numbers of groups()
	top   int64  // latest time
}

type ends struct {
	from, to uint32
	kind     uint8
}

func groupTexts() []string { return []string{"a", "b", "c"} }

// newWorld makes relations with several forms each. Now and then a clock is
// wrong, and a later revision has an earlier time.
func newWorld(r *rand.Rand) *world {
	w := &world{r: r, items: 2 + r.IntN(14)}
	spread := uint32(1 + r.IntN(2)*1500) // items on one page, or on several
	relations := r.IntN(4 * w.items)
	seen := map[ends]bool{}
	for id := range relations {
		k := ends{uint32(1+r.IntN(w.items)) * spread, uint32(1+r.IntN(w.items)) * spread, uint8(r.IntN(8))}
		if seen[k] {
			continue
		}
		seen[k] = true
		at := int64(1 + r.IntN(50))
		for rev := range int64(1 + r.IntN(4)) {
			e := Edge{ID: int64(id + 1), From: k.from, To: k.to, Kind: k.kind, Hard: r.IntN(3) > 0, Provenance: uint8(1 + r.IntN(7)), Since: at, Revision: rev + 1}
			if r.IntN(2) == 0 {
				e.Group, e.Need = uint32(1+r.IntN(3)), uint16(r.IntN(4))
			}
			if rev > 0 && r.IntN(4) == 0 { // it ends, as it was
				last := w.edges[len(w.edges)-1]
				if last.Until == 0 {
					e = last
					e.Revision, e.Until = rev+1, last.Since+int64(r.IntN(10))+1
				}
			}
			w.edges = append(w.edges, e)
			at += int64(r.IntN(10))
			if r.IntN(20) == 0 {
				at = max(1, at-12)
			}
		}
		w.top = max(w.top, at)
	}
	return w
}

// at are the relations at a time; 0 is now.
func (w *world) at(t int64) map[ends]Edge {
	out := map[ends]Edge{}
	for _, e := range w.edges {
		k := ends{e.From, e.To, e.Kind}
		until, top := e.Until, true
		for _, o := range w.edges {
			if (ends{o.From, o.To, o.Kind}) == k && o.Revision > e.Revision {
				top = false
				if until == 0 || o.Since < until {
					until = o.Since
				}
			}
		}
		if t == 0 && top && e.Until == 0 || t > 0 && e.Since <= t && (until == 0 || t < until) {
			if _, ok := out[k]; ok {
				panic("two forms at once")
			}
			out[k] = e
		}
	}
	return out
}

// need is one relation in the form "x needs y".
type need struct {
	x, y  uint32
	hard  bool
	group uint32
	k     int
}

func needsOf(edges map[ends]Edge) []need {
	var out []need
	for _, e := range edges {
		x, y := e.From, e.To
		switch e.Kind {
		case DependsOn, RunsOn, Calls, StoresIn:
		case PartOf, Provides:
			x, y = y, x
		default:
			continue
		}
		out = append(out, need{x, y, e.Hard, e.Group, int(e.Need)})
	}
	return out
}

// levels is the least fixpoint by repeating until nothing changes.
func levels(needs []need, causes []Cause) map[uint32]Level {
	level := map[uint32]Level{}
	lift := func(x uint32, l Level) bool {
		if l <= level[x] {
			return false
		}
		level[x] = l
		return true
	}
	for _, c := range causes {
		lift(c.Item, c.Level)
	}
	for again := true; again; {
		again = false
		for _, n := range needs {
			l := Exposed
			switch y := level[n.y]; {
			case y == None:
				continue
			case n.group != 0:
				l = groupLevel(needs, level, n.x, n.group)
			case n.hard && y >= Degraded:
				l = y
			case !n.hard && y == Down:
				l = Degraded
			}
			again = lift(n.x, l) || again
		}
	}
	return level
}

func groupLevel(needs []need, level map[uint32]Level, x, group uint32) Level {
	members := map[uint32]bool{}
	k, hard := 1, false
	for _, n := range needs {
		if n.x == x && n.group == group {
			members[n.y] = true
			k, hard = max(k, n.k), hard || n.hard
		}
	}
	n, d, g, any := len(members), 0, 0, false
	for y := range members {
		any = any || level[y] > None
		if level[y] == Down {
			d++
		}
		if level[y] >= Degraded {
			g++
		}
	}
	k = min(k, n)
	l := None
	switch {
	case n-d < k:
		l = Down
	case n-g < k:
		l = Degraded
	case g > 0:
		l = AtRisk
	case any:
		l = Exposed
	}
	if !hard && l > None {
		if l == Down {
			return Degraded
		}
		return Exposed
	}
	return l
}

// delta packs forms as a source would send them.
func delta(edges ...Edge) Delta {
	d := Delta{}
	for _, e := range edges {
		if e.Group != 0 {
			e.Group = d.Group(groupTexts()[e.Group-1])
		}
		d.Edges = append(d.Edges, e)
	}
	return d
}

// play applies the forms in any order, some twice, in deltas of any size,
// packed to bytes and back, compacting now and then.
func (w *world) play(t testing.TB) *Graph {
	g := New()
	list := slices.Clone(w.edges)
	for _, e := range w.edges {
		if w.r.IntN(4) == 0 {
			list = append(list, e)
		}
	}
	w.r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for len(list) > 0 {
		n := 1 + w.r.IntN(len(list))
		d, err := Decode(delta(list[:n]...).Encode())
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Apply(d); err != nil {
			t.Fatal(err)
		}
		list = list[n:]
		if w.r.IntN(3) == 0 {
			g.Compact()
		}
	}
	return g
}

// build loads all forms at once.
func (w *world) build(t testing.TB) *Graph {
	b := NewBuilder()
	for _, e := range w.edges {
		if e.Group != 0 {
			e.Group = b.Group(groupTexts()[e.Group-1])
		}
		if err := b.Edges(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.Graph()
}

// same compares what a view says with what is so.
func (w *world) same(t testing.TB, v *View, at int64) {
	t.Helper()
	want := w.at(at)
	have := map[ends]Edge{}
	for e := range v.Edges() {
		k := ends{e.From, e.To, e.Kind}
		if _, ok := have[k]; ok {
			t.Fatalf("at %d: %v twice", at, k)
		}
		have[k] = e
		x, y := e.Ends()
		if in := v.flagsOf(y, x); !slices.Contains(in, e.Kind) {
			t.Fatalf("at %d: %v is not known at its other end (%v)", at, k, in)
		}
	}
	if len(have) != len(want) {
		t.Fatalf("at %d: %d relations, want %d", at, len(have), len(want))
	}
	in := 0
	for n := range v.Top() {
		s, _, _ := v.in(n, nil)
		in += len(s)
	}
	if in != len(want) {
		t.Fatalf("at %d: %d relations inwards, want %d", at, in, len(want))
	}
	for k, e := range want {
		h := have[k]
		text := v.Group(h.Group)
		if e.Group != 0 && text != groupTexts()[e.Group-1] || e.Group == 0 && text != "" {
			t.Fatalf("at %d: %v: group %q, want %d", at, k, text, e.Group)
		}
		h.Group, h.Until, e.Until = e.Group, 0, 0
		if h != e {
			t.Fatalf("at %d: %+v, want %+v", at, h, e)
		}
	}
}

func (v *View) flagsOf(item, subject uint32) []uint8 {
	var out []uint8
	s, f, _ := v.in(item, nil)
	for i := range s {
		if s[i] == subject {
			out = append(out, f[i]&flagKind)
		}
	}
	return out
}

func (w *world) causes() []Cause {
	var out []Cause
	for range 1 + w.r.IntN(3) {
		if len(w.edges) == 0 {
			return out
		}
		e := w.edges[w.r.IntN(len(w.edges))]
		out = append(out, Cause{[]uint32{e.From, e.To}[w.r.IntN(2)], []Level{Degraded, Down}[w.r.IntN(2)]})
	}
	return out
}

// times are now and some others.
func (w *world) times() []int64 {
	out := []int64{0, w.top + 1}
	for range 4 {
		out = append(out, 1+w.r.Int64N(w.top+2))
	}
	return out
}

func worlds(t *testing.T, n int, f func(t *testing.T, w *world)) {
	if testing.Short() {
		n /= 5
	}
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		w := newWorld(r)
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) { f(t, w) }) {
			return
		}
	}
}
