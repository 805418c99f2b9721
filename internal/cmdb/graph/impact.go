package graph

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
