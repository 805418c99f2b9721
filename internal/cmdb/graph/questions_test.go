package graph

import (
	"slices"
	"testing"
)

// distances of what start reaches along steps, by the plainest walk.
func distances(start uint32, steps func(uint32) []uint32) map[uint32]int {
	out := map[uint32]int{start: 0}
	for list := []uint32{start}; len(list) > 0; list = list[1:] {
		for _, n := range steps(list[0]) {
			if _, ok := out[n]; !ok {
				out[n] = out[list[0]] + 1
				list = append(list, n)
			}
		}
	}
	return out
}

func along(needs []need, want func(need) bool, back bool) func(uint32) []uint32 {
	return func(n uint32) (out []uint32) {
		for _, e := range needs {
			if back {
				e.x, e.y = e.y, e.x
			}
			if e.x == n && (want == nil || want(e)) {
				out = append(out, e.y)
			}
		}
		return out
	}
}

func aloneHard(n need) bool { return n.hard && n.group == 0 }

func TestReachNeedsAndPaths(t *testing.T) {
	worlds(t, 1000, func(t *testing.T, w *world) {
		g := w.play(t)
		for _, at := range w.times()[:3] {
			v := g.View()
			if at > 0 {
				v = v.AsOf(at)
			}
			needs := needsOf(w.at(at))
			for range 3 {
				if len(w.edges) == 0 {
					return
				}
				a, b := w.edges[w.r.IntN(len(w.edges))].From, w.edges[w.r.IntN(len(w.edges))].To
				if n, want := v.Reach(a, false), len(distances(a, along(needs, nil, true)))-1; n != want {
					t.Fatalf("%d is reached by %d, want %d", a, n, want)
				}
				if n, want := v.Reach(a, true), len(distances(a, along(needs, aloneHard, true)))-1; n != want {
					t.Fatalf("%d is reached hard by %d, want %d", a, n, want)
				}
				below := distances(a, along(needs, nil, false))
				hard := distances(a, along(needs, aloneHard, false))
				all := v.Needs(a, 0, 0)
				if len(all.List) != len(below)-1 || all.Hidden != 0 || all.More {
					t.Fatalf("%d needs %d, want %d", a, len(all.List), len(below)-1)
				}
				for _, n := range all.List {
					x, y := n.Edge.Ends()
					if _, vital := hard[n.Item]; n.Depth != below[n.Item] || n.Hard != vital || y != n.Item || below[x] != n.Depth-1 {
						t.Fatalf("%+v: depth %d, vital %v", n, below[n.Item], vital)
					}
				}
				depth, limit := w.r.IntN(4), 1+w.r.IntN(5)
				within := 0
				for _, d := range below {
					if d > 0 && (depth == 0 || d <= depth) {
						within++
					}
				}
				some := v.Needs(a, depth, limit)
				if len(some.List)+some.Hidden != within || len(some.List) > limit || some.More != (within < len(below)-1) {
					t.Fatalf("depth %d, limit %d: %d and %d hidden of %d (%v)", depth, limit, len(some.List), some.Hidden, within, some.More)
				}
				path, ok := v.Path(a, b)
				d, want := below[b]
				if ok != want || len(path) != d {
					t.Fatalf("%d to %d: %d steps, want %d", a, b, len(path), d)
				}
				at := a
				for _, e := range path {
					x, y := e.Ends()
					if x != at {
						t.Fatal("a broken path")
					}
					at = y
				}
			}
		}
	})
}

func TestNeighboursSayWhatIsHidden(t *testing.T) {
	worlds(t, 500, func(t *testing.T, w *world) {
		v := w.play(t).View()
		edges := w.at(0)
		if len(edges) == 0 {
			return
		}
		both := func(n uint32) (out []uint32) {
			for k := range edges {
				if k.from == n {
					out = append(out, k.to)
				}
				if k.to == n {
					out = append(out, k.from)
				}
			}
			return out
		}
		middle := w.edges[w.r.IntN(len(w.edges))].From
		depth, limit := w.r.IntN(4), 1+w.r.IntN(20)
		m := v.Neighbours(middle, depth, limit)
		far := distances(middle, both)
		shown := map[uint32]bool{}
		for i, n := range m.Items {
			if shown[n.Item] || n.Depth < far[n.Item] || n.Depth > depth || i == 0 && n.Item != middle {
				t.Fatalf("%+v is %d away", n, far[n.Item])
			}
			shown[n.Item] = true
		}
		if len(shown) > limit {
			t.Fatal("too many")
		}
		inner, hidden := 0, map[uint32]int{}
		for k := range edges {
			switch {
			case shown[k.from] && shown[k.to]:
				inner++
			case shown[k.from]:
				hidden[k.from]++
			case shown[k.to]:
				hidden[k.to]++
			}
		}
		total := 0
		for _, n := range m.Items {
			total += n.Hidden
			if n.Hidden != hidden[n.Item] {
				t.Fatalf("%+v hides %d", n, hidden[n.Item])
			}
		}
		if len(m.Edges) != inner || m.Hidden != total {
			t.Fatalf("%d relations of %d, %d hidden of %d", len(m.Edges), inner, m.Hidden, total)
		}
		whole := v.Neighbours(middle, 99, 10_000)
		if len(whole.Items) != len(far) || whole.Hidden != 0 {
			t.Fatalf("%d items of %d", len(whole.Items), len(far))
		}
		list, left := v.Relations(middle, 0)
		short, more := v.Relations(middle, 2)
		degree := 0
		for k := range edges {
			if k.from == middle {
				degree++
			}
			if k.to == middle {
				degree++
			}
		}
		if len(list) != degree || left != 0 || len(short)+more != degree {
			t.Fatalf("%d relations, want %d", len(list), degree)
		}
	})
}

