package opsgenie

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

func mapSchedule(d *movein.Draft, s schedule) {
	record := "schedule " + s.Name
	zone, loc := d.Zone(record, s.Zone)
	spec := &oncall.Spec{Title: movein.Title(s.Name), Description: movein.Text(s.Description), Zone: zone, Team: d.NameOf("team", s.Team.ID)}
	if s.Enabled != nil && !*s.Enabled {
		d.Note(record, "is disabled there; a schedule here is always in force", "take it out of policies, or delete its file")
	}
	for _, r := range s.Rotations {
		if l, ok := mapRotation(d, record, r, loc); ok {
			l.Beside = len(spec.Layers) > 0
			spec.Layers = append(spec.Layers, l)
		}
	}
	if len(spec.Layers) == 0 {
		d.Note(record, "has no rotation that goes on", "nothing, if it is not used; policies that name it lose that target")
		return
	}
	name := d.Name("schedule", s.ID, s.Name)
	d.Schedules[name] = spec
	for _, o := range s.Overrides {
		if !o.End.After(d.Now) {
			continue
		}
		if o.User.Type != "" && o.User.Type != "user" {
			d.Note(record, "an override from "+movein.Wall(o.Start, loc)+" puts "+o.User.Type+" "+o.User.called()+" in", "enter an override with a person")
			continue
		}
		handle, ok := d.Handle(o.User.ID, record)
		if !ok {
			continue
		}
		if len(o.Of) > 0 && len(spec.Layers) > 1 {
			d.Note(record, "the override of "+handle+" from "+movein.Wall(o.Start, loc)+" is for some rotations only; here it stands before all layers", "change it to stand in for one person")
		}
		d.Covers = append(d.Covers, movein.Cover{Schedule: name, Person: handle, From: o.Start.UTC(), To: o.End.UTC(), Reason: "Override in Opsgenie"})
	}
}

var units = map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour}

func mapRotation(d *movein.Draft, record string, r rotation, loc *time.Location) (l oncall.LayerSpec, ok bool) {
	record += ", rotation " + r.Name
	if !r.End.IsZero() && !r.End.After(d.Now) {
		return l, false
	}
	every, ok := movein.Every(units[r.Type] * time.Duration(max(r.Length, 1)))
	if !ok {
		d.Note(record, "its type "+r.Type+" is not known, or its turn longer than a year", "write the length of its turns")
		return l, false
	}
	if !movein.Plausible(r.Start) || !r.End.IsZero() && !movein.Plausible(r.End) {
		d.Note(record, "its start or end is no time that can be", "write the layer by hand")
		return l, false
	}
	l = oncall.LayerSpec{Name: movein.Title(r.Name), Start: movein.Wall(r.Start, loc), Every: every}
	for _, p := range r.Participants {
		if p.Type != "user" {
			d.Note(record, "has a turn of "+strings.TrimSpace(p.Type+" "+p.called())+"; a turn here has people", "put people there; the turns of all others come earlier until then")
			continue
		}
		if handle, ok := d.Handle(p.ID, record); ok {
			l.Shifts = append(l.Shifts, []string{handle})
		}
	}
	if len(l.Shifts) == 0 {
		d.Note(record, "nobody is in it", "nothing, if that is meant")
		return l, false
	}
	if !r.End.IsZero() {
		l.End = movein.Wall(r.End, loc)
	}
	list := r.Restriction.Many
	if r.Restriction.One != nil {
		list = append([]hours{*r.Restriction.One}, list...)
	}
	for _, h := range list {
		from, to := h.StartHour*3600+h.StartMin*60, h.EndHour*3600+h.EndMin*60
		if r.Restriction.Type == "weekday-and-time-of-day" {
			a, b := slices.Index(days, strings.ToLower(h.StartDay)), slices.Index(days, strings.ToLower(h.EndDay))
			if a < 0 || b < 0 {
				d.Note(record, "a restriction cannot be read: "+h.StartDay+" to "+h.EndDay, "write its hours by hand")
				continue
			}
			from, to = from+a*86400, to+b*86400
			l.Only = append(l.Only, movein.Weekly(from, ((to-from)%(7*86400)+7*86400)%(7*86400))...)
		} else {
			l.Only = append(l.Only, movein.Daily(from, ((to-from)%86400+86400)%86400)...)
		}
	}
	return l, true
}

var days = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
