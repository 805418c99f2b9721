package graph

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
)

// However the forms come, once or twice, in whatever order and parts, packed
// or not, loaded at once or from a snapshot: the graph is the same, at all times.
func TestOrderDoesNotMatter(t *testing.T) {
	worlds(t, 600, func(t *testing.T, w *world) {
		played := w.play(t)
		var file bytes.Buffer
		if err := played.WriteSnapshot(&file, 42); err != nil {
			t.Fatal(err)
		}
		read, mark, err := ReadSnapshot(&file)
		if err != nil || mark != 42 {
			t.Fatal(mark, err)
		}
		for _, g := range []*Graph{played, w.build(t), read} {
			for _, at := range w.times() {
				v := g.View()
				if at > 0 {
					v = v.AsOf(at)
				}
				w.same(t, v, at)
			}
			if s := g.Stats(); s.Relations != len(w.at(0)) {
				t.Fatalf("%d relations are counted, there are %d", s.Relations, len(w.at(0)))
			}
		}
		if len(w.edges) > 0 { // all of it again changes nothing
			was := read.Stats()
			if err := read.Apply(delta(w.edges...)); err != nil {
				t.Fatal(err)
			}
			if s := read.Stats(); s.Relations != was.Relations || s.Past != was.Past || s.Overlay != 0 {
				t.Fatalf("applied again: %+v, was %+v", s, was)
			}
		}
	})
}

// The table of what was has no revisions; together with the present forms it
// gives the same as all changes one by one.
func TestHistoryWithoutRevisions(t *testing.T) {
	worlds(t, 500, func(t *testing.T, w *world) {
		whole := w.play(t)
		b := NewBuilder()
		again := []Edge{}
		for e := range whole.allForms() {
			if e.Until != 0 && w.r.IntN(2) == 0 && !topForm(w.edges, e) {
				e.Revision = 0
			}
			if e.Group != 0 {
				text := whole.View().Group(e.Group)
				e.Group = b.Group(text)
				e2 := e
				e2.Group = groupNumber(text)
				again = append(again, e2)
			} else {
				again = append(again, e)
			}
			if err := b.Edges(e); err != nil {
				t.Fatal(err)
			}
		}
		g := b.Graph()
		if w.r.IntN(2) == 0 { // deltas that were in it already
			if err := g.Apply(delta(again...)); err != nil {
				t.Fatal(err)
			}
		}
		for at := int64(0); at <= w.top+1; at++ {
			v, want := g.View(), whole.View()
			if at > 0 {
				v, want = v.AsOf(at), want.AsOf(at)
			}
			if c := v.Diff(want, 0); c.Total != 0 {
				// Views of two graphs have group handles of their own.
				for _, d := range c.Changed {
					d.Old.Group, d.New.Group = groupNumber(v.Group(d.Old.Group)), groupNumber(want.Group(d.New.Group))
					d.Old.Revision = d.New.Revision
					if d.Old != d.New {
						t.Fatalf("at %d: %+v", at, d)
					}
				}
				if len(c.Added)+len(c.Removed) > 0 {
					t.Fatalf("at %d: %+v", at, c)
				}
			}
		}
	})
}

func topForm(edges []Edge, e Edge) bool {
	for _, o := range edges {
		if o.From == e.From && o.To == e.To && o.Kind == e.Kind && o.Revision > e.Revision {
			return false
		}
	}
	return true
}

// allForms ranges over all that a graph holds, as one would write it to tables.
func (g *Graph) allForms() func(func(Edge) bool) {
	g.Compact()
	v := g.View()
	return func(yield func(Edge) bool) {
		for n := range v.Top() {
			p := v.page(n)
			for _, r := range p.out.now(n & pageMask) {
				if !yield(r.edge(n, 0)) {
					return
				}
			}
			for _, f := range p.out.was(n & pageMask) {
				if !yield(f.edge(n, f.until)) {
					return
				}
			}
		}
	}
}

// Facts of items: the highest revision stays.
func TestNodes(t *testing.T) {
	changes := []NodeChange{{1, "host", Present, 1}, {1, "host", Stale, 2}, {1, "database", Retired, 3}, {5000, "queue", Present, 1}}
	for range 50 {
		g := New()
		rand.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		for _, c := range changes {
			d, err := Decode(Delta{Nodes: []NodeChange{c, c}}.Encode())
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Apply(d); err != nil {
				t.Fatal(err)
			}
		}
		var file bytes.Buffer
		if err := g.WriteSnapshot(&file, 0); err != nil {
			t.Fatal(err)
		}
		g, _, err := ReadSnapshot(&file)
		if err != nil {
			t.Fatal(err)
		}
		v := g.View()
		if n := v.Node(1); n != (Node{"database", Retired, true}) {
			t.Fatalf("%+v", n)
		}
		if n := v.Node(2); n.Known {
			t.Fatalf("%+v", n)
		}
		list := 0
		for range v.Nodes() {
			list++
		}
		if s := g.Stats(); s.Items != 2 || list != 2 {
			t.Fatalf("%+v, %d", s, list)
		}
	}
}

