package graph

import "slices"

// Level is how badly an item is hit. Higher is worse.
type Level uint8

// The levels. Exposed: it reaches a cause by what it needs, and nothing worse.
// AtRisk: a redundancy group lost members and still has enough. Degraded: it
// works worse. Down: it does not work.
const (
	None Level = iota
	Exposed
	AtRisk
	Degraded
	Down
)

// String is the level's word.
func (l Level) String() string {
	return [...]string{"none", "exposed", "at risk", "degraded", "down"}[min(l, Down)]
}

// Cause is an item that is down or degraded by itself.
type Cause struct {
	Item  uint32
	Level Level // Down or Degraded
}

// Options say how much is asked.
type Options struct {
	Exposed bool // list what merely reaches a cause, too: may be a large part of the graph
	Limit   int  // most hits to list, the worst and nearest ones; 0: all. They are counted anyway
}

// Impact is what breaks if the causes do: the least levels that satisfy
//
//	a hard need of its own    on DOWN: DOWN, on DEGRADED: DEGRADED
//	a soft need of its own    on DOWN: DEGRADED
//	a group, k of n members   fewer than k not DOWN: DOWN; fewer than k healthy: DEGRADED; any not healthy: AT RISK
//	a group of soft needs     what would be DOWN is DEGRADED, all else EXPOSED
//	anything else that reaches a cause: EXPOSED
//
// an item's level being the worst of its own and of all its needs. Members of
// a group are items: one that is needed in two ways counts once.
func (v *View) Impact(causes []Cause, opt Options) *Result {
	s := v.pool.get(v.Top())
	defer v.pool.put(s)
	w := v.spread(s, causes, opt.Exposed)
	return w.result(opt.Limit)
}

// walk spreads levels over a view.
type walk struct {
	*scratch
	v *View
}

// spread finds the levels of all items; they are in the scratch's cells.
func (v *View) spread(s *scratch, causes []Cause, exposed bool) *walk {
	s.begin(v.Top())
	w := &walk{s, v}
	for _, c := range causes {
		if c.Item < v.Top() && c.Level != None {
			w.raise(c.Item, min(c.Level, Down), 0, 0)
		}
	}
	for head := 0; head < len(s.queue) || len(s.dirty) > 0; {
		for ; head < len(s.queue); head++ {
			w.pass(s.queue[head])
		}
		s.queue, head = s.queue[:0], 0
		round := len(s.dirty)
		for i := range round {
			w.groups(s.dirty[i])
		}
		s.dirty = s.dirty[:copy(s.dirty, s.dirty[round:])]
	}
	if exposed {
		w.expose()
	}
	return w
}

// raise lifts an item to a level if it is below.
func (w *walk) raise(item uint32, level Level, parent uint32, via uint8) {
	c := &w.cells[item]
	if c.epoch != w.epoch {
		*c = cell{epoch: w.epoch}
	}
	if level <= c.level {
		return
	}
	c.level, c.parent, c.via, c.order = level, parent, via, uint32(len(w.log))
	w.log = append(w.log, item)
	if level >= Degraded {
		w.queue = append(w.queue, item)
	}
}

// level is what an item has so far.
func (w *walk) level(item uint32) Level {
	if c := &w.cells[item]; c.epoch == w.epoch {
		return c.level
	}
	return None
}

// pass tells those that need an item of its level.
func (w *walk) pass(item uint32) {
	c := &w.cells[item]
	if c.sent >= c.level {
		return
	}
	level := c.level
	c.sent = level
	var subject []uint32
	var flag []uint8
	subject, flag, w.in = w.v.in(item, w.in)
	for i, f := range flag {
		switch {
		case f&flagNeed == 0:
		case f&flagGroup != 0:
			c := &w.cells[subject[i]]
			if c.epoch != w.epoch {
				*c = cell{epoch: w.epoch}
			}
			switch {
			case c.level >= level: // a group is never worse than its worst member
			case c.dirty == 0:
				c.dirty = 1
				w.dirty = append(w.dirty, touched{subject[i], item})
			default:
				c.dirty = 2
			}
		case f&flagHard != 0:
			w.raise(subject[i], level, item, f)
		case level == Down:
			w.raise(subject[i], Degraded, item, f)
		}
	}
}

// sum counts the members of one group.
type sum struct {
	group, last  uint32 // last member: one needed in two ways counts once
	k, n         int
	down, weak   int
	hard         bool
	blame        uint32
	level, worst Level
	via          uint8
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

// expose finds all that reach what has a level.
func (w *walk) expose() {
	for head := 0; head < len(w.log); head++ {
		item := w.log[head]
		c := &w.cells[item]
		if c.order != uint32(head) {
			continue // it was raised again later and comes then
		}
		var subject []uint32
		var flag []uint8
		subject, flag, w.in = w.v.in(item, w.in)
		for i, f := range flag {
			if f&flagNeed != 0 {
				w.raise(subject[i], Exposed, item, f)
			}
		}
	}
}
