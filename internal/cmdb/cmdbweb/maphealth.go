package cmdbweb

import (
	"context"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// The words for health. Unknown is not fine.
const (
	fine     = "ok"
	degraded = "degraded"
	down     = "down"
	unknown  = "unknown"
)

var worse = []string{unknown, fine, degraded, down} // from best to worst, as far as anybody knows

// mostTold bounds the hidden items of which the health is asked.
const mostTold = 20_000

// health asks how the boxes are, and what they hide. A box is as unwell as the
// worst thing in it, and then says that it is something inside.
func (p *Pages) health(ctx context.Context, g *gather, l Look) error {
	var items []cmdb.Item
	hidden := map[*Box][]uint32{}
	for _, b := range g.m.Boxes {
		b.Health, b.own = unknown, unknown
		if b.Item == 0 {
			continue
		}
		items = append(items, cmdb.Item{ID: int64(b.Item), Kind: b.Kind, Name: b.Name, Team: b.Team})
		if b.Inside > 0 && !b.Frame && len(items)+b.Inside <= mostTold {
			hidden[b] = g.inside(b.Item)[1:]
			for _, id := range hidden[b] {
				items = append(items, cmdb.Item{ID: int64(id), Kind: g.v.Node(id).Kind})
			}
		}
	}
	if p.Health == nil || !l.At.IsZero() { // what it was then nobody kept
		return nil
	}
	known, err := p.Health(ctx, items)
	if err != nil {
		return err
	}
	for _, b := range g.m.Boxes {
		if h, ok := known[int64(b.Item)]; ok && b.Item != 0 {
			b.Health, b.own = h, h
		}
		n := map[string]int{}
		for _, id := range hidden[b] {
			n[known[int64(id)]]++
		}
		for _, h := range []string{down, degraded} {
			if n[h] > 0 {
				b.Inner = fmt.Sprintf("%d of %d inside %s", n[h], len(hidden[b]), h)
				if slices.Index(worse, h) > slices.Index(worse, b.Health) {
					b.Health = h
				}
				break
			}
		}
	}
	return nil
}

// levels marks what the causes do to the boxes, and the lines that carry it.
func (g *gather) levels(r *graph.Result) {
	if r == nil {
		return
	}
	for _, b := range g.m.Boxes {
		if b.Item == 0 {
			continue
		}
		b.Level, b.Inner = r.Level(b.Item), ""
		b.Cause = slices.Contains(g.m.Causes, b.Item)
		if !b.Frame && b.Inside > 0 {
			for _, c := range g.m.Causes {
				b.Cause = b.Cause || g.box(c) == b.Item
			}
			g.innerLevel(b, r)
		}
	}
	for _, l := range g.m.Lines {
		to := g.m.by[l.To]
		worst := to.Level
		for _, b := range g.m.Boxes {
			if to.Group != nil && b.In == to.ID {
				worst = max(worst, b.Level)
			}
		}
		l.Blame = worst > graph.None && g.m.by[l.From].Level > graph.None
	}
}

// innerLevel says what is hit in a box that hides it. What the box itself is
// to its users is worked out and stays; one that is not hit shows what is.
func (g *gather) innerLevel(b *Box, r *graph.Result) {
	n, hidden := map[graph.Level]int{}, g.inside(b.Item)[1:]
	worst := graph.None
	for _, id := range hidden {
		l := r.Level(id)
		n[l]++
		worst = max(worst, l)
	}
	if worst > b.Level {
		b.Inner = fmt.Sprintf("%d of %d inside %s", n[worst], len(hidden), levelWord(worst))
	}
	if b.Level == graph.None {
		b.Level = worst
	}
}

// words says how redundancy groups are doing.
func (m *Map) words() {
	in := map[string][]*Box{}
	for _, b := range m.Boxes {
		in[b.In] = append(in[b.In], b)
	}
	for _, f := range m.Boxes {
		if f.Group == nil {
			continue
		}
		gone, weak, known := 0, 0, len(m.Causes) > 0
		for _, b := range in[f.ID] {
			bad, poor := b.own == down, b.own == degraded
			if len(m.Causes) > 0 { // what is asked is what they do, not how things are
				bad, poor = b.Level == graph.Down, b.Level == graph.Degraded
			}
			known = known || b.own != unknown
			gone, weak = gone+one(bad), weak+one(poor)
		}
		f.Group.say(gone, weak, known)
	}
}

// say puts a group in words; of one of which nothing is known only what is needed.
func (x *Group) say(gone, weak int, known bool) {
	up := x.Of - gone
	x.Says = fmt.Sprintf("%d of %d needed", x.Need, x.Of)
	if !known {
		return
	}
	switch spare := up - x.Need; {
	case spare < 0:
		x.Says += fmt.Sprintf(" · %d up, too few", up)
		x.Tone = down
	case spare == 0 && x.Of > x.Need:
		x.Says += fmt.Sprintf(" · %d up, no spare", up)
		x.Tone = "risk"
	case gone > 0:
		x.Says += fmt.Sprintf(" · %d up, %d spare", up, spare)
		x.Tone = "risk"
	case up-weak < x.Need:
		x.Tone = degraded
	case weak > 0:
		x.Tone = "risk"
	default:
		x.Says += " · all up"
	}
}
