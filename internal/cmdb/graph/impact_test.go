package graph

import "testing"

// The answer of the graph is that of the plain fixpoint, at all times, however
// the graph came about.
func TestImpactIsTheLeastFixpoint(t *testing.T) {
	worlds(t, 3000, func(t *testing.T, w *world) {
		g := w.play(t)
		if w.r.IntN(2) == 0 {
			g = w.build(t)
		}
		for _, at := range w.times() {
			v := g.View()
			if at > 0 {
				v = v.AsOf(at)
			}
			causes := w.causes()
			needs := needsOf(w.at(at))
			want := levels(needs, causes)
			exposed := v.Impact(causes, Options{Exposed: true})
			compare(t, exposed, want, None)
			for _, h := range exposed.Hits {
				explains(t, exposed, h, needs, want, causes)
			}
			worse := v.Impact(causes, Options{})
			compare(t, worse, want, Exposed)
			for limit := 1; limit < len(worse.Hits); limit += 3 {
				short := v.Impact(causes, Options{Limit: limit})
				if len(short.Hits) != limit || short.Hidden() != len(worse.Hits)-limit {
					t.Fatalf("limit %d: %d hits, %d hidden", limit, len(short.Hits), short.Hidden())
				}
				for _, h := range short.Hits {
					explains(t, short, h, needs, want, causes)
				}
			}
		}
	})
}

// compare takes the levels above one.
func compare(t *testing.T, r *Result, want map[uint32]Level, above Level) {
	t.Helper()
	n := 0
	for item, l := range want {
		if l <= above {
			continue
		}
		n++
		if have := r.Level(item); have != l {
			t.Fatalf("item %d is %v, want %v", item, have, l)
		}
	}
	if len(r.Hits) != n || r.Hidden() != 0 {
		t.Fatalf("%d hits, want %d", len(r.Hits), n)
	}
	for i := 1; i < n; i++ {
		if r.Hits[i].Level > r.Hits[i-1].Level {
			t.Fatal("not the worst first")
		}
	}
}

// explains follows the steps of a hit: each is a relation there is, tells the
// levels that are, and together they end at a cause.
func explains(t *testing.T, r *Result, h Hit, needs []need, want map[uint32]Level, causes []Cause) {
	t.Helper()
	why := r.Why(h.Item)
	if len(why) != int(h.Depth)+1 || why[0].Item != h.Item {
		t.Fatalf("%d steps of item %d with depth %d", len(why), h.Item, h.Depth)
	}
	for i, s := range why {
		if s.Level != want[s.Item] {
			t.Fatalf("step of %d says %v, not %v", s.Item, s.Level, want[s.Item])
		}
		if s.On == 0 {
			if i != len(why)-1 || !isCause(causes, s.Item, s.Level) {
				t.Fatalf("the end of the steps, %d, is no cause", s.Item)
			}
			continue
		}
		x, y := s.Edge.Ends()
		if i == len(why)-1 || why[i+1].Item != s.On || x != s.Item || y != s.On || s.As != want[s.On] || s.As < s.Level && s.Level != Degraded {
			t.Fatalf("step %d of %d does not lead on: %+v", i, h.Item, s)
		}
		if s.Group == nil {
			continue
		}
		members := 0
		met := map[uint32]bool{}
		for _, n := range needs {
			if n.x == s.Item && n.group == groupNumber(s.Group.Name) && !met[n.y] {
				met[n.y] = true
				members++
			}
		}
		if members != s.Group.Of || len(s.Group.Down) != s.Group.Gone || s.Group.Gone+s.Group.Poor == 0 || s.Group.Need > members {
			t.Fatalf("group %+v of %d has %d members", s.Group, s.Item, members)
		}
	}
}

func groupNumber(text string) uint32 {
	for i, g := range groupTexts() {
		if g == text {
			return uint32(i + 1)
		}
	}
	return 0
}

func isCause(causes []Cause, item uint32, level Level) bool {
	for _, c := range causes {
		if c.Item == item && c.Level == level {
			return true
		}
	}
	return false
}

// A question takes no room in proportion to the graph.
func TestImpactAllocatesLittle(t *testing.T) {
	b := NewBuilder()
	for n := uint32(1); n < 50_000; n++ {
		if err := b.Edges(Edge{From: n + 1, To: n/7 + 1, Hard: n%50 == 0, Revision: 1, Since: 1}); err != nil {
			t.Fatal(err)
		}
	}
	v := b.Graph().View()
	v.Impact([]Cause{{1, Down}}, Options{Exposed: true})
	for name, f := range map[string]func(){
		"impact": func() { v.Impact([]Cause{{9, Down}}, Options{Limit: 10}) },
		"reach":  func() { v.Reach(1, false) },
		"as of":  func() { v.AsOf(1).Impact([]Cause{{9, Down}}, Options{Limit: 10}) },
		"path":   func() { v.Path(40_000, 1) },
	} {
		if n := testing.AllocsPerRun(20, f); n > 5 {
			t.Errorf("%s makes %.0f allocations", name, n)
		}
	}
}
