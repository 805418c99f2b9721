package cmdbweb

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// roll answers in which box of a map an item stands: with everything it is
// part of closed, in the outermost one; where boxes are open, in theirs.
//
//	deployment → application → service
//
// It follows part_of, never runs_on: what runs on a host is not a part of it.
// An item that is part of several stands in one of them, a service before an
// application before others, and the others need it across.
type roll struct {
	v     *graph.View
	open  map[uint32]bool
	rels  map[uint32][]graph.Edge
	over  map[uint32]uint32 // item → what it stands in, 0: nothing
	cut   bool              // something had more relations, or held more, than are looked at
	apart []string          // kinds that stand for themselves
	work  int               // items that may still be looked at
}

const (
	mostRelations = 4000    // of one item
	mostWork      = 150_000 // items of one map, hidden ones too
)

func newRoll(v *graph.View, open []uint32) *roll {
	r := &roll{v: v, open: map[uint32]bool{}, rels: map[uint32][]graph.Edge{}, over: map[uint32]uint32{}, work: mostWork}
	for _, id := range open {
		r.open[id] = true
	}
	return r
}

func (r *roll) relations(item uint32) []graph.Edge {
	if list, ok := r.rels[item]; ok {
		return list
	}
	list, more := r.v.Relations(item, mostRelations)
	if more > 0 {
		r.cut = true
	}
	r.rels[item] = list
	return list
}

// noWhole are kinds that hold too much to be one box.
var noWhole = []string{cmdb.KindSystem, cmdb.KindTeam, cmdb.KindLocation, cmdb.KindSupplier, cmdb.KindNamespace, cmdb.KindCluster, cmdb.KindNetwork}

func rank(kind string) int {
	switch kind {
	case cmdb.KindService:
		return 0
	case cmdb.KindApplication:
		return 1
	}
	return 2
}

// whole is what an item is directly part of; 0: nothing.
func (r *roll) whole(item uint32) uint32 {
	if w, ok := r.over[item]; ok {
		return w
	}
	r.over[item] = 0 // also while it is looked for: parts of each other
	if kind := r.v.Node(item).Kind; kind == cmdb.KindService || slices.Contains(r.apart, kind) {
		return 0
	}
	best, bestRank := uint32(0), 9
	for _, e := range r.relations(item) {
		if e.Kind != graph.PartOf || e.From != item || e.To == item {
			continue
		}
		n := r.v.Node(e.To)
		if !n.Known || n.State == graph.Retired || slices.Contains(noWhole, n.Kind) {
			continue
		}
		if k := rank(n.Kind); k < bestRank || k == bestRank && e.To < best {
			best, bestRank = e.To, k
		}
	}
	for w := best; w != 0; w = r.whole(w) {
		if w == item { // parts of each other: the one asked for first is the whole
			return 0
		}
	}
	r.over[item] = best
	return best
}

// chain is an item and what it stands in, outermost last.
func (r *roll) chain(item uint32) []uint32 {
	list := []uint32{item}
	for w := r.whole(item); w != 0; w = r.whole(w) {
		list = append(list, w)
	}
	return list
}

// top is the outermost box of an item.
func (r *roll) top(item uint32) uint32 {
	c := r.chain(item)
	return c[len(c)-1]
}

// box is the box in which an item is shown. An item that is an open box
// itself is shown as that.
func (r *roll) box(item uint32) uint32 {
	c := r.chain(item)
	for _, at := range slices.Backward(c) {
		if !r.open[at] {
			return at
		}
	}
	return item
}

// parts are what stands directly in an item.
func (r *roll) parts(item uint32) (out []uint32) {
	for _, e := range r.relations(item) {
		if e.Kind == graph.PartOf && e.To == item && e.From != item && !slices.Contains(out, e.From) {
			if n := r.v.Node(e.From); n.Known && n.State != graph.Retired && r.whole(e.From) == item {
				out = append(out, e.From)
			}
		}
	}
	return out
}

// inside are an item and everything in it, however deep.
func (r *roll) inside(item uint32) []uint32 {
	list := []uint32{item}
	seen := map[uint32]bool{item: true}
	for at := 0; at < len(list); at++ {
		if r.work--; r.work < 0 {
			r.cut = true
			return list
		}
		for _, p := range r.parts(list[at]) {
			if !seen[p] {
				seen[p] = true
				list = append(list, p)
			}
		}
	}
	return list
}
