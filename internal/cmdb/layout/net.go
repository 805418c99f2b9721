package layout

// net is the graph of one part: boxes first, then the bends of long links.
type net struct {
	t     *tree
	size  []Rect
	fixed []int // column of a box, 0: free
	links []link
	out   [][]int // node → links that leave it
	in    [][]int
	layer []int
	last  int // layer

	nodes int     // boxes and bends
	segs  [][]int // after bend: node → nodes of the next layer
	prev  [][]int
	chain [][]int // link → its bends, from left to right
	rows  [][]int // layer → nodes in order
	pos   []int   // node → place in its layer
	x, y  []float64
	w     []float64 // of layers
	left  []float64
}

// link is a pair between nodes of the net; turned ones run against it.
type link struct {
	from, to int
	weight   int
	turned   bool
	skip     bool // within a fixed column: takes no part
	pair     int
}

func newNet(t *tree, p *part, size map[int]Rect) *net {
	n := len(p.boxes)
	g := &net{t: t, size: make([]Rect, n), fixed: make([]int, n), layer: make([]int, n), nodes: n}
	place := make(map[int]int, n)
	for at, i := range p.boxes {
		place[i] = at
		g.size[at], g.fixed[at] = size[i], t.boxes[i].Column
	}
	for _, at := range p.pairs {
		q := t.pairs[p.s][at]
		g.links = append(g.links, link{from: place[q.from], to: place[q.to], weight: q.weight, pair: at})
	}
	return g
}

// isFixed tells whether layers are given.
func (g *net) isFixed() bool {
	for _, c := range g.fixed {
		if c > 0 {
			return true
		}
	}
	return false
}

// turn turns links so that no cycle is left: those that lead back to a box on
// the way of a depth-first walk, which begins at boxes that nothing leads to.
func (g *net) turn() {
	if g.isFixed() {
		for i := range g.links {
			l := &g.links[i]
			a, b := g.fixed[l.from], g.fixed[l.to]
			l.turned, l.skip = a > b, a == b
			if l.turned {
				l.from, l.to = l.to, l.from
			}
		}
		g.adjoin()
		return
	}
	g.adjoin()
	n := len(g.size)
	state, next := make([]uint8, n), make([]int, n)
	walk := func(start int) {
		if state[start] != 0 {
			return
		}
		way := []int{start}
		state[start] = 1
		for len(way) > 0 {
			at := way[len(way)-1]
			if next[at] == len(g.out[at]) {
				state[at] = 2
				way = way[:len(way)-1]
				continue
			}
			l := &g.links[g.out[at][next[at]]]
			next[at]++
			switch state[l.to] {
			case 0:
				state[l.to] = 1
				way = append(way, l.to)
			case 1:
				l.turned = true
			}
		}
	}
	for i := range n {
		if len(g.in[i]) == 0 {
			walk(i)
		}
	}
	for i := range n {
		walk(i)
	}
	for i := range g.links {
		if l := &g.links[i]; l.turned {
			l.from, l.to = l.to, l.from
		}
	}
	g.adjoin()
}

func (g *net) adjoin() {
	g.out, g.in = make([][]int, len(g.size)), make([][]int, len(g.size))
	for i, l := range g.links {
		if !l.skip {
			g.out[l.from] = append(g.out[l.from], i)
			g.in[l.to] = append(g.in[l.to], i)
		}
	}
}

// layers gives each box the layer after the last one that leads to it, and
// then moves boxes to where their links are short.
func (g *net) layers() {
	if g.isFixed() {
		for i, c := range g.fixed {
			g.layer[i] = max(c-1, 0)
			g.last = max(g.last, g.layer[i])
		}
		return
	}
	n := len(g.size)
	missing := make([]int, n)
	order := make([]int, 0, n)
	for i := range n {
		missing[i] = len(g.in[i])
		if missing[i] == 0 {
			order = append(order, i)
		}
	}
	for at := 0; at < len(order); at++ {
		for _, l := range g.out[order[at]] {
			to := g.links[l].to
			g.layer[to] = max(g.layer[to], g.layer[order[at]]+1)
			if missing[to]--; missing[to] == 0 {
				order = append(order, to)
			}
		}
	}
	for range 4 {
		for at := len(order) - 1; at >= 0; at-- {
			g.pull(order[at])
		}
	}
	first := g.layer[0]
	for _, l := range g.layer {
		first = min(first, l)
	}
	for i := range g.layer {
		g.layer[i] -= first
		g.last = max(g.last, g.layer[i])
	}
}

// pull moves a box as far towards the side to which most of its links lead as
// they allow.
func (g *net) pull(i int) {
	ins, outs := 0, 0
	lo, hi := -1<<30, 1<<30
	for _, l := range g.in[i] {
		ins += g.links[l].weight
		lo = max(lo, g.layer[g.links[l].from]+1)
	}
	for _, l := range g.out[i] {
		outs += g.links[l].weight
		hi = min(hi, g.layer[g.links[l].to]-1)
	}
	switch {
	case outs > ins && len(g.out[i]) > 0:
		g.layer[i] = hi
	case ins > outs && len(g.in[i]) > 0:
		g.layer[i] = lo
	}
}
