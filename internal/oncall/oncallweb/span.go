package oncallweb

import (
	"fmt"
	"strconv"
	"time"
)

// span is a stretch of real time as a calendar draws it.
type span struct {
	from, to time.Time
	loc      *time.Location
	view     string // day, week, month
}

// midnight is the first instant of a date in a zone, also where the clock
// skips or doubles it.
func midnight(y int, m time.Month, d int, loc *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	want := time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Day()
	if t.Day() != want { // 00:00 is skipped and this shows the evening before
		if _, end := t.ZoneBounds(); !end.IsZero() {
			return end.In(loc)
		}
	}
	if start, _ := t.ZoneBounds(); !start.IsZero() && t.Hour() > 0 && start.In(loc).Day() == want {
		return start.In(loc) // 00:00 is skipped and this shows later than the first instant
	}
	for b := t.Add(-15 * time.Minute); t.Sub(b) <= 2*time.Hour; b = b.Add(-15 * time.Minute) {
		if b.Day() == want && b.Hour() == 0 && b.Minute() == 0 {
			return b // 00:00 comes twice
		}
	}
	return t
}

// days is a span of whole days that begins with a date.
func days(at time.Time, n int, loc *time.Location) span {
	y, m, d := at.In(loc).Date()
	return span{from: midnight(y, m, d, loc), to: midnight(y, m, d+n, loc), loc: loc}
}

// spanOf is the day, week or month round a date.
func spanOf(view string, date time.Time, loc *time.Location) span {
	y, m, d := date.Date()
	s := span{loc: loc, view: view}
	switch view {
	case "day":
		s.from, s.to = midnight(y, m, d, loc), midnight(y, m, d+1, loc)
	case "month":
		s.from, s.to = midnight(y, m, 1, loc), midnight(y, m+1, 1, loc)
	default:
		s.view = "week"
		d -= int(date.Weekday()+6) % 7
		s.from, s.to = midnight(y, m, d, loc), midnight(y, m, d+7, loc)
	}
	return s
}

// move is the date from which the span before or after begins.
func (s span) move(n int) string {
	y, m, d := s.from.In(s.loc).Date()
	switch s.view {
	case "day":
		d += n
	case "month":
		m += time.Month(n)
	default:
		d += 7 * n
	}
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// title names the span: "16–22 November 2026".
func (s span) title() string {
	a := s.from.In(s.loc)
	last := s.to.Add(-time.Second).In(s.loc)
	switch {
	case s.view == "month":
		return a.Format("January 2006")
	case a.Format(time.DateOnly) == last.Format(time.DateOnly):
		return a.Format("Monday, 2 January 2006")
	case a.Month() == last.Month():
		return strconv.Itoa(a.Day()) + "–" + last.Format("2 January 2006")
	case a.Year() == last.Year():
		return a.Format("2 Jan") + " – " + last.Format("2 Jan 2006")
	}
	return a.Format("2 Jan 2006") + " – " + last.Format("2 Jan 2006")
}

// x is where an instant stands, in percent of the width.
func (s span) x(t time.Time) float64 {
	x := 100 * float64(t.Sub(s.from)) / float64(s.to.Sub(s.from))
	return min(100, max(0, x))
}

func pct(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) + "%" }

// eachDay calls f with the beginning and the end of every day.
func (s span) eachDay(f func(from, to time.Time)) {
	y, m, d := s.from.In(s.loc).Date()
	for a := s.from; a.Before(s.to); {
		d++
		b := midnight(y, m, d, s.loc)
		f(a, b)
		a = b
	}
}

// changes says which days have another length than 24 hours, and why.
func (s span) changes() (out []string) {
	s.eachDay(func(from, to time.Time) {
		switch long := to.Sub(from); {
		case long < 24*time.Hour:
			out = append(out, fmt.Sprintf("%s has %s: the clock goes forward from %s.", from.In(s.loc).Format("Mon 2 January"), hours(long), turn(from, to, s.loc)))
		case long > 24*time.Hour:
			out = append(out, fmt.Sprintf("%s has %s: the clock goes back from %s.", from.In(s.loc).Format("Mon 2 January"), hours(long), turn(from, to, s.loc)))
		}
	})
	return out
}

// turn is what the clock shows when it changes: "02:00 to 03:00".
func turn(from, to time.Time, loc *time.Location) string {
	_, end := from.In(loc).ZoneBounds()
	if end.IsZero() || end.After(to) {
		return "midnight on"
	}
	_, before := from.In(loc).Zone()
	return end.UTC().Add(time.Duration(before)*time.Second).Format("15:04") + " to " + end.In(loc).Format("15:04")
}
