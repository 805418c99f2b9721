package oncallweb

import (
	"net/http"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// gathered is what a calendar is drawn from.
type gathered struct {
	duties []oncall.Duty  // in the span
	ahead  []oncall.Duty  // from now on
	covers []oncall.Cover // in the span
	coming []oncall.Cover // that are not over
	holes  []oncall.Hole  // of the next two weeks
	inside []oncall.Hole  // of the span, as far as it is to come
	people []int64        // of the layers
	who    whos
}

// what a schedule's page looks ahead.
const aheadOf = 62 * 24 * time.Hour

// gather asks for what a schedule's calendar shows.
func (p *Pages) gather(r *http.Request, s oncall.Schedule, in span, now time.Time) (d *gathered, err error) {
	ctx := r.Context()
	d = &gathered{}
	if d.duties, err = p.Oncall.Shifts(ctx, s.Name, in.from, in.to); err != nil {
		return nil, err
	}
	if d.ahead, err = p.Oncall.Shifts(ctx, s.Name, now, now.Add(aheadOf)); err != nil {
		return nil, err
	}
	if d.covers, err = p.Oncall.Covers(ctx, s.Name, in.from, in.to); err != nil {
		return nil, err
	}
	if d.coming, err = p.Oncall.Covers(ctx, s.Name, now, now.Add(366*24*time.Hour)); err != nil {
		return nil, err
	}
	loads, err := p.Oncall.Fairness(ctx, s.Name, now, now.Add(time.Hour))
	if err != nil {
		return nil, err
	}
	ids := []int64{}
	for _, l := range loads {
		ids = append(ids, l.Person)
	}
	d.people = slices.Clone(ids)
	own := func(list []oncall.Hole, err error) ([]oncall.Hole, error) {
		return slices.DeleteFunc(list, func(h oncall.Hole) bool { return h.Schedule != s.Name }), err
	}
	if d.holes, err = own(p.Oncall.Holes(ctx, now, now.Add(holesAhead))); err != nil {
		return nil, err
	}
	if in.to.After(now) {
		if d.inside, err = own(p.Oncall.Holes(ctx, in.from, in.to)); err != nil {
			return nil, err
		}
	}
	for _, h := range slices.Concat(d.holes, d.inside) {
		ids = append(ids, h.People...)
	}
	d.who, err = p.names(ctx, slices.Concat(d.duties, d.ahead), slices.Concat(d.covers, d.coming), ids...)
	return d, err
}

// why cuts a gap into parts by their reasons: who is away or gone, or that it
// was planned so.
func (d *gathered) why(gap oncall.Duty) []gapPart { return partsOf(gap, d.inside, d.who) }

func partsOf(gap oncall.Duty, holes []oncall.Hole, who whos) (out []gapPart) {
	at := gap.From
	for _, h := range slices.SortedStableFunc(slices.Values(holes), func(a, b oncall.Hole) int { return a.From.Compare(b.From) }) {
		if !h.Uncovered() || !gap.Until.IsZero() && !h.From.Before(gap.Until) || !h.Until.IsZero() && !h.Until.After(at) {
			continue
		}
		if h.From.After(at) && !at.IsZero() {
			out = append(out, gapPart{Duty: oncall.Duty{From: at, Until: h.From}, Planned: true})
		}
		p := gapPart{Duty: oncall.Duty{From: h.From, Until: h.Until}}
		switch h.Kind {
		case oncall.HoleAway:
			p.Why = who.names(h.People) + " away"
		case oncall.HoleGone:
			p.Why = who.names(h.People) + " gone"
		case oncall.HolePlanned:
			p.Planned = true
		}
		out = append(out, p)
		if at = h.Until; at.IsZero() {
			return out
		}
	}
	if len(out) == 0 {
		return []gapPart{{Duty: gap}}
	}
	if gap.Until.IsZero() || at.Before(gap.Until) {
		out = append(out, gapPart{Duty: oncall.Duty{From: at, Until: gap.Until}, Planned: true})
	}
	return out
}

// hues are the colours of everybody that the schedule's pictures show.
func (d *gathered) hues(more ...int64) map[int64]int {
	for _, c := range slices.Concat(d.coming, d.covers) {
		more = append(more, c.Person, c.Instead)
	}
	for _, x := range d.duties {
		more = append(more, x.People...)
	}
	return huesOf(d.people, more...)
}

// picture draws a schedule: what results on top, what lies over the layers,
// and the layers from the top.
func (p *Pages) picture(s oncall.Schedule, in span, d *gathered, now time.Time) (*Lanes, error) {
	l := newLanes(in, d.who, d.hues(), now)
	l.add("On call", "what results", d.duties, true, d.why)
	l.say(s.Title(), d.duties)
	l.covers(slices.Clone(d.covers))
	if len(s.Spec.Layers) == 1 && len(d.covers) == 0 {
		return l, nil // the layer is what results
	}
	for i := len(s.Spec.Layers) - 1; i >= 0; i-- {
		if duties, ok := alone(s.Spec, i, d.who, in); ok {
			spec := s.Spec.Layers[i]
			name := spec.Name
			if name == "" {
				name = "layer " + string(rune('1'+i%9))
			}
			l.add(name, every(spec.Every), duties, false, nil)
		}
	}
	return l, nil
}

// alone computes one layer as if it were the only one.
func alone(s oncall.Spec, i int, who whos, in span) ([]oncall.Duty, bool) {
	byHandle := make(map[string]int64, len(who))
	for id, x := range who {
		byHandle[x.Handle] = id
	}
	one := oncall.Spec{Zone: s.Zone, Layers: s.Layers[i : i+1]}
	rota, err := one.Compile(func(h string) (int64, bool) { id, ok := byHandle[h]; return id, ok })
	if err != nil {
		return nil, false // somebody was renamed a moment ago; the result's lane is right
	}
	return rota.Between(in.from, in.to), true
}

// rowOfCover puts a cover into a list.
func rowOfCover(c oncall.Cover, who whos, v *web.View, loc *time.Location) coverRow {
	row := coverRow{Key: c.Ref().String(), Path: c.Ref().Path(), What: coverWords(c, who), Kind: string(c.Kind), When: when(c.From, c.To, loc), Reason: c.Reason,
		Now: !c.From.After(v.Now) && c.To.After(v.Now), Person: who.person(c.Person)}
	if c.Kind == oncall.Absence {
		row.Person = who.person(c.Instead)
	}
	me := v.Actor.Person
	row.Mine = me != 0 && (c.Person == me || c.Instead == me)
	if c.Removed.IsZero() && c.To.After(v.Now) && v.May(actor.Respond) && (v.May(actor.Configure) || row.Mine || me != 0 && c.By == me) {
		row.End = row.Path + "/end"
	}
	return row
}
