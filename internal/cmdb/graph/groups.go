package graph

import "slices"

// sum counts the members of one group.
type sum struct {
	group, last uint32 // last member: one needed in two ways counts once
	k, n        int
	down, weak  int
	hard        bool
	blame       uint32
	worst       Level
	via         uint8
}

// groups looks at the redundancy groups of an item again.
func (w *walk) groups(t touched) {
	c := &w.cells[t.item]
	one := c.dirty == 1
	c.dirty = 0
	var recs []rec
	recs, w.out = w.v.out(t.item, w.out)
	if !one {
		for _, g := range w.tally(recs) {
			w.judge(t.item, &g)
		}
		return
	}
	// Only the groups that the member is in; it may be in several by kind.
	i := 0
	if len(recs) > 64 { // below, reading on is faster than jumping
		i = find(recs, uint64(t.member)<<8, recKey)
	}
	for i < len(recs) && recs[i].object < t.member {
		i++
	}
	last := uint32(0)
	for ; i < len(recs) && recs[i].object == t.member; i++ {
		group := recs[i].group
		if group == 0 || group == last || directions[recs[i].kind] == NoNeed {
			continue
		}
		last = group
		g := sum{group: group}
		for j := range recs {
			if r := &recs[j]; r.group == group && directions[r.kind] != NoNeed {
				g.add(r, w.level(r.object))
			}
		}
		w.judge(t.item, &g)
	}
}

func (w *walk) judge(item uint32, g *sum) {
	if level := g.verdict(); level > Exposed {
		w.raise(item, level, g.blame, g.via)
	}
}

// tally counts all groups of an item with the levels of now.
func (w *walk) tally(recs []rec) []sum {
	w.sums = w.sums[:0]
	var at map[uint32]int
	for i := range recs {
		r := &recs[i]
		if r.group == 0 || directions[r.kind] == NoNeed {
			continue
		}
		n := -1
		if at == nil {
			n = slices.IndexFunc(w.sums, func(g sum) bool { return g.group == r.group })
		} else if j, ok := at[r.group]; ok {
			n = j
		}
		if n < 0 {
			n = len(w.sums)
			w.sums = append(w.sums, sum{group: r.group})
			if at != nil {
				at[r.group] = n
			} else if n == 32 { // an item with very many groups
				at = make(map[uint32]int, 64)
				for j := range w.sums {
					at[w.sums[j].group] = j
				}
			}
		}
		w.sums[n].add(r, w.level(r.object))
	}
	return w.sums
}

// add counts one relation of a group.
func (g *sum) add(r *rec, level Level) {
	g.k = max(g.k, int(r.need), 1)
	g.hard = g.hard || r.mark&hardMark != 0
	if g.n > 0 && g.last == r.object {
		return
	}
	g.n, g.last = g.n+1, r.object
	switch level {
	case Down:
		g.down++
	case Degraded:
		g.weak++
	}
	if level > g.worst {
		g.worst, g.blame, g.via = level, r.object, r.flag()
	}
}

// verdict is what a group does to who needs it.
func (g *sum) verdict() Level {
	level := None
	switch k := min(g.k, g.n); {
	case g.worst == None:
	case g.n-g.down < k:
		level = Down
	case g.n-g.down-g.weak < k:
		level = Degraded
	case g.down+g.weak > 0:
		level = AtRisk
	default:
		level = Exposed
	}
	if g.hard || level <= Exposed {
		return level
	}
	if level == Down {
		return Degraded
	}
	return Exposed
}
