package ical

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// rule is an RRULE of the kinds that rotas are made of: every so many days,
// weeks (on some weekdays), months or years on the date of the start.
type rule struct {
	freq     string
	interval int
	count    int       // 0: no limit
	until    time.Time // zero: no end
	days     []time.Weekday
	week     time.Weekday // on which weeks begin
}

var weekdays = map[string]time.Weekday{"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday, "TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday}

// rule reads an RRULE (RFC 5545, 3.3.10); fault is not empty when it is of
// another kind.
func (r *reader) rule(value string, start moment) (out rule, fault string) {
	out = rule{interval: 1, week: time.Monday}
	no := func(what string) (rule, string) {
		return out, "it repeats in a way that is not understood (" + short(what) + "); write the times out"
	}
	for part := range strings.SplitSeq(value, ";") {
		name, v, _ := strings.Cut(part, "=")
		var err error
		switch strings.ToUpper(name) {
		case "FREQ":
			out.freq = strings.ToUpper(v)
		case "INTERVAL":
			out.interval, err = strconv.Atoi(v)
		case "COUNT":
			if out.count, err = strconv.Atoi(v); out.count < 1 {
				return no(part)
			}
		case "UNTIL":
			m, wrong := r.moment(v, nil)
			if wrong != "" {
				return no(part)
			}
			if m.loc == r.local { // a local time or date: of the start's zone
				m.loc = start.loc
			}
			if out.until = m.at(); m.day {
				out.until = m.on(m.wall.AddDate(0, 0, 1)).at().Add(-time.Second)
			}
		case "WKST":
			d, ok := weekdays[strings.ToUpper(v)]
			if !ok {
				return no(part)
			}
			out.week = d
		case "BYDAY":
			for day := range strings.SplitSeq(v, ",") {
				d, ok := weekdays[strings.ToUpper(day)]
				if !ok {
					return no(part)
				}
				out.days = append(out.days, d)
			}
		default:
			return no(part)
		}
		if err != nil || out.interval < 1 || out.interval > 10_000 {
			return no(part)
		}
	}
	if !slices.Contains([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}, out.freq) || len(out.days) > 0 && out.freq != "WEEKLY" && out.freq != "DAILY" {
		return no(value)
	}
	return out, ""
}

// walk calls each with the wall times of the repetitions, in order, from the
// start on, until it returns false or none is left.
func (u rule) walk(start time.Time, step func() bool, each func(wall time.Time) bool) {
	given := 0
	give := func(w time.Time) bool {
		if given++; u.count > 0 && given > u.count {
			return false
		}
		return each(w)
	}
	monday := start.AddDate(0, 0, -int((start.Weekday()-u.week+7)%7)) // first day of the start's week
	for n := 0; step(); n += u.interval {
		switch u.freq {
		case "DAILY":
			w := start.AddDate(0, 0, n)
			if len(u.days) > 0 && !slices.Contains(u.days, w.Weekday()) {
				continue
			}
			if !give(w) {
				return
			}
		case "WEEKLY":
			if len(u.days) == 0 {
				if !give(start.AddDate(0, 0, 7*n)) {
					return
				}
				continue
			}
			for d := range 7 {
				w := monday.AddDate(0, 0, 7*n+d)
				if slices.Contains(u.days, w.Weekday()) && !w.Before(start) && !give(w) {
					return
				}
			}
		case "MONTHLY", "YEARLY":
			months := n
			if u.freq == "YEARLY" {
				months = 12 * n
			}
			w := start.AddDate(0, months, 0)
			if w.Day() != start.Day() {
				continue // there is no such date in that month
			}
			if !give(w) {
				return
			}
		}
	}
}
