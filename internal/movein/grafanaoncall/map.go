package grafanaoncall

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// Map makes a draft of an export. accounts are the people who are here.
func (x *Export) Map(accounts []movein.Account, now time.Time) *movein.Draft {
	d := movein.New("Grafana OnCall", now)
	var people []movein.Person
	for _, u := range x.Users {
		people = append(people, movein.Person{ID: u.ID, Name: cmp.Or(u.Name, u.Username), Email: u.Email, Zone: u.Zone})
	}
	d.Meet(people, accounts)
	for _, t := range x.Teams {
		spec := &auth.TeamSpec{Title: movein.Title(t.Name)}
		for _, u := range x.Users {
			if handle, ok := d.Handle(u.ID, "team "+t.Name); ok && slices.Contains(u.Teams, t.ID) {
				spec.Members = append(spec.Members, auth.MemberSpec{Person: handle})
			}
		}
		if len(spec.Members) == 0 {
			d.Note("team "+t.Name, "the API does not say who is in it", "add its members to its file")
		}
		d.Teams[d.Name("team", t.ID, t.Name)] = spec
	}
	for _, s := range x.Schedules {
		x.mapSchedule(d, s)
	}
	for _, c := range x.Chains {
		x.mapChain(d, c)
	}
	x.mapRules(d)
	return d
}

func (x *Export) mapSchedule(d *movein.Draft, s schedule) {
	record := "schedule " + s.Name
	if s.Type == "ical" {
		d.Note(record, "its shifts come from an iCal address", "import the calendar on the schedule's page, or write its layers; policies that name it lose that target until then")
		return
	}
	if s.Overrides != "" {
		d.Note(record, "its overrides come from an iCal address", "enter those that are still to come as overrides")
	}
	zone, loc := d.Zone(record, cmp.Or(s.Zone, "UTC"))
	spec := &oncall.Spec{Title: movein.Title(s.Name), Zone: zone, Team: d.NameOf("team", s.Team)}
	var shifts []shift
	for _, sh := range x.Shifts {
		if slices.Contains(s.Shifts, sh.ID) {
			shifts = append(shifts, sh)
		}
	}
	slices.SortStableFunc(shifts, func(a, b shift) int { return cmp.Compare(a.Level, b.Level) })
	var covers []movein.Cover
	level, levels := 0, 0
	for _, sh := range shifts {
		if sh.Type == "single_event" || sh.Type == "override" {
			covers = append(covers, single(d, record, sh, loc)...)
			continue
		}
		l, ok := mapShift(d, record, sh, zone, loc)
		if !ok {
			continue
		}
		l.Beside = len(spec.Layers) > 0 && sh.Level == level
		if l.Beside && levels > 1 {
			d.Note(record, "has several shifts on level "+string(rune('0'+min(sh.Level, 9)))+" above another level", "look at its calendar: a layer that stands beside joins all layers below it")
		}
		if len(spec.Layers) == 0 || sh.Level != level {
			level, levels = sh.Level, levels+1
		}
		spec.Layers = append(spec.Layers, l)
	}
	if len(spec.Layers) == 0 {
		d.Note(record, "has no shifts that recur and go on", "write its layers; policies that name it lose that target until then")
		return
	}
	name := d.Name("schedule", s.ID, s.Name)
	d.Schedules[name] = spec
	for _, c := range covers {
		c.Schedule = name
		d.Covers = append(d.Covers, c)
	}
}

// single is the covers of an event that happens once and is still to come.
func single(d *movein.Draft, record string, sh shift, loc *time.Location) (out []movein.Cover) {
	if l, err := time.LoadLocation(sh.Zone); err == nil && sh.Zone != "" {
		loc = l
	}
	from, ok := wall(sh.Start, loc)
	to := from.Add(time.Duration(sh.Duration) * time.Second)
	if !ok || !to.After(d.Now) {
		return nil
	}
	people := sh.Users
	for _, list := range sh.Rolling {
		people = append(people, list...)
	}
	for i, id := range people {
		handle, ok := d.Handle(id, record+", shift "+sh.Name)
		switch {
		case !ok:
		case i > 0:
			d.Note(record+", shift "+sh.Name, "puts several people in at once; an override here is one person", "add "+handle+" as a responder, or as a layer")
		default:
			out = append(out, movein.Cover{Person: handle, From: from.UTC(), To: to.UTC(), Reason: "Override in Grafana OnCall"})
		}
	}
	return out
}

