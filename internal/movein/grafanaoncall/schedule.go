package grafanaoncall

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

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
