package graph

import "sync"

// Hit is an item that is affected. Causes are among the hits, with Depth 0.
type Hit struct {
	Item  uint32
	Level Level
	Depth int32 // steps to the cause that is blamed
	on    uint32
	via   uint8
	blame int32 // the hit that On is; -1 of a cause
}

// Result is what Impact found. It may be kept; it holds on to its view.
type Result struct {
	Hits                            []Hit // worst first, then nearest to a cause
	Down, Degraded, AtRisk, Exposed int   // how many there are, listed or not; Exposed only if asked
	view                            *View
	once                            sync.Once
	place                           map[uint32]int32
}

// Hidden is how many hits are not listed.
func (r *Result) Hidden() int { return r.Down + r.Degraded + r.AtRisk + r.Exposed - len(r.Hits) }

// result lists the hits. The one to blame always comes before: its level is
// higher, or the same and was reached earlier.
func (w *walk) result(limit int) *Result {
	r := &Result{view: w.v}
	var count [Down + 1]int
	for i, item := range w.log {
		if c := &w.cells[item]; c.order == uint32(i) {
			count[c.level]++
		}
	}
	r.Down, r.Degraded, r.AtRisk, r.Exposed = count[Down], count[Degraded], count[AtRisk], count[Exposed]
	total := r.Down + r.Degraded + r.AtRisk + r.Exposed
	if limit <= 0 || limit > total {
		limit = total
	}
	r.Hits = make([]Hit, 0, limit)
	for level := Down; level > None; level-- {
		left := count[level]
		for i := 0; left > 0 && len(r.Hits) < limit; i++ {
			item := w.log[i]
			c := &w.cells[item]
			if c.dirty != 0 || c.order != uint32(i) || c.level != level {
				continue
			}
			left--
			h := Hit{Item: item, Level: level, on: c.parent, via: c.via, blame: -1}
			if c.parent != 0 {
				h.blame = int32(w.cells[c.parent].order)
				h.Depth = r.Hits[h.blame].Depth + 1
			}
			c.order, c.dirty = uint32(len(r.Hits)), 1 // listed
			r.Hits = append(r.Hits, h)
		}
	}
	return r
}

// Level is that of an item among the listed hits.
func (r *Result) Level(item uint32) Level {
	if i, ok := r.find(item); ok {
		return r.Hits[i].Level
	}
	return None
}

func (r *Result) find(item uint32) (int32, bool) {
	r.once.Do(func() {
		r.place = make(map[uint32]int32, len(r.Hits))
		for i := range r.Hits {
			r.place[r.Hits[i].Item] = int32(i)
		}
	})
	i, ok := r.place[item]
	return i, ok
}

// Step says why one item has its level: because of an item that it needs.
type Step struct {
	Item  uint32
	Level Level
	On    uint32 // what it needs; 0: it is a cause itself
	As    Level  // the level of On
	Edge  Edge   // the relation
	Group *Lack  // set when the relation is one of a redundancy group
}

// Lack is what a redundancy group has lost.
type Lack struct {
	Name       string
	Need, Of   int      // k of n
	Down, Weak []uint32 // members that are down, and degraded; at most 32 each
	Gone       int      // how many are down
	Poor       int      // how many are degraded
}

const lackMost = 32

// Why explains a listed hit, step by step back to a cause, which is the last
// one. It is nil for an item that is not listed.
func (r *Result) Why(item uint32) []Step {
	i, ok := r.find(item)
	if !ok {
		return nil
	}
	var steps []Step
	for ; i >= 0; i = r.Hits[i].blame {
		h := &r.Hits[i]
		s := Step{Item: h.Item, Level: h.Level, On: h.on}
		if h.on != 0 {
			s.As = r.Hits[h.blame].Level
			s.Edge, _ = r.view.between(h.Item, h.on, h.via&flagKind)
			if h.via&flagGroup != 0 && h.Level > Exposed {
				s.Group = r.lack(h.Item, s.Edge.Group)
			}
		}
		steps = append(steps, s)
	}
	return steps
}

// lack looks at a group as the result left it.
func (r *Result) lack(item, group uint32) *Lack {
	l := &Lack{Name: r.view.Group(group)}
	g := sum{}
	recs, _ := r.view.out(item, nil)
	for i := range recs {
		if recs[i].group != group || directions[recs[i].kind] == NoNeed {
			continue
		}
		level := r.Level(recs[i].object)
		before := g
		g.add(&recs[i], level)
		if g.down > before.down && len(l.Down) < lackMost {
			l.Down = append(l.Down, recs[i].object)
		}
		if g.weak > before.weak && len(l.Weak) < lackMost {
			l.Weak = append(l.Weak, recs[i].object)
		}
	}
	l.Need, l.Of, l.Gone, l.Poor = min(g.k, g.n), g.n, g.down, g.weak
	return l
}

// Why explains why an item is hit by the causes: the chain of steps back to
// one of them. Nil: it is not.
func (v *View) Why(item uint32, causes []Cause) []Step {
	if why := v.Impact(causes, Options{}).Why(item); why != nil {
		return why
	}
	return v.Impact(causes, Options{Exposed: true}).Why(item)
}
