package graph

import (
	"cmp"
	"slices"
)

// Symptoms are what is known when a root is looked for.
type Symptoms struct {
	Alerting  []uint32               // items of which something is wrong and to be explained
	Unhealthy []uint32               // further ones known to be unwell
	Healthy   func(item uint32) bool // known to be well: no root; may be nil
	Limit     int                    // most roots; 0: 10
}

// Root is an item whose trouble would explain alerting ones.
type Root struct {
	Item      uint32
	Covers    int    // alerting items that need it or are it
	Unhealthy bool   // known to be unwell itself
	Depth     int    // steps from the farthest alerting item that it covers
	Near      int    // how many items need it directly: of two the more special one is likelier
	Paths     []Path // from each alerting item that it covers, at most 64
	rank      uint64
}

// Path is a chain of needs from an alerting item to a root; empty when it is
// the root itself.
type Path struct {
	From  uint32
	Steps []Edge
}

// Roots is what Roots found.
type Roots struct {
	List    []Root
	Partial bool // there were too many alerting items or needs to look at all of them
}

const (
	rootAlerts = 512     // alerting items that are looked at
	rootVisits = 10_000  // items below one of them
	rootWork   = 2000000 // relations looked at, in all
	rootPaths  = 64
)

// Roots finds the deepest unhealthy common dependency of alerting items. First
// come items known to be unwell that cover at least half of the alerting ones
// (and not themselves only), for something that everything needs covers everything and explains nothing;
// then by how many they cover, unwell before unknown; of unwell ones the
// deeper first, of unknown ones the nearer; special before general.
func (v *View) Roots(sy Symptoms) Roots {
	s, sums := v.pool.get(v.Top()), v.pool.get(v.Top())
	defer v.pool.put(s)
	defer v.pool.put(sums)
	var out Roots
	alerting := slices.Compact(slices.Sorted(slices.Values(sy.Alerting)))
	alerting = slices.DeleteFunc(alerting, func(n uint32) bool { return n == 0 || n >= v.Top() })
	sick := make(map[uint32]bool, len(alerting)+len(sy.Unhealthy))
	for _, list := range [][]uint32{alerting, sy.Unhealthy} {
		for _, n := range list {
			sick[n] = true
		}
	}
	if len(alerting) > rootAlerts {
		alerting, out.Partial = alerting[:rootAlerts], true
	}
	// In sums: order is how many an item covers, parent how deep it lies.
	sums.begin(v.Top())
	work := rootWork
	for _, a := range alerting {
		out.Partial = !v.below(s, a, &work, nil) || out.Partial
		for _, n := range s.queue {
			c := &sums.cells[n]
			if c.epoch != sums.epoch {
				*c = cell{epoch: sums.epoch}
				sums.queue = append(sums.queue, n)
			}
			c.order++
			c.parent = max(c.parent, s.cells[n].order)
		}
	}
	limit := sy.Limit
	if limit <= 0 {
		limit = 10
	}
	// Ranks are sorted as numbers, because there may be very many.
	ranks := make([]uint64, 0, len(sums.queue))
	for _, n := range sums.queue {
		if ill := sick[n]; ill || sy.Healthy == nil || !sy.Healthy(n) {
			c := &sums.cells[n]
			ranks = append(ranks, rank(int(c.order), int(c.parent), len(alerting), ill)<<32|uint64(n))
		}
	}
	slices.Sort(ranks)
	for _, k := range ranks[:min(len(ranks), 8*limit)] { // of those only, who needs them is counted
		c := &sums.cells[uint32(k)]
		out.List = append(out.List, Root{Item: uint32(k), Covers: int(c.order), Depth: int(c.parent), Unhealthy: sick[uint32(k)], Near: v.needers(s, uint32(k)), rank: k >> 32})
	}
	slices.SortFunc(out.List, func(a, b Root) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), a.Near-b.Near, cmp.Compare(a.Item, b.Item))
	})
	out.List = out.List[:min(len(out.List), limit)]
	v.paths(s, alerting, out.List)
	return out
}

// rank is smaller for what comes first; 32 bits.
func rank(covers, depth, of int, sick bool) uint64 {
	depth = min(depth, 1<<16-1)
	covers = rootAlerts - covers
	switch {
	case !sick:
		return 1<<31 | uint64(covers)<<17 | 1<<16 | uint64(depth)
	case of == 1 || rootAlerts-covers > 1 && 2*(rootAlerts-covers) >= of:
		return uint64(covers)<<17 | uint64(1<<16-1-depth)
	}
	return 1<<31 | uint64(covers)<<17 | uint64(1<<16-1-depth)
}

// needers is how many needs there are of an item.
func (v *View) needers(s *scratch, item uint32) (n int) {
	var flags []uint8
	_, flags, s.in = v.in(item, s.in)
	for _, f := range flags {
		if f&flagNeed != 0 {
			n++
		}
	}
	return n
}

// below walks what an item needs, nearest first; it is in s.queue and s.cells.
// False: there was more than may be looked at. It stops when all of want are
// met; nil goes on to the end.
func (v *View) below(s *scratch, item uint32, work *int, want map[uint32]bool) bool {
	s.begin(v.Top())
	s.cells[item] = cell{epoch: s.epoch}
	s.queue = append(s.queue[:0], item)
	left := len(want)
	if want[item] {
		left--
	}
	for head := 0; head < len(s.queue) && (want == nil || left > 0); head++ {
		n := s.queue[head]
		d := s.cells[n].order
		var recs []rec
		recs, s.out = v.out(n, s.out)
		if *work -= len(recs); *work < 0 || len(s.queue) > rootVisits {
			return false
		}
		for i := range recs {
			r := &recs[i]
			if directions[r.kind] == NoNeed || s.known(r.object) {
				continue
			}
			s.cells[r.object] = cell{epoch: s.epoch, parent: n, order: d + 1, via: r.flag()}
			s.queue = append(s.queue, r.object)
			if want[r.object] {
				left--
			}
		}
	}
	return true
}

// paths fills in how the alerting items come to the roots.
func (v *View) paths(s *scratch, alerting []uint32, roots []Root) {
	want := make(map[uint32]bool, len(roots))
	for _, r := range roots {
		want[r.Item] = true
	}
	work := rootWork
	for _, a := range alerting[:min(len(alerting), rootPaths)] {
		v.below(s, a, &work, want)
		for i := range roots {
			if s.known(roots[i].Item) {
				roots[i].Paths = append(roots[i].Paths, Path{a, v.trail(s, a, roots[i].Item)})
			}
		}
	}
}
