package layout

import (
	"math"
	"slices"
)

// part is some boxes of one surrounding that are linked with each other, or
// all of it that are not linked at all.
type part struct {
	boxes []int // in the order given
	pairs []int // places in the surrounding's pairs
	loose bool  // not linked: laid out as a grid
	s     int

	w, h float64
	at   []Point         // of boxes
	via  map[int][]Point // by place in pairs
	back map[int]bool
	lane map[int]lane
}

// parts splits a surrounding. The linked ones come first, the largest on top;
// of equal ones the first given.
func (t *tree) parts(s int) []*part {
	kids := t.kids[s]
	place := make(map[int]int, len(kids))
	for at, i := range kids {
		place[i] = at
	}
	root := make([]int, len(kids))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	linked := make([]bool, len(kids))
	for _, p := range t.pairs[s] {
		a, b := place[p.from], place[p.to]
		linked[a], linked[b] = true, true
		if ra, rb := find(a), find(b); ra != rb {
			root[max(ra, rb)] = min(ra, rb)
		}
	}
	if slices.ContainsFunc(kids, func(i int) bool { return t.boxes[i].Column > 0 }) {
		for i := range root { // fixed layers are shared by all
			root[i], linked[i] = 0, true
		}
	}
	byRoot := map[int]*part{}
	var out []*part
	loose := &part{loose: true, s: s}
	for at, i := range kids {
		if !linked[at] {
			loose.boxes = append(loose.boxes, i)
			continue
		}
		r := find(at)
		if byRoot[r] == nil {
			byRoot[r] = &part{s: s, via: map[int][]Point{}, back: map[int]bool{}, lane: map[int]lane{}}
			out = append(out, byRoot[r])
		}
		byRoot[r].boxes = append(byRoot[r].boxes, i)
	}
	for at, p := range t.pairs[s] {
		r := byRoot[find(place[p.from])]
		r.pairs = append(r.pairs, at)
	}
	slices.SortStableFunc(out, func(a, b *part) int { return len(b.boxes) - len(a.boxes) })
	if len(loose.boxes) > 0 {
		out = append(out, loose)
	}
	t.cut(s, out)
	return out
}

// cut remembers the parts of a surrounding for pack.
func (t *tree) cut(s int, parts []*part) {
	if t.split == nil {
		t.split = map[int][]*part{}
	}
	t.split[s] = parts
}

func (p *part) solve(t *tree, size map[int]Rect) {
	p.at = make([]Point, len(p.boxes))
	if p.loose {
		p.grid(t, size)
		return
	}
	g := newNet(t, p, size)
	g.turn()
	g.layers()
	g.bend()
	g.order()
	g.place()
	g.finish(p)
}

// grid puts boxes that are not linked in rows, about three times as wide as high.
func (p *part) grid(t *tree, size map[int]Rect) {
	area, widest := 0.0, 0.0
	for _, i := range p.boxes {
		area += (size[i].W + t.opt.Gap) * (size[i].H + t.opt.Gap)
		widest = max(widest, size[i].W)
	}
	limit := max(widest, math.Sqrt(area*3))
	if p.s >= 0 { // in a frame, short rows look like what they are
		abreast := float64(min(t.opt.Abreast, len(p.boxes)))
		limit = max(limit, abreast*(widest+t.opt.Gap))
		if t.opt.Abreast == 1 {
			limit = widest
		}
	}
	x, y, high := 0.0, 0.0, 0.0
	for at, i := range p.boxes {
		if x > 0 && x+size[i].W > limit {
			x, y, high = 0, y+high+t.opt.Gap, 0
		}
		p.at[at] = Point{x, y}
		x += size[i].W + t.opt.Gap
		high = max(high, size[i].H)
		p.w, p.h = max(p.w, x-t.opt.Gap), max(p.h, y+high)
	}
}

// pack puts the parts of a surrounding below each other, small ones beside
// each other as far as the largest one is wide.
func (t *tree) pack(s int, size map[int]Rect, out *solved) {
	gap := 3 * t.opt.Gap
	limit := 0.0
	for _, p := range t.split[s] {
		limit = max(limit, p.w)
	}
	x, y, high := 0.0, 0.0, 0.0
	for _, p := range t.split[s] {
		if x > 0 && x+p.w > limit {
			x, y, high = 0, y+high+gap, 0
		}
		for at, i := range p.boxes {
			out.at[i] = Point{x + p.at[at].X, y + p.at[at].Y}
		}
		for at, bends := range p.via {
			moved := make([]Point, len(bends))
			for j, b := range bends {
				moved[j] = Point{x + b.X, y + b.Y}
			}
			out.via[at] = moved
		}
		for at, l := range p.lane {
			out.lane[at] = lane{x + l.leave, x + l.enter}
		}
		for at := range p.back {
			out.back[at] = true
		}
		x += p.w + gap
		high = max(high, p.h)
		out.w, out.h = max(out.w, x-gap), max(out.h, y+high)
	}
}
