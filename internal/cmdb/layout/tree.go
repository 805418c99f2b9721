package layout

import "slices"

// tree is the boxes with their surroundings; the surrounding -1 is the picture.
type tree struct {
	opt   Options
	boxes []Box
	index map[string]int
	in    []int         // box → surrounding
	kids  map[int][]int // surrounding → boxes, in the order given
	depth []int
	pairs map[int][]pair // surrounding → links between its boxes, each pair once
	known map[[2]int]int // pair → its place in pairs
	done  map[int]*solved
	split map[int][]*part
}

// pair is the links from one box of a surrounding to another one of it.
type pair struct {
	from, to int // boxes
	weight   int
}

// solved is a surrounding laid out for itself.
type solved struct {
	w, h float64
	at   map[int]Point   // box → upper left corner
	via  map[int][]Point // place in pairs → bends, from left to right
	back map[int]bool    // place in pairs → turned
	lane map[int]lane    // place in pairs
}

// lane is where a pair may curve: it leaves the layer of its left end here and
// enters that of its right end there. Within a layer lines run level, so that
// they cross no other box of it.
type lane struct{ leave, enter float64 }

func newTree(boxes []Box, opt Options) *tree {
	t := &tree{opt: opt, boxes: boxes, index: make(map[string]int, len(boxes)), in: make([]int, len(boxes)), depth: make([]int, len(boxes)),
		kids: map[int][]int{}, pairs: map[int][]pair{}, known: map[[2]int]int{}, done: map[int]*solved{}}
	for i, b := range boxes {
		if _, twice := t.index[b.ID]; !twice {
			t.index[b.ID] = i
		}
	}
	for i, b := range boxes {
		t.in[i] = -1
		if f, ok := t.index[b.In]; ok && b.In != "" && boxes[f].Frame {
			t.in[i] = f
		}
	}
	t.uncircle()
	for i, b := range boxes {
		if t.index[b.ID] == i { // one of two boxes of the same name is not drawn
			t.kids[t.in[i]] = append(t.kids[t.in[i]], i)
		}
		for f := t.in[i]; f >= 0; f = t.in[f] {
			t.depth[i]++
		}
	}
	return t
}

// uncircle takes the first frame out of each circle of frames that would hold
// each other.
func (t *tree) uncircle() {
	const onWay, fine = 1, 2
	state := make([]uint8, len(t.in))
	var way []int
	for i := range t.in {
		way = way[:0]
		at := i
		for at >= 0 && state[at] == 0 {
			state[at] = onWay
			way = append(way, at)
			at = t.in[at]
		}
		if at >= 0 && state[at] == onWay {
			t.in[at] = -1
		}
		for _, w := range way {
			state[w] = fine
		}
	}
}

// lift counts each link between the two boxes of the same surrounding in which
// its ends lie.
func (t *tree) lift(links []Link) {
	for _, l := range links {
		if a, b, s, ok := t.ends(l); ok {
			key := [2]int{a, b}
			at, seen := t.known[key]
			if !seen {
				at = len(t.pairs[s])
				t.known[key] = at
				t.pairs[s] = append(t.pairs[s], pair{from: a, to: b})
			}
			t.pairs[s][at].weight++
		}
	}
}

// ends are the boxes of one surrounding between which a link counts.
func (t *tree) ends(l Link) (a, b, surrounding int, ok bool) {
	a, okA := t.index[l.From]
	b, okB := t.index[l.To]
	if !okA || !okB {
		return 0, 0, 0, false
	}
	for t.depth[a] > t.depth[b] {
		a = t.in[a]
	}
	for t.depth[b] > t.depth[a] {
		b = t.in[b]
	}
	if a == b {
		return 0, 0, 0, false
	}
	for t.in[a] != t.in[b] {
		a, b = t.in[a], t.in[b]
	}
	return a, b, t.in[a], a != b
}

// solve lays out a surrounding, the frames in it first.
func (t *tree) solve(s int) *solved {
	kids := t.kids[s]
	size := make(map[int]Rect, len(kids))
	for _, i := range kids {
		b := t.boxes[i]
		r := Rect{W: b.W, H: b.H}
		if b.Frame && len(t.kids[i]) > 0 {
			inner := t.solve(i)
			r.W, r.H = max(b.W, inner.w+2*t.opt.Pad), max(b.H, inner.h+2*t.opt.Pad+b.Head)
		}
		size[i] = r
	}
	out := &solved{at: make(map[int]Point, len(kids)), via: map[int][]Point{}, back: map[int]bool{}, lane: map[int]lane{}}
	t.done[s] = out
	for _, b := range t.parts(s) {
		b.solve(t, size)
	}
	t.pack(s, size, out)
	return out
}

// settle writes down where everything stands in the whole picture.
func (t *tree) settle(pic *Picture, s int, x, y float64) {
	for _, i := range t.kids[s] {
		at, b := t.done[s].at[i], t.boxes[i]
		r := Rect{x + at.X, y + at.Y, b.W, b.H}
		if b.Frame && len(t.kids[i]) > 0 {
			inner := t.done[i]
			r.W, r.H = max(b.W, inner.w+2*t.opt.Pad), max(b.H, inner.h+2*t.opt.Pad+b.Head)
			t.settle(pic, i, r.X+t.opt.Pad, r.Y+t.opt.Pad+b.Head)
		}
		pic.Boxes[b.ID] = r
	}
	for at, points := range t.done[s].via {
		for j := range points {
			points[j].X, points[j].Y = points[j].X+x, points[j].Y+y
		}
		t.done[s].via[at] = points
	}
	for at, l := range t.done[s].lane {
		t.done[s].lane[at] = lane{l.leave + x, l.enter + x}
	}
}

// route gives every link its line.
func (t *tree) route(pic *Picture, links []Link) {
	for _, l := range links {
		a, b, s, ok := t.ends(l)
		if !ok {
			continue
		}
		from, to := pic.Boxes[l.From], pic.Boxes[l.To]
		at, d := t.known[[2]int{a, b}], t.done[s]
		line := Line{Back: d.back[at]}
		bends := d.via[at]
		if line.Back && from.X >= to.X+to.W { // from the left edge to the right one, against the flow
			line.Points = append(line.Points, Point{from.X, from.Y + from.H/2})
			for _, p := range slices.Backward(bends) {
				line.Points = append(line.Points, p)
			}
			line.Points = append(line.Points, Point{to.X + to.W, to.Y + to.H/2})
		} else {
			a, b := Point{from.X + from.W, from.Y + from.H/2}, Point{to.X, to.Y + to.H/2}
			line.Points = append(line.Points, a)
			if l := d.lane[at]; !line.Back && l.leave > a.X+1 && l.leave < b.X {
				line.Points = append(line.Points, Point{l.leave, a.Y})
			}
			line.Points = append(line.Points, bends...)
			if l := d.lane[at]; !line.Back && l.enter < b.X-1 && l.enter > a.X {
				line.Points = append(line.Points, Point{l.enter, b.Y})
			}
			line.Points = append(line.Points, b)
		}
		pic.Lines[l.ID] = line
	}
}
