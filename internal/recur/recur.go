// Package recur is repetition as iCalendar means it (RFC 5545, 3.3.10): rules
// like FREQ=WEEKLY;BYDAY=TU, on the clock of a wall, and which instant such a
// clock means in a zone.
//
// What is real here. People say "every second Tuesday at 22:00 in Berlin". That
// is a time on the wall of a place, and only the tz database knows which
// instant it is on a given day. So a rule knows no zones: it walks wall times,
// written as a time.Time in UTC whose fields are what the wall shows, and
// Instant turns each into an instant. On the two odd nights of a year a time
// that the clock skips counts with the offset before the change, and one that
// it shows twice is the first (RFC 5545, 3.3.5).
//
// Understood are FREQ of DAILY, WEEKLY, MONTHLY, YEARLY; INTERVAL, COUNT, UNTIL,
// WKST, BYMONTH, BYMONTHDAY, BYDAY (with a number in months and in years that
// name months), BYSETPOS. Anything else is refused with the part that is not
// understood, never guessed.
//
// Invariants: a walk is in order, holds no time twice, begins near the time
// that is asked for however long ago the rule began (COUNT is counted from the
// start all the same; Bounded does that once), and ends by itself at the year
// 2200. A date that a month lacks is skipped, as the RFC says. Property tests
// hold the walk to a day-by-day reading of the RFC and Instant to the tz
// database.
package recur

import (
	"slices"
	"time"
)

// Freq is the period of a rule.
type Freq string

// The periods.
const (
	Daily   Freq = "DAILY"
	Weekly  Freq = "WEEKLY"
	Monthly Freq = "MONTHLY"
	Yearly  Freq = "YEARLY"
)

// Rule is a rule that Parse understood.
type Rule struct {
	Freq      Freq
	Interval  int          // every so many periods, from 1
	Count     int          // so many repetitions, the start's included; 0: no limit
	Until     time.Time    // instant after which none begins; zero: no end
	Months    []int        // 1 to 12
	MonthDays []int        // 1 to 31, or -1 (the last) to -31
	Days      []Day        // in the order of the week
	SetPos    []int        // of each period's set: 1 the first, -1 the last
	Week      time.Weekday // on which weeks begin

	last time.Time // wall time after which none begins; zero: no end; set by Bounded
}

// Day is a weekday, N-th in its month (-1: the last); N 0: every one.
type Day struct {
	Weekday time.Weekday
	N       int
}

// end is the wall time at which every walk ends.
var end = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// Instant is when the clock of a zone shows a wall time, given in UTC's fields:
// the first of two, and in a gap with the offset before it.
func Instant(wall time.Time, loc *time.Location) time.Time {
	if loc == time.UTC {
		return wall
	}
	_, before := wall.Add(-24 * time.Hour).In(loc).Zone()
	_, after := wall.Add(24 * time.Hour).In(loc).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	if before == after { // nearly always: no change of the clock is near
		return first
	}
	for _, t := range []time.Time{first, wall.Add(-time.Duration(after) * time.Second)} {
		if _, off := t.In(loc).Zone(); t.Add(time.Duration(off) * time.Second).Equal(wall) {
			return t
		}
	}
	return first
}

// Wall is what the clock of a zone shows at an instant, in UTC's fields.
func Wall(at time.Time, loc *time.Location) time.Time {
	_, off := at.In(loc).Zone()
	return at.UTC().Add(time.Duration(off) * time.Second)
}

// Walk calls each with the wall times of the repetitions that are not before
// from, in order, until it returns false or none is left. The start is the
// first repetition if the rule gives it. step is asked before each period and
// ends the walk with false; nil: never. Until is an instant and left to the
// caller, who knows the zone.
func (u Rule) Walk(start, from time.Time, step func() bool, each func(wall time.Time) bool) {
	given := 0
	var set [64]time.Time
	n := 0
	if u.Count == 0 {
		n = u.skip(start, from)
	}
	for ; step == nil || step(); n += u.Interval {
		first, list := u.period(start, n, set[:0])
		if !first.Before(end) {
			return
		}
		for _, w := range list {
			if w.Before(start) {
				continue
			}
			if given++; u.Count > 0 && given > u.Count || !u.last.IsZero() && w.After(u.last) {
				return
			}
			if !w.Before(from) && !each(w) {
				return
			}
		}
	}
}

