package layout

import "slices"

const (
	sweeps   = 10   // of the order, down and up
	maxLinks = 1500 // of a part; of more, long ones run straight: their bends would take more room than the boxes
)

// bend gives links that span several layers a node in each layer between. The
// links of one box share their bends on the way, because a bundle is easier to
// follow than its threads: those of the end that has more links.
func (g *net) bend() {
	type key struct {
		hub, layer int
		out        bool
	}
	shared := map[key]int{}
	g.chain = make([][]int, len(g.links))
	g.segs, g.prev = make([][]int, g.nodes), make([][]int, g.nodes)
	joined := map[[2]int]bool{}
	join := func(a, b int) {
		if !joined[[2]int{a, b}] {
			joined[[2]int{a, b}] = true
			g.segs[a], g.prev[b] = append(g.segs[a], b), append(g.prev[b], a)
		}
	}
	for i, l := range g.links {
		if l.skip {
			continue
		}
		from, to := g.layer[l.from], g.layer[l.to]
		if to-from > 1 && len(g.links) <= maxLinks {
			hub, out := l.from, true
			if len(g.in[l.to]) > len(g.out[l.from]) {
				hub, out = l.to, false
			}
			before := l.from
			for layer := from + 1; layer < to; layer++ {
				k := key{hub, layer, out}
				node, ok := shared[k]
				if !ok {
					node = g.nodes
					shared[k] = node
					g.nodes++
					g.layer = append(g.layer, layer)
					g.segs, g.prev = append(g.segs, nil), append(g.prev, nil)
				}
				join(before, node)
				g.chain[i] = append(g.chain[i], node)
				before = node
			}
			join(before, l.to)
		} else {
			join(l.from, l.to)
		}
	}
}

// order sorts the nodes of each layer so that few lines cross: each goes to
// the middle of its neighbours in the layer before, then in the layer after,
// and the best order that was met stays.
func (g *net) order() {
	g.rows = make([][]int, g.last+1)
	g.pos = make([]int, g.nodes)
	// A walk along the links puts what belongs together near each other.
	seen := make([]bool, g.nodes)
	var visit []int
	for i := range g.nodes {
		if seen[i] || len(g.prev[i]) > 0 {
			continue
		}
		visit = append(visit[:0], i)
		for len(visit) > 0 {
			at := visit[len(visit)-1]
			visit = visit[:len(visit)-1]
			if seen[at] {
				continue
			}
			seen[at] = true
			g.put(at)
			for _, to := range slices.Backward(g.segs[at]) {
				if !seen[to] {
					visit = append(visit, to)
				}
			}
		}
	}
	for i := range g.nodes {
		if !seen[i] {
			g.put(i)
		}
	}
	best, count := g.copyRows(), g.crossings()
	mean := make([]float64, g.nodes)
	stuck := 0
	for sweep := 0; sweep < sweeps && count > 0 && stuck < 3; sweep++ {
		if sweep%2 == 0 {
			for l := 1; l <= g.last; l++ {
				g.sortRow(l, g.prev, mean)
			}
		} else {
			for l := g.last - 1; l >= 0; l-- {
				g.sortRow(l, g.segs, mean)
			}
		}
		if g.nodes < 600 {
			g.swap()
		}
		if c := g.crossings(); c < count {
			best, count, stuck = g.copyRows(), c, 0
		} else {
			stuck++
		}
	}
	g.rows = best
	for _, row := range g.rows {
		g.number(row)
	}
}

func (g *net) put(node int) {
	l := g.layer[node]
	g.pos[node] = len(g.rows[l])
	g.rows[l] = append(g.rows[l], node)
}

func (g *net) number(row []int) {
	for at, node := range row {
		g.pos[node] = at
	}
}

func (g *net) copyRows() [][]int {
	out := make([][]int, len(g.rows))
	for i, row := range g.rows {
		out[i] = slices.Clone(row)
	}
	return out
}

// sortRow sorts one layer by the mean place of the neighbours; who has none
// keeps its place.
func (g *net) sortRow(l int, near [][]int, mean []float64) {
	row := g.rows[l]
	for at, node := range row {
		if len(near[node]) == 0 {
			mean[node] = float64(at)
			continue
		}
		sum := 0.0 // of places between 0 and 1, because layers are not equally long
		for _, o := range near[node] {
			sum += (float64(g.pos[o]) + .5) / float64(len(g.rows[g.layer[o]]))
		}
		mean[node] = sum/float64(len(near[node]))*float64(len(row)) - .5
	}
	slices.SortStableFunc(row, func(a, b int) int {
		switch {
		case mean[a] < mean[b]:
			return -1
		case mean[a] > mean[b]:
			return 1
		}
		return 0
	})
	g.number(row)
}

// swap exchanges neighbours in a layer where that saves crossings.
func (g *net) swap() {
	for l := range g.rows {
		row := g.rows[l]
		for at := 0; at+1 < len(row); at++ {
			a, b := row[at], row[at+1]
			if g.between(a, b, g.prev)+g.between(a, b, g.segs) > g.between(b, a, g.prev)+g.between(b, a, g.segs) {
				row[at], row[at+1] = b, a
				g.pos[a], g.pos[b] = at+1, at
			}
		}
	}
}

// between counts crossings of the lines of a with those of b when a stands above.
func (g *net) between(a, b int, near [][]int) (n int) {
	for _, x := range near[a] {
		for _, y := range near[b] {
			if g.layer[x] == g.layer[y] && g.pos[x] > g.pos[y] {
				n++
			}
		}
	}
	return n
}

// crossings counts the crossings of all lines with a tree of sums, as Barth,
// Jünger and Mutzel do ("Simple and efficient bilayer cross counting", 2002).
func (g *net) crossings() (n int) {
	var sums, ends []int
	for l := 0; l < g.last; l++ {
		width := len(g.rows[l+1])
		sums = slices.Grow(sums[:0], width+1)[:width+1]
		clear(sums)
		total := 0
		for _, a := range g.rows[l] {
			ends = ends[:0]
			for _, b := range g.segs[a] {
				if g.layer[b] == l+1 {
					ends = append(ends, g.pos[b])
				}
			}
			for _, e := range ends {
				below := 0
				for i := e + 1; i > 0; i -= i & -i {
					below += sums[i]
				}
				n += total - below
			}
			for _, e := range ends {
				for i := e + 1; i <= width; i += i & -i {
					sums[i]++
				}
				total++
			}
		}
	}
	return n
}
