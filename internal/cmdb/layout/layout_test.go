package layout_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb/layout"
)

// random is a map of n boxes in frames, and links, cycles among them.
func random(n, links int, seed uint64) ([]layout.Box, []layout.Link) {
	r := rand.New(rand.NewPCG(seed, 1))
	var boxes []layout.Box
	var frames []string
	for i := range n {
		b := layout.Box{ID: fmt.Sprintf("b%d", i), W: 80 + float64(r.IntN(80)), H: 28}
		if len(frames) > 0 && r.IntN(3) == 0 {
			b.In = frames[r.IntN(len(frames))]
		}
		if r.IntN(12) == 0 {
			b.Frame, b.Head = true, 24
			frames = append(frames, b.ID)
		}
		boxes = append(boxes, b)
	}
	var out []layout.Link
	for i := range links {
		a, b := r.IntN(n), r.IntN(n)
		if r.IntN(10) > 0 { // mostly without cycles, mostly to few
			a, b = min(a, b), max(a, b)
			if r.IntN(3) == 0 {
				b = n - 1 - r.IntN(max(1, n/20))
			}
		}
		out = append(out, layout.Link{ID: fmt.Sprintf("l%d", i), From: boxes[a].ID, To: boxes[b].ID})
	}
	return boxes, out
}

func overlap(a, b layout.Rect) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

// check holds a picture to what the package promises.
func check(t *testing.T, boxes []layout.Box, links []layout.Link, pic layout.Picture) {
	t.Helper()
	in := map[string]layout.Box{}
	by := map[string][]layout.Box{}
	for _, b := range boxes {
		in[b.ID] = b
		by[b.In] = append(by[b.In], b)
	}
	for _, list := range by {
		for i, a := range list {
			for _, b := range list[:i] {
				if overlap(pic.Boxes[a.ID], pic.Boxes[b.ID]) {
					t.Fatalf("%s %v and %s %v overlap", a.ID, pic.Boxes[a.ID], b.ID, pic.Boxes[b.ID])
				}
			}
		}
	}
	for _, b := range boxes {
		r := pic.Boxes[b.ID]
		for _, f := range []float64{r.X, r.Y, r.W, r.H} {
			if math.IsNaN(f) || f < 0 {
				t.Fatalf("%s stands at %v", b.ID, r)
			}
		}
		if r.X+r.W > pic.W+.5 || r.Y+r.H > pic.H+.5 || r.W < b.W || r.H < b.H {
			t.Fatalf("%s %v sticks out of %v × %v", b.ID, r, pic.W, pic.H)
		}
		if f, ok := pic.Boxes[b.In]; ok && (r.X < f.X || r.Y < f.Y+in[b.In].Head || r.X+r.W > f.X+f.W || r.Y+r.H > f.Y+f.H) {
			t.Fatalf("%s %v sticks out of its frame %v", b.ID, r, f)
		}
	}
	for _, l := range links {
		line, ok := pic.Lines[l.ID]
		if !ok {
			continue
		}
		a, b := pic.Boxes[l.From], pic.Boxes[l.To]
		if !line.Back && a.X+a.W > b.X {
			t.Fatalf("%s leads from %v to %v and is not said to lead back", l.ID, a, b)
		}
		for i := range line.Points[1:] {
			if !line.Back && line.Points[i].X > line.Points[i+1].X {
				t.Fatalf("%s turns round: %v", l.ID, line.Points)
			}
		}
	}
}

func TestRandom(t *testing.T) {
	for seed := range uint64(200) {
		n := 1 + int(seed)
		boxes, links := random(n, int(seed)*2, seed)
		pic := layout.Compute(boxes, links, layout.Options{})
		check(t, boxes, links, pic)
		if again := layout.Compute(boxes, links, layout.Options{}); !reflect.DeepEqual(pic, again) {
			t.Fatalf("seed %d: two pictures of one map", seed)
		}
	}
}

// TestAcyclic: without a cycle no line leads back.
func TestAcyclic(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := 2 + r.IntN(80)
		var boxes []layout.Box
		var links []layout.Link
		for i := range n {
			boxes = append(boxes, layout.Box{ID: fmt.Sprint(i), W: 100, H: 28})
			for range r.IntN(4) {
				if i > 0 {
					links = append(links, layout.Link{ID: fmt.Sprint("l", len(links)), From: fmt.Sprint(r.IntN(i)), To: fmt.Sprint(i)})
				}
			}
		}
		r.Shuffle(n, func(i, j int) { boxes[i], boxes[j] = boxes[j], boxes[i] })
		pic := layout.Compute(boxes, links, layout.Options{})
		check(t, boxes, links, pic)
		for id, l := range pic.Lines {
			if l.Back {
				t.Fatalf("seed %d: %s leads back", seed, id)
			}
		}
	}
}