func TestContainmentIsApartFromNeed(t *testing.T) {
	worlds(t, 500, func(t *testing.T, w *world) {
		v := w.play(t).View()
		edges := w.at(0)
		if len(edges) == 0 {
			return
		}
		item := w.edges[w.r.IntN(len(w.edges))].To
		for _, inwards := range []bool{true, false} {
			want := distances(item, func(n uint32) (out []uint32) {
				for k := range edges {
					if k.kind != RunsOn && k.kind != PartOf {
						continue
					}
					if inwards && k.to == n {
						out = append(out, k.from)
					}
					if !inwards && k.from == n {
						out = append(out, k.to)
					}
				}
				return out
			})
			ask := v.ContainedBy
			if inwards {
				ask = v.Contains
			}
			list, more := ask(item, 0, 0)
			if len(list) != len(want)-1 || more {
				t.Fatalf("%d inside, want %d", len(list), len(want)-1)
			}
			for _, n := range list {
				if n.Depth != want[n.Item] {
					t.Fatalf("%+v is %d deep", n, want[n.Item])
				}
			}
			direct := 0
			for _, d := range want {
				if d == 1 {
					direct++
				}
			}
			if list, more := ask(item, 1, 0); len(list) != direct || more != (direct < len(want)-1) {
				t.Fatalf("%d directly inside, want %d; more: %v", len(list), direct, more)
			}
		}
	})
}

func TestDiff(t *testing.T) {
	worlds(t, 500, func(t *testing.T, w *world) {
		g := w.play(t)
		a, b := w.times()[w.r.IntN(3)], w.times()[w.r.IntN(3)]
		old, now := w.at(a), w.at(b)
		added, removed, changed := 0, 0, 0
		for k, e := range now {
			o, ok := old[k]
			switch {
			case !ok:
				added++
			case o.Group != e.Group || e.Group != 0 && max(o.Need, 1) != max(e.Need, 1) || o.Hard != e.Hard || o.Provenance != e.Provenance:
				changed++
			}
		}
		for k := range old {
			if _, ok := now[k]; !ok {
				removed++
			}
		}
		at := func(t int64) *View {
			if t == 0 {
				return g.View()
			}
			return g.AsOf(t)
		}
		c := at(a).Diff(at(b), 0)
		if len(c.Added) != added || len(c.Removed) != removed || len(c.Changed) != changed || c.Total != added+removed+changed {
			t.Fatalf("%d, %d, %d; want %d, %d, %d", len(c.Added), len(c.Removed), len(c.Changed), added, removed, changed)
		}
		short := at(a).Diff(at(b), 1)
		if short.Total != c.Total || len(short.Added)+len(short.Removed)+len(short.Changed) > 1 {
			t.Fatal("a limit that does not hold")
		}
	})
}

// shop is a web shop as PetShop has it: front, then services that call each
// other, stores below, and a hub that everything needs.
func shop(t *testing.T) *View {
	g := New()
	var d Delta
	for i, e := range [][2]uint32{{1, 2}, {1, 3}, {2, 4}, {3, 4}, {3, 5}, {4, 6}, {5, 6}, {5, 7}, {7, 8}} {
		d.Edges = append(d.Edges, Edge{ID: int64(i), From: e[0], To: e[1], Kind: Calls, Since: 1, Revision: 1})
	}
	for n := uint32(1); n < 9; n++ {
		d.Edges = append(d.Edges, Edge{ID: int64(20 + n), From: n, To: 100, Kind: RunsOn, Hard: true, Since: 1, Revision: 1})
	}
	if err := g.Apply(d); err != nil {
		t.Fatal(err)
	}
	return g.View()
}