// Bounded returns the rule with its Count turned into the last repetition, so
// that walks need not count from the start.
func (u Rule) Bounded(start time.Time) Rule {
	if u.Count == 0 {
		return u
	}
	last := start
	u.Walk(start, start, nil, func(w time.Time) bool { last = w; return true })
	u.Count, u.last = 0, last
	return u
}

// skip returns the number of the first period that may hold a time at or after
// from: one earlier than it seems, to be on the safe side.
func (u Rule) skip(start, from time.Time) int {
	if !from.After(start) {
		return 0
	}
	days := int(from.Sub(start)/(24*time.Hour)) - 1 // years fit in a Duration: ends at 2200
	var n int
	switch u.Freq {
	case Daily:
		n = days
	case Weekly:
		n = days/7 - 1
	case Monthly:
		n = (from.Year()-start.Year())*12 + int(from.Month()) - int(start.Month()) - 1
	case Yearly:
		n = from.Year() - start.Year() - 1
	}
	return max(0, n/u.Interval*u.Interval)
}

// period returns the first day of the n-th period and the repetitions in it,
// in order, at the start's time of day.
func (u Rule) period(start time.Time, n int, list []time.Time) (first time.Time, _ []time.Time) {
	switch u.Freq {
	case Daily:
		first = start.AddDate(0, 0, n)
		if u.takes(first) {
			list = append(list, first)
		}
	case Weekly:
		first = start.AddDate(0, 0, 7*n-int((start.Weekday()-u.Week+7)%7))
		for d := range 7 {
			if w := first.AddDate(0, 0, d); u.takes(w) && (len(u.Days) > 0 || w.Weekday() == start.Weekday()) {
				list = append(list, w)
			}
		}
	case Monthly:
		first = month(start, start.Year(), int(start.Month())+n)
		list = u.month(start, first, list)
	case Yearly:
		first = month(start, start.Year()+n, 1)
		months := u.Months
		if len(months) == 0 {
			months = []int{int(start.Month())}
			if len(u.MonthDays) > 0 {
				months = allMonths
			}
		}
		for _, m := range months {
			list = u.month(start, month(start, start.Year()+n, m), list)
		}
	}
	return first, u.positions(list)
}

var allMonths = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}

// month is the first of a month at the start's time of day.
func month(start time.Time, year, m int) time.Time {
	return time.Date(year, time.Month(m), 1, start.Hour(), start.Minute(), start.Second(), 0, time.UTC)
}

// month adds the repetitions of one month.
func (u Rule) month(start, first time.Time, list []time.Time) []time.Time {
	if len(u.Months) > 0 && !slices.Contains(u.Months, int(first.Month())) {
		return list
	}
	length := first.AddDate(0, 1, -1).Day()
	for d := 1; d <= length; d++ {
		w := first.AddDate(0, 0, d-1)
		if len(u.Days) == 0 && len(u.MonthDays) == 0 {
			if d == start.Day() {
				list = append(list, w)
			}
		} else if u.takes(w) {
			list = append(list, w)
		}
	}
	return list
}

// takes reports whether a date is in the months, on the dates and the weekdays
// of the rule.
func (u Rule) takes(w time.Time) bool {
	if len(u.Months) > 0 && !slices.Contains(u.Months, int(w.Month())) {
		return false
	}
	if len(u.MonthDays) == 0 && len(u.Days) == 0 {
		return true
	}
	length := 0
	if len(u.MonthDays) > 0 || u.numbered() {
		length = time.Date(w.Year(), w.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	}
	if len(u.MonthDays) > 0 && !slices.Contains(u.MonthDays, w.Day()) && !slices.Contains(u.MonthDays, w.Day()-length-1) {
		return false
	}
	return len(u.Days) == 0 || slices.ContainsFunc(u.Days, func(d Day) bool {
		return d.Weekday == w.Weekday() && (d.N == 0 || d.N > 0 && (w.Day()-1)/7+1 == d.N || d.N < 0 && (length-w.Day())/7+1 == -d.N)
	})
}

func (u Rule) numbered() bool {
	return slices.ContainsFunc(u.Days, func(d Day) bool { return d.N != 0 })
}

// positions keeps those that BYSETPOS names.
func (u Rule) positions(list []time.Time) []time.Time {
	if len(u.SetPos) == 0 {
		return list
	}
	n, kept := len(list), 0
	for i := range n {
		if slices.Contains(u.SetPos, i+1) || slices.Contains(u.SetPos, i-n) {
			list[kept], kept = list[i], kept+1
		}
	}
	return list[:kept]
}