var units = map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour}

var days = map[string]int{"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}

func mapShift(d *movein.Draft, record string, sh shift, zone string, loc *time.Location) (l oncall.LayerSpec, ok bool) {
	record += ", shift " + sh.Name
	if sh.Zone != "" && sh.Zone != zone {
		own, err := time.LoadLocation(sh.Zone)
		if err == nil {
			d.Note(record, "has a time zone of its own, "+sh.Zone, "nothing as long as both zones change their clocks together; else make it a schedule of its own")
		} else {
			own = loc
		}
		start, ok := wall(sh.Start, own)
		if ok {
			sh.Start = start.In(loc).Format("2006-01-02T15:04:05")
		}
	}
	start, good := wall(sh.Start, loc)
	unit := units[sh.Frequency]
	if !good || unit == 0 || len(sh.ByMonth) > 0 || len(sh.ByMonthday) > 0 {
		d.Note(record, "recurs "+cmp.Or(sh.Frequency, "in a way that is not known")+", or in some months or days of the month only", "write a layer or overrides in its place")
		return l, false
	}
	var until time.Time
	if sh.Until != "" {
		if until, good = wall(sh.Until, loc); good && !until.After(d.Now) {
			return l, false
		}
	}
	if !movein.Plausible(start) || !until.IsZero() && !movein.Plausible(until) {
		d.Note(record, "its start or end is no time that can be", "write the layer by hand")
		return l, false
	}
	every, ok := movein.Every(unit * time.Duration(max(sh.Interval, 1)))
	if !ok {
		d.Note(record, "its turns are longer than a year", "write the length of its turns")
		return l, false
	}
	turns := sh.Rolling
	if sh.Type == "recurrent_event" {
		turns = [][]string{sh.Users}
		if sh.Interval > 1 {
			d.Note(record, "happens only every so many "+sh.Frequency+" times; a layer here has no empty turns", "put others into the turns between, or leave it")
		}
	}
	for _, turn := range turns {
		var people []string
		for _, id := range turn {
			if handle, ok := d.Handle(id, record); ok && !slices.Contains(people, handle) {
				people = append(people, handle)
			}
		}
		if len(people) == 0 {
			d.Note(record, "has a turn with nobody", "put somebody there; the turns of all others come earlier until then")
			continue
		}
		l.Shifts = append(l.Shifts, people)
	}
	if len(l.Shifts) == 0 {
		return l, false
	}
	l.Name, l.Start, l.Every = movein.Title(sh.Name), movein.Wall(start, loc), every
	l.Shifts = movein.Turned(l.Shifts, max(sh.From, 0))
	if !until.IsZero() {
		l.End = movein.Wall(until, loc)
	}
	second := start.In(loc).Hour()*3600 + start.In(loc).Minute()*60
	switch {
	case len(sh.ByDay) > 0:
		if sh.Duration > 86400 {
			d.Note(record, "lasts longer than a day on some days of the week", "check its hours")
		}
		w := oncall.WindowSpec{From: clock(second), To: clock((second + min(max(sh.Duration, 0), 86400)) % 86400)}
		for _, day := range []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"} {
			if slices.Contains(sh.ByDay, day) {
				w.Days = append(w.Days, oncall.Days[days[day]])
			}
		}
		l.Only = []oncall.WindowSpec{w}
	case unit == units["daily"]:
		l.Only = movein.Daily(second, sh.Duration)
	case unit == units["weekly"]:
		weekday := (int(start.In(loc).Weekday()) + 6) % 7
		l.Only = movein.Weekly(weekday*86400+second, sh.Duration)
	case time.Duration(sh.Duration)*time.Second < unit*time.Duration(max(sh.Interval, 1)):
		d.Note(record, "lasts shorter than its turn of hours", "restrict the layer to its hours")
	}
	return l, true
}

