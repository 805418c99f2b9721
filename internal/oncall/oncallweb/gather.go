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
	base   *oncall.Rota   // the layers without covers; nil: not known
	in     span
	people []int64 // of the layers
	who    whos
}

// what a schedule's page looks ahead.
const aheadOf = 62 * 24 * time.Hour

// gather asks for what a schedule's calendar shows.
func (p *Pages) gather(r *http.Request, s oncall.Schedule, in span, now time.Time) (d *gathered, err error) {
	ctx := r.Context()
	d = &gathered{in: in}
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
	if d.who, err = p.names(ctx, slices.Concat(d.duties, d.ahead), slices.Concat(d.covers, d.coming), ids...); err != nil {
		return nil, err
	}
	d.base, _ = s.Spec.Compile(d.who.number) // nil if somebody was renamed a moment ago: gaps are then not explained
	d.look(s, now)
	return d, nil
}

// number is who has a handle.
func (w whos) number(handle string) (int64, bool) {
	for id, x := range w {
		if x.Handle == handle {
			return id, true
		}
	}
	return 0, false
}

// look finds the holes of the next two weeks, and people who are gone.
func (d *gathered) look(s oncall.Schedule, now time.Time) {
	until := now.Add(holesAhead)
	for _, x := range d.ahead {
		if !x.Gap() || !x.From.Before(until) {
			continue
		}
		for _, h := range d.parts(x, now, until) {
			h.Schedule, h.Title = s.Name, s.Title()
			d.holes = append(d.holes, h)
		}
	}
	var gone []int64
	for _, id := range d.people {
		if d.who[id].Gone {
			gone = append(gone, id)
		}
	}
	if len(gone) > 0 && !slices.ContainsFunc(d.holes, func(h oncall.Hole) bool { return h.Kind == oncall.HoleGone }) {
		d.holes = append(d.holes, oncall.Hole{Schedule: s.Name, Title: s.Title(), Kind: oncall.HoleGone, People: gone, Text: "somebody in the layers can no longer be paged; others cover for now, edit the schedule"})
	}
}

// parts cuts a gap within a time by what the layers alone would have, as
// oncall's own holes do for all schedules.
func (d *gathered) parts(gap oncall.Duty, from, to time.Time) (out []oncall.Hole) {
	if gap.From.After(from) {
		from = gap.From
	}
	if !gap.Until.IsZero() && gap.Until.Before(to) {
		to = gap.Until
	}
	if d.base == nil || !from.Before(to) {
		return nil
	}
	for _, b := range d.base.Between(from, to) {
		h := oncall.Hole{Kind: oncall.HolePlanned, From: from, Until: to, People: b.People, Text: "the layers have nobody on call then"}
		if b.From.After(from) {
			h.From = b.From
		}
		if !b.Until.IsZero() && b.Until.Before(to) {
			h.Until = b.Until
		}
		switch {
		case slices.ContainsFunc(b.People, func(id int64) bool { return d.who[id].Gone }):
			h.Kind, h.Text = oncall.HoleGone, "who would be on call can no longer be paged; edit the schedule or put somebody in"
		case !b.Gap():
			h.Kind, h.Text = oncall.HoleAway, "who would be on call is away and nobody stands in; put somebody in"
		}
		if n := len(out) - 1; n >= 0 && out[n].Kind == h.Kind && slices.Equal(out[n].People, h.People) {
			out[n].Until = h.Until
			continue
		}
		out = append(out, h)
	}
	return out
}

// why cuts a gap into parts by their reasons: who is away or gone, or that it
// was planned so.
func (d *gathered) why(gap oncall.Duty) []gapPart {
	return partsOf(gap, d.parts(gap, d.in.from, d.in.to), d.who)
}

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