func TestRoots(t *testing.T) {
	v := shop(t)
	for _, c := range []struct {
		what  string
		sy    Symptoms
		first uint32
		want  int // covers
	}{
		{"one alert, nothing else known", Symptoms{Alerting: []uint32{1}}, 1, 1},
		{"a chain of alerts: the deepest", Symptoms{Alerting: []uint32{1, 3, 5, 7}}, 7, 4},
		{"two branches meet in what is unwell without alerting", Symptoms{Alerting: []uint32{1, 4, 5}, Unhealthy: []uint32{6}}, 6, 3},
		{"an alert besides does not put the hub first", Symptoms{Alerting: []uint32{1, 3, 5, 8}}, 8, 4},
		{"nothing unwell in common: the nearest that is", Symptoms{Alerting: []uint32{2, 6, 8}, Healthy: func(n uint32) bool { return n != 2 && n != 6 && n != 8 && n != 100 }}, 6, 2},
		{"two that only share the host", Symptoms{Alerting: []uint32{6, 8}, Healthy: func(n uint32) bool { return n < 6 || n == 7 }}, 100, 2},
	} {
		r := v.Roots(c.sy)
		if len(r.List) == 0 || r.List[0].Item != c.first || r.List[0].Covers != c.want || r.Partial {
			t.Errorf("%s: %+v", c.what, r.List)
			continue
		}
		for _, root := range r.List {
			if len(root.Paths) != root.Covers {
				t.Errorf("%s: %d has %d paths and covers %d", c.what, root.Item, len(root.Paths), root.Covers)
			}
			for _, p := range root.Paths {
				at := p.From
				for _, e := range p.Steps {
					x, y := e.Ends()
					if x != at {
						t.Errorf("%s: a broken path %+v", c.what, p)
					}
					at = y
				}
				if at != root.Item || len(p.Steps) > root.Depth {
					t.Errorf("%s: a path to %d that ends at %d", c.what, root.Item, at)
				}
			}
		}
	}
	if r := v.Roots(Symptoms{Alerting: []uint32{0, 1 << 30}}); len(r.List) != 0 {
		t.Errorf("roots of nothing: %+v", r.List)
	}
}

// Along a hidden fault that only shows upstream, the item at fault is the
// first root once it is known to be unwell, on any graph.
func TestRootsCoverAll(t *testing.T) {
	worlds(t, 300, func(t *testing.T, w *world) {
		v := w.play(t).View()
		needs := needsOf(w.at(0))
		if len(needs) == 0 {
			return
		}
		root := needs[w.r.IntN(len(needs))].y
		var alerting []uint32
		for n := range distances(root, along(needs, nil, true)) {
			if n != root && w.r.IntN(2) == 0 {
				alerting = append(alerting, n)
			}
		}
		r := v.Roots(Symptoms{Alerting: alerting, Unhealthy: []uint32{root}, Limit: 100})
		i := slices.IndexFunc(r.List, func(x Root) bool { return x.Item == root })
		if len(alerting) == 0 {
			return
		}
		if i < 0 || r.List[i].Covers != len(alerting) || r.List[0].Covers != len(alerting) {
			t.Fatalf("%d of %v: %+v", root, alerting, r.List)
		}
	})
}

// A group of which two of three are left does not bring anything down; the
// words tell which are gone.
func TestWhyOfAGroup(t *testing.T) {
	g := New()
	var d Delta
	for n := uint32(1); n <= 3; n++ {
		d.Edges = append(d.Edges, Edge{ID: int64(n), From: 10, To: n, Hard: true, Group: d.Group("replicas"), Need: 2, Since: 1, Revision: 1})
	}
	d.Edges = append(d.Edges, Edge{ID: 4, From: 11, To: 10, Hard: true, Since: 1, Revision: 1})
	if err := g.Apply(d); err != nil {
		t.Fatal(err)
	}
	v := g.View()
	why := v.Why(10, []Cause{{1, Down}})
	if len(why) != 2 || why[0].Level != AtRisk || why[0].Group == nil || why[0].Group.Name != "replicas" || why[0].Group.Need != 2 || why[0].Group.Of != 3 || !slices.Equal(why[0].Group.Down, []uint32{1}) {
		t.Fatalf("%+v", why)
	}
	if why := v.Why(11, []Cause{{1, Down}}); len(why) != 3 || why[0].Level != Exposed || why[1].Level != AtRisk {
		t.Fatalf("%+v", why)
	}
	why = v.Why(11, []Cause{{1, Down}, {3, Down}})
	if len(why) != 3 || why[0].Level != Down || why[1].Group == nil || !slices.Equal(why[1].Group.Down, []uint32{1, 3}) {
		t.Fatalf("%+v", why)
	}
	why = v.Why(11, []Cause{{1, Down}, {3, Degraded}})
	if len(why) != 3 || why[0].Level != Degraded || !slices.Equal(why[1].Group.Weak, []uint32{3}) {
		t.Fatalf("%+v", why)
	}
	if why := v.Why(2, []Cause{{1, Down}}); why != nil {
		t.Fatalf("%+v", why)
	}
	// The group ended in the past; as of then it still counts.
	e := d.Edges[0]
	e.Group, e.Until, e.Revision = 1, 50, 2
	if err := g.Apply(Delta{Groups: []string{"replicas"}, Edges: []Edge{e}}); err != nil {
		t.Fatal(err)
	}
	if why := g.View().Why(10, []Cause{{1, Down}}); why != nil {
		t.Fatalf("%+v", why)
	}
	if why := g.AsOf(49).Why(10, []Cause{{1, Down}}); len(why) != 2 {
		t.Fatalf("%+v", why)
	}
	if why := g.AsOf(50).Why(10, []Cause{{1, Down}}); why != nil {
		t.Fatalf("%+v", why)
	}
}
