package ical

import (
	"cmp"
	"time"

	"github.com/evenkeel/evenkeel/internal/recur"
)

// expand adds the occurrences of an event within the time.
func (r *reader) expand(d *draft) {
	if d.gone {
		return
	}
	if d.start == nil && d.fault == "" {
		d.fault = "it has no DTSTART"
	}
	if len(d.rules) > 1 {
		d.fault = cmp.Or(d.fault, "it has more than one RRULE")
	}
	if d.fault != "" {
		r.note(d.Line, "“"+short(cmp.Or(d.Summary, d.UID))+"” was left out: "+d.fault)
		return
	}
	end := d.ends()
	if !end(*d.start).After(d.start.at()) {
		r.note(d.Line, "“"+short(cmp.Or(d.Summary, d.UID))+"” was left out: it does not end after it begins")
		return
	}
	off := map[int64]bool{}
	for _, m := range d.without {
		off[m.at().Unix()] = true
		if m.day { // a date takes out what begins on it
			off[m.wall.Unix()^dayMark] = true
		}
	}
	seen := map[int64]bool{}
	add := func(m moment) {
		a := m.at()
		z := end(m)
		midnight := m.wall.Truncate(24 * time.Hour).Unix()
		if seen[a.Unix()] || off[a.Unix()] || off[midnight^dayMark] || d.instead == nil && r.moved[d.uid][a.Unix()] || !a.Before(r.to) || !z.After(r.from) {
			return
		}
		seen[a.Unix()] = true
		if len(r.out) <= MaxEvents {
			e := d.Event
			e.From, e.To = a.UTC(), z.UTC()
			r.out = append(r.out, e)
		}
	}
	if len(d.rules) == 0 {
		add(*d.start)
	} else if !r.repeat(d, add) {
		return
	}
	for _, m := range d.also {
		add(m)
	}
}

// dayMark keeps dates of EXDATE apart from instants in one set.
const dayMark = 1 << 62

// repeat adds what the rule gives; false: it is not understood.
func (r *reader) repeat(d *draft, add func(moment)) bool {
	u, fault := r.rule(d.rules[0], *d.start)
	if fault != "" {
		r.note(d.Line, "“"+short(cmp.Or(d.Summary, d.UID))+"” was left out: "+fault)
		return false
	}
	step := func() bool { r.steps++; return r.steps < maxSteps }
	from := recur.Wall(r.from, d.start.loc).Add(-d.longest())
	u.Walk(d.start.wall, from, step, func(wall time.Time) bool {
		m := d.start.on(wall)
		if a := m.at(); !a.Before(r.to) || !u.Until.IsZero() && a.After(u.Until) {
			return false
		}
		add(m)
		return len(r.out) <= MaxEvents
	})
	if r.steps >= maxSteps {
		r.note(d.Line, "the repetitions of this file are too many to follow; what is shown may lack some")
	}
	return true
}

// longest is no shorter than an occurrence, on the wall or by the clock: what
// begins earlier than this before a time is over by then.
func (d *draft) longest() time.Duration {
	const changes = 48 * time.Hour // of clocks, between two walls
	long := 24*time.Hour + time.Duration(d.days)*24*time.Hour + d.length
	if d.end != nil {
		long = max(long, d.end.wall.Sub(d.start.wall), d.end.at().Sub(d.start.at()))
	}
	return long + changes
}

// ends returns when an occurrence ends: as long after its beginning on the
// wall as the first one, or after an exact time.
func (d *draft) ends() func(m moment) time.Time {
	switch {
	case d.end != nil && d.end.loc == d.start.loc && d.end.wall.After(d.start.wall):
		long := d.end.wall.Sub(d.start.wall)
		return func(m moment) time.Time { return m.on(m.wall.Add(long)).at() }
	case d.end != nil:
		long := d.end.at().Sub(d.start.at())
		return func(m moment) time.Time { return m.at().Add(long) }
	case d.days != 0 || d.length != 0:
		return func(m moment) time.Time { return m.on(m.wall.AddDate(0, 0, d.days)).at().Add(d.length) }
	case d.start.day:
		return func(m moment) time.Time { return m.on(m.wall.AddDate(0, 0, 1)).at() }
	}
	return moment.at
}
