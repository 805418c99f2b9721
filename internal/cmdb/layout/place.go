package layout

import (
	"math"
)

const (
	rounds   = 12 // of the places across
	bendRoom = 10 // pixels between lines that pass a layer
)

// unit is what stands at one height of a layer: a row of boxes, mostly of one,
// or a bend.
type unit struct {
	nodes []int
	h     float64
	above float64 // distance from the middle of the unit above
	want  float64
	pull  float64 // how strongly it wants that
	mid   float64
	bend  bool
}

// place finds coordinates. Along the layers: one after the other. Across: each
// unit wants the middle of its neighbours, and the units of a layer together
// come as near to that as their order and their gaps allow (least squares with
// a fixed order, which pooling adjacent violators solves exactly).
func (g *net) place() {
	g.x, g.y = make([]float64, g.nodes), make([]float64, g.nodes)
	rows := g.t.opt.Rows
	if rows == 0 {
		rows = max(12, int(math.Sqrt(float64(len(g.size))*2.6)))
	}
	units := make([][]unit, len(g.rows))
	g.w, g.left = make([]float64, len(g.rows)), make([]float64, len(g.rows))
	x := 0.0
	for l, row := range g.rows {
		units[l], g.w[l] = g.units(row, rows)
		g.left[l] = x
		if len(row) > 0 { // a fixed column may be empty
			x += g.w[l] + g.t.opt.Layer
		}
		for _, u := range units[l] {
			at := g.left[l]
			for _, n := range u.nodes {
				g.x[n] = at
				if !u.bend {
					at += g.size[n].W + g.t.opt.Gap
				}
			}
		}
		for i := range units[l] {
			if i > 0 {
				units[l][i].above = units[l][i-1].h/2 + units[l][i].h/2 + g.gap(units[l][i-1], units[l][i])
			}
		}
		g.settle(units[l], nil, nil)
	}
	for round := range rounds {
		if round%2 == 0 {
			for l := 1; l < len(units); l++ {
				g.settle(units[l], g.prev, g.segs)
			}
		} else {
			for l := len(units) - 2; l >= 0; l-- {
				g.settle(units[l], g.segs, g.prev)
			}
		}
	}
}

func (g *net) gap(a, b unit) float64 {
	if a.bend || b.bend {
		return bendRoom
	}
	return g.t.opt.Gap
}

// units splits a layer: more boxes than rows stand side by side.
func (g *net) units(row []int, rows int) (out []unit, wide float64) {
	real := 0
	for _, n := range row {
		if n < len(g.size) {
			real++
		}
	}
	per := (real + rows - 1) / max(rows, 1)
	for _, n := range row {
		if n >= len(g.size) {
			out = append(out, unit{nodes: []int{n}, bend: true})
			continue
		}
		last := len(out) - 1
		if last < 0 || out[last].bend || len(out[last].nodes) >= per {
			out, last = append(out, unit{}), last+1
		}
		out[last].nodes = append(out[last].nodes, n)
		out[last].h = max(out[last].h, g.size[n].H)
	}
	for _, u := range out {
		w := 0.0
		for i, n := range u.nodes {
			if u.bend {
				break
			}
			if i > 0 {
				w += g.t.opt.Gap
			}
			w += g.size[n].W
		}
		wide = max(wide, w)
	}
	return out, wide
}

// settle gives the units of one layer their places. near are the neighbours
// that count; far counts a little where there are no near ones.
func (g *net) settle(units []unit, near, far [][]int) {
	for i := range units {
		u := &units[i]
		sum, n := 0.0, 0.0
		for _, node := range u.nodes {
			for _, o := range at(near, node) {
				sum, n = sum+g.y[o], n+1
			}
		}
		if n == 0 {
			for _, node := range u.nodes {
				for _, o := range at(far, node) {
					sum, n = sum+g.y[o], n+1
				}
			}
			n, sum = min(n, 1), sum/max(n, 1)
		}
		u.pull = 1 + float64(len(u.nodes))
		if n > 0 {
			u.want = sum / n
		} else {
			u.want, u.pull = u.mid, .2
		}
		if u.bend {
			u.pull *= 3 // lines that pass run straight rather than boxes stand exactly
		}
	}
	pool(units)
	for i := range units {
		for _, n := range units[i].nodes {
			g.y[n] = units[i].mid
		}
	}
}

func at(list [][]int, i int) []int {
	if list == nil {
		return nil
	}
	return list[i]
}

// pool sets mid: as near to want as the order allows.
func pool(units []unit) {
	type block struct {
		sum, pull float64
		n         int
	}
	var blocks []block
	offset := 0.0
	for i := range units {
		offset += units[i].above
		u := units[i]
		b := block{sum: (u.want - offset) * u.pull, pull: u.pull, n: 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].sum/blocks[len(blocks)-1].pull > b.sum/b.pull {
			last := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			b.sum, b.pull, b.n = b.sum+last.sum, b.pull+last.pull, b.n+last.n
		}
		blocks = append(blocks, b)
	}
	i, offset := 0, 0.0
	for _, b := range blocks {
		for range b.n {
			offset += units[i].above
			units[i].mid = b.sum/b.pull + offset
			i++
		}
	}
}

// finish moves everything to whole pixels from 0, 0 and hands it to the part.
func (g *net) finish(p *part) {
	top, low, wide := math.Inf(1), math.Inf(-1), 0.0
	for i, r := range g.size {
		top, low = min(top, g.y[i]-r.H/2), max(low, g.y[i]+r.H/2)
		wide = max(wide, g.x[i]+r.W)
	}
	for i := len(g.size); i < g.nodes; i++ {
		top, low = min(top, g.y[i]), max(low, g.y[i])
	}
	for i, r := range g.size {
		p.at[i] = Point{g.x[i], math.Round(g.y[i] - r.H/2 - top)}
	}
	p.w, p.h = wide, math.Round(low-top)
	for i, l := range g.links {
		if l.turned || l.skip {
			p.back[l.pair] = true
		}
		a, b := g.layer[l.from], g.layer[l.to]
		p.lane[l.pair] = lane{g.left[a] + g.w[a], g.left[b]}
		var bends []Point
		for _, n := range g.chain[i] {
			y := math.Round(g.y[n] - top)
			bends = append(bends, Point{g.left[g.layer[n]], y}, Point{g.left[g.layer[n]] + g.w[g.layer[n]], y})
		}
		if bends != nil {
			p.via[l.pair] = bends
		}
	}
}