func TestOddInput(t *testing.T) {
	boxes := []layout.Box{
		{ID: "a", In: "b", Frame: true}, {ID: "b", In: "a", Frame: true}, // hold each other
		{ID: "s", In: "s", Frame: true}, {ID: "x", W: 50, H: 20, In: "nowhere"}, {ID: "x", W: 9, H: 9}, {ID: "y", W: 50, H: 20, In: "x"}, {ID: "f", Frame: true, W: 10, H: 10},
	}
	links := []layout.Link{{"1", "x", "x"}, {"2", "x", "y"}, {"3", "y", "x"}, {"4", "x", "gone"}, {"5", "a", "b"}, {"6", "x", "y"}, {"7", "f", "s"}}
	pic := layout.Compute(boxes, links, layout.Options{})
	if len(pic.Boxes) != 6 {
		t.Errorf("%d boxes", len(pic.Boxes))
	}
	for _, id := range []string{"1", "4"} {
		if _, ok := pic.Lines[id]; ok {
			t.Errorf("link %s has a line", id)
		}
	}
	if pic.Lines["2"].Back == pic.Lines["3"].Back {
		t.Error("of two links that close a cycle one leads back")
	}
	if p := layout.Compute(nil, nil, layout.Options{}); p.W != 0 || p.H != 0 {
		t.Error("nothing takes room")
	}
}

// TestOpening: a box that becomes a frame stays in its layer, and nobody else
// changes layer or order.
func TestOpening(t *testing.T) {
	boxes, links := random(120, 200, 7)
	for i := range boxes {
		boxes[i].Frame, boxes[i].In = false, ""
	}
	before := layout.Compute(boxes, links, layout.Options{})
	open := append([]layout.Box{}, boxes...)
	open[40].Frame, open[40].Head = true, 24
	for i := range 6 {
		open = append(open, layout.Box{ID: fmt.Sprint("in", i), W: 90, H: 28, In: open[40].ID})
	}
	after := layout.Compute(open, links, layout.Options{})
	check(t, open, links, after)
	for i, a := range boxes {
		for _, b := range boxes[:i] {
			p, q, r, s := before.Boxes[a.ID], before.Boxes[b.ID], after.Boxes[a.ID], after.Boxes[b.ID]
			if (p.X+p.W <= q.X) != (r.X+r.W <= s.X) && (p.X < q.X-60) != (r.X < s.X-60) {
				t.Fatalf("%s and %s change sides: %v %v, %v %v", a.ID, b.ID, p, q, r, s)
			}
			if p.X == q.X && (p.Y < q.Y) != (r.Y < s.Y) {
				t.Fatalf("%s and %s change order", a.ID, b.ID)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	boxes := []layout.Box{{ID: "a", W: 90, H: 28, Column: 1}, {ID: "b", W: 90, H: 28, Column: 3}, {ID: "c", W: 90, H: 28, Column: 2}, {ID: "d", W: 90, H: 28, Column: 3}}
	links := []layout.Link{{"1", "a", "c"}, {"2", "c", "b"}, {"3", "b", "d"}, {"4", "d", "a"}}
	pic := layout.Compute(boxes, links, layout.Options{})
	check(t, boxes, links, pic)
	if a, b, c := pic.Boxes["a"], pic.Boxes["b"], pic.Boxes["c"]; a.X >= c.X || c.X >= b.X || pic.Boxes["d"].X != b.X {
		t.Error(a, b, c)
	}
	if !pic.Lines["3"].Back || !pic.Lines["4"].Back || pic.Lines["1"].Back {
		t.Error(pic.Lines)
	}
}

// TestLarge: 2,000 boxes and 6,000 links take well under a second.
func TestLarge(t *testing.T) {
	boxes, links := random(2000, 6000, 3)
	begin := time.Now()
	pic := layout.Compute(boxes, links, layout.Options{})
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("it took %v", d)
	} else {
		t.Logf("%v, %.0f × %.0f", d, pic.W, pic.H)
	}
	check(t, boxes, links, pic)
}

func BenchmarkCompute(b *testing.B) {
	for _, n := range []int{20, 200, 2000} {
		boxes, links := random(n, 3*n, 3)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				layout.Compute(boxes, links, layout.Options{})
			}
		})
	}
}