func clock(second int) string {
	return time.Date(2000, 1, 1, 0, 0, second, 0, time.UTC).Format("15:04")
}

func (x *Export) mapChain(d *movein.Draft, c chain) {
	record := "escalation chain " + c.Name
	var list []policy
	for _, p := range x.Policies {
		if p.Chain == c.ID {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b policy) int { return cmp.Compare(a.Position, b.Position) })
	spec := &escalation.Spec{Title: movein.Title(c.Name)}
	wait := time.Duration(0)
	for _, p := range list {
		var targets []escalation.TargetSpec
		robin := false
		switch p.Type {
		case "wait":
			wait += time.Duration(p.Duration) * time.Second
			continue
		case "repeat_escalation":
			spec.Repeat, spec.RepeatAfter = 5, movein.Minutes(max(wait, 5*time.Minute), time.Hour) // OnCall repeats five times
			continue
		case "notify_persons", "notify_person_next_each_time":
			robin = p.Type == "notify_person_next_each_time"
			for _, id := range append(p.Persons, p.NextTime...) {
				if handle, ok := d.Handle(id, record); ok {
					targets = append(targets, escalation.TargetSpec{Person: handle})
				}
			}
		case "notify_on_call_from_schedule":
			if name := d.NameOf("schedule", p.Schedule); name != "" {
				targets = append(targets, escalation.TargetSpec{Schedule: name})
			} else {
				d.Note(record, "names a schedule that was not moved, "+p.Schedule, "put another target there")
			}
		case "notify_team_members":
			if name := d.NameOf("team", p.Team); name != "" {
				targets = append(targets, escalation.TargetSpec{Team: name})
			} else {
				d.Note(record, "names a team that was not moved, "+p.Team, "put another target there")
			}
		default:
			d.Note(record, "has a step "+p.Type, "use a channel as the step's target, a condition (priority, hours, number of alerts), or leave it")
			continue
		}
		if len(targets) == 0 {
			d.Note(record, "one of its steps reaches nobody", "nothing: the step was left out")
			continue
		}
		step := escalation.StepSpec{Notify: targets[:min(len(targets), 20)], RoundRobin: robin}
		if wait > 0 {
			step.After = movein.Minutes(wait, 24*time.Hour)
		}
		wait = 0
		spec.Steps = append(spec.Steps, step)
	}
	if len(spec.Steps) == 0 || len(spec.Steps) > 20 {
		d.Note(record, "has no step that reaches somebody, or more than 20", "write a policy in its place")
		return
	}
	of := 0
	for _, other := range x.Chains {
		if other.Team == c.Team {
			of++
		}
	}
	if team := d.NameOf("team", c.Team); team != "" && of == 1 {
		spec.Teams = []string{team}
	} else {
		d.Note(record, "which alerts it serves stands in the routes of integrations", "name the teams or services that it serves")
	}
	d.Policies[d.Name("policy", c.ID, c.Name)] = spec
}

// means are OnCall's ways and ours.
var means = map[string]string{"notify_by_email": "email", "notify_by_sms": "sms", "notify_by_phone_call": "voice",
	"notify_by_mobile_app": "webpush", "notify_by_mobile_app_critical": "webpush"}

func (x *Export) mapRules(d *movein.Draft) {
	rules := slices.Clone(x.Rules)
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(a.Position, b.Position) })
	for _, u := range x.Users {
		handle, ok := d.Handle(u.ID, "user "+u.Username)
		if !ok {
			continue
		}
		legs, wait := map[bool][]movein.Leg{}, map[bool]time.Duration{}
		for _, r := range rules {
			switch by := means[r.Type]; {
			case r.User != u.ID:
			case r.Type == "wait":
				wait[r.Important] += time.Duration(r.Duration) * time.Second
			case by == "":
				d.Note("contact rules of "+handle, "tell by "+r.Type, "choose another means, or the team's channel")
			default:
				legs[r.Important] = append(legs[r.Important], movein.Leg{By: by, After: wait[r.Important]})
			}
		}
		d.Rule(handle, legs[true], legs[false])
	}
}