// What cannot be right is refused whole, with what is wrong.
func TestWrongDeltas(t *testing.T) {
	good := Edge{From: 1, To: 2, Revision: 1}
	for name, e := range map[string]Edge{
		"no from":         {To: 2, Revision: 1},
		"no to":           {From: 1, Revision: 1},
		"far":             {From: 1, To: ItemMost + 1, Revision: 1},
		"kind":            {From: 1, To: 2, Kind: 32, Revision: 1},
		"provenance":      {From: 1, To: 2, Provenance: 128, Revision: 1},
		"group":           {From: 1, To: 2, Group: 1, Revision: 1},
		"before 1970":     {From: 1, To: 2, Since: -1, Revision: 1},
		"open, no number": {From: 1, To: 2},
	} {
		g := New()
		if err := g.Apply(Delta{Edges: []Edge{good, e}}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if s := g.Stats(); s.Relations != 0 {
			t.Errorf("%s: something was taken in", name)
		}
		if err := NewBuilder().Edges(e); err == nil {
			t.Errorf("%s: no error of the builder", name)
		}
		if _, err := Decode((Delta{Edges: []Edge{e}}).Encode()); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
	if err := New().Apply(Delta{Nodes: []NodeChange{{ID: 0}}}); err == nil {
		t.Error("an item without number")
	}
}

// Readers see whole views while deltas come and pages are packed.
func TestReadersDuringApply(t *testing.T) {
	g := New()
	const items = 3000
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, 2))
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := g.View()
				n := uint32(1 + r.IntN(items))
				// Each delta makes a hard ring of two: a view that holds one
				// half of it only would answer otherwise.
				res := v.Impact([]Cause{{n, Down}}, Options{})
				for _, h := range res.Hits {
					if len(res.Why(h.Item)) == 0 {
						t.Error("no reason")
						return
					}
					if back := v.Impact([]Cause{{h.Item, Down}}, Options{}); back.Level(n) != Down {
						t.Errorf("%d takes %d down, and not the other way round", n, h.Item)
						return
					}
				}
				v.AsOf(1+int64(r.IntN(100))).Reach(n, false)
			}
		})
	}
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 3000 {
		a, b := uint32(1+r.IntN(items)), uint32(1+r.IntN(items))
		d := Delta{Edges: []Edge{{ID: 1, From: a, To: b, Hard: true, Since: int64(n), Revision: int64(n + 1)}, {ID: 2, From: b, To: a, Hard: true, Since: int64(n), Revision: int64(n + 1)}}}
		if err := g.Apply(d); err != nil {
			t.Fatal(err)
		}
		if n%500 == 0 {
			g.Compact()
		}
	}
	close(stop)
	wg.Wait()
	g.Wait()
}

// A damaged snapshot is an error, whatever is wrong with it.
func TestDamagedSnapshot(t *testing.T) {
	w := newWorld(rand.New(rand.NewPCG(11, 7)))
	g := w.play(t)
	if err := g.Apply(Delta{Nodes: []NodeChange{{1, "host", Present, 1}}}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := g.WriteSnapshot(&file, 1); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	bad := func(b []byte, what string) {
		t.Helper()
		if _, _, err := ReadSnapshot(bytes.NewReader(b)); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("%s: %v", what, err)
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		b := bytes.Clone(whole)
		b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
		bad(b, "one byte is another")
		bad(whole[:r.IntN(len(whole))], "cut short")
	}
	bad(nil, "empty")
	bad([]byte("SQLite format 3\x00 and a few bytes more"), "something else")
}

// A page whose sum is right and whose content is not is an error, too.
func FuzzSnapshotPage(f *testing.F) {
	w := newWorld(rand.New(rand.NewPCG(11, 7)))
	g := w.play(f)
	g.Compact()
	v := g.View()
	f.Add(v.pages[0].append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p page
		v := &View{pages: make([]page, 2), kinds: []string{""}, groups: []string{"", "a"}, pool: newPool()}
		if p.read(b, v) == nil {
			v.pages[0] = p
			v.Impact([]Cause{{1, Down}}, Options{Exposed: true})
			v.AsOf(3).Impact([]Cause{{1, Down}}, Options{Exposed: true})
			for range v.Edges() {
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(delta(Edge{ID: 7, From: 1, To: 2, Group: 1, Need: 2, Since: 3, Until: 4, Revision: 5}).Encode())
	f.Add(Delta{Nodes: []NodeChange{{1, "host", Stale, 9}}}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Decode(b)
		if err != nil {
			return
		}
		if err := New().Apply(d); err != nil {
			t.Fatalf("decoded and refused: %v", err)
		}
		if !bytes.Equal(d.Encode(), mustDecode(t, d.Encode()).Encode()) {
			t.Fatal("packed differently the second time")
		}
	})
}

func mustDecode(t *testing.T, b []byte) Delta {
	d, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
