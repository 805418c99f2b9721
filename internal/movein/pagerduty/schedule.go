package pagerduty

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

func mapSchedule(d *movein.Draft, s schedule) {
	record := "schedule " + s.Name
	zone, loc := d.Zone(record, s.Zone)
	spec := &oncall.Spec{Title: movein.Title(s.Name), Description: movein.Text(s.Description), Zone: zone}
	if len(s.Teams) > 0 {
		spec.Team = d.NameOf("team", s.Teams[0].ID)
	}
	for _, l := range slices.Backward(s.Layers) { // ours: the last one on top
		if out, ok := mapLayer(d, record, l, loc); ok {
			spec.Layers = append(spec.Layers, out)
		}
	}
	if len(spec.Layers) == 0 {
		d.Note(record, "none of its layers goes on", "nothing, if it is not used; policies that name it lose that target")
		return
	}
	shifts, except := entries(s.Final.Entries), entries(s.Overrides)
	if len(spec.Layers) > 1 {
		turned := *spec
		turned.Layers = slices.Clone(spec.Layers)
		slices.Reverse(turned.Layers)
		here, n, _ := d.Agreement(*spec, shifts, except)
		there, _, _ := d.Agreement(turned, shifts, except)
		if n > 0 && there > here {
			spec = &turned
		}
	}
	d.Compare(record, *spec, shifts, except)
	name := d.Name("schedule", s.ID, s.Name)
	d.Schedules[name] = spec
	for _, o := range s.Overrides {
		if handle, ok := d.Handle(o.User.ID, record); ok && o.End.After(d.Now) {
			d.Covers = append(d.Covers, movein.Cover{Schedule: name, Person: handle, From: o.Start.UTC(), To: o.End.UTC(), Reason: "Override in PagerDuty"})
		}
	}
}

func entries(list []entry) []movein.Shift {
	out := make([]movein.Shift, len(list))
	for i, e := range list {
		out[i] = movein.Shift{Person: e.User.ID, From: e.Start, To: e.End}
	}
	return out
}

// mapLayer maps a layer; ok is false for one that is over or has nobody.
func mapLayer(d *movein.Draft, record string, l layer, loc *time.Location) (out oncall.LayerSpec, ok bool) {
	record += ", layer " + l.Name
	if !l.End.IsZero() && !l.End.After(d.Now) {
		return out, false // PagerDuty keeps every layer there ever was
	}
	turn := time.Duration(l.Turn) * time.Second
	every, ok := movein.Every(turn)
	if !ok {
		d.Note(record, "its turns last "+turn.String()+"; here they are whole minutes, from an hour to a year", "write another length")
		return out, false
	}
	var shifts [][]string
	for _, u := range l.Users {
		if handle, ok := d.Handle(u.User.ID, record); ok {
			shifts = append(shifts, []string{handle})
		}
	}
	if len(shifts) == 0 {
		d.Note(record, "nobody is in it", "nothing, if that is meant")
		return out, false
	}
	anchor := l.Anchor
	if anchor.IsZero() {
		anchor = l.Start
	}
	if !movein.Plausible(anchor) || !l.End.IsZero() && !movein.Plausible(l.End) {
		d.Note(record, "its start or end is no time that can be", "write the layer by hand")
		return out, false
	}
	first, skip, early := movein.First(anchor, l.Start, turn, len(shifts), loc)
	if early && l.Start.After(d.Now) {
		d.Note(record, "begins in the middle of a turn, at "+movein.Wall(l.Start, loc)+"; here a layer begins with a turn, "+first, "take the layer out until then, or enter an override")
	}
	out = oncall.LayerSpec{Name: movein.Title(l.Name), Start: first, Every: every, Shifts: movein.Turned(shifts, skip)}
	if !l.End.IsZero() {
		out.End = movein.Wall(l.End, loc)
	}
	for _, r := range l.Restrictions {
		at, err := time.Parse("15:04:05", r.Start)
		if err != nil || r.Seconds <= 0 {
			d.Note(record, "a restriction cannot be read: "+r.Start, "write its hours by hand")
			continue
		}
		second := at.Hour()*3600 + at.Minute()*60
		if r.Type == "weekly_restriction" {
			out.Only = append(out.Only, movein.Weekly((max(r.Day, 1)-1)*86400+second, r.Seconds)...)
		} else {
			out.Only = append(out.Only, movein.Daily(second, r.Seconds)...)
		}
	}
	return out, true
}
