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
	rootVisits = 20_000  // items below one of them
	rootWork   = 2000000 // relations looked at, in all
	rootPaths  = 64
)

// Roots finds the deepest unhealthy common dependency of alerting items. First
// come items known to be unwell that cover at least half of the alerting ones,
// for something that everything needs covers everything and explains nothing;
// then by how many they cover, unwell before unknown, deeper before nearer,
// special before general.
func (v *View) Roots(sy Symptoms) Roots {
	s := v.pool.get(v.Top())
	defer v.pool.put(s)
	sick := map[uint32]bool{}
	for _, n := range sy.Unhealthy {
		sick[n] = true
	}
	alerting := slices.Compact(slices.Sorted(slices.Values(sy.Alerting)))
	alerting = slices.DeleteFunc(alerting, func(n uint32) bool { return n == 0 || n >= v.Top() })
	for _, n := range alerting {
		sick[n] = true
	}
	var out Roots
	if len(alerting) > rootAlerts {
		alerting, out.Partial = alerting[:rootAlerts], true
	}
	type found struct{ covers, depth int }
	all := map[uint32]*found{}
	work := rootWork
	for _, a := range alerting {
		if !v.below(s, a, &work, nil) {
			out.Partial = true
		}
		for _, n := range s.queue {
			f := all[n]
			if f == nil {
				f = &found{}
				all[n] = f
			}
			f.covers++
			f.depth = max(f.depth, int(s.cells[n].order))
		}
	}
	for n, f := range all {
		if sick[n] || sy.Healthy == nil || !sy.Healthy(n) {
			out.List = append(out.List, Root{Item: n, Covers: f.covers, Unhealthy: sick[n], Depth: f.depth})
		}
	}
	half := func(r Root) int {
		if r.Unhealthy && 2*r.Covers >= len(alerting) {
			return 0
		}
		return 1
	}
	order := func(a, b Root) int {
		return cmp.Or(half(a)-half(b), b.Covers-a.Covers, sickFirst(a)-sickFirst(b), b.Depth-a.Depth, a.Near-b.Near, cmp.Compare(a.Item, b.Item))
	}
	limit := sy.Limit
	if limit <= 0 {
		limit = 10
	}
	slices.SortFunc(out.List, order)
	out.List = out.List[:min(len(out.List), 8*limit)] // of those only, who needs them is counted
	for i := range out.List {
		_, flags, _ := v.in(out.List[i].Item, s.in)
		for _, f := range flags {
			if f&flagNeed != 0 {
				out.List[i].Near++
			}
		}
	}
	slices.SortFunc(out.List, order)
	out.List = out.List[:min(len(out.List), limit)]
	v.paths(s, alerting, out.List)
	return out
}

func sickFirst(r Root) int {
	if r.Unhealthy {
		return 0
	}
	return 1
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
