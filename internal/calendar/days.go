package calendar

import "time"

// A working day is a date on which the calendar is open at some time.

// AddDays returns the due time of a target of n business days, counted from
// an instant; ok is false when there are not that many before the year 10000.
//
// The count starts at from if the calendar is open then, else at the next
// opening. The due time is the same time on the wall clock, n working days
// later: from Thursday 16:30, two business days are due on Monday 16:30. If
// the calendar is closed then, it is due when the last hours before it ended
// that day, or, when there are none, when the day opens. A time that the clock
// skips is due right after the gap; one it shows twice, the first time. An n
// of 0 or less returns from.
//
// Paused time is added in open time: Add(due, paused).
func (c *Calendar) AddDays(from time.Time, n int) (due time.Time, ok bool) {
	if n <= 0 {
		return from, true
	}
	start, ok := c.NextOpen(from)
	if !ok {
		return time.Time{}, false
	}
	d, s := day(start.Unix() + c.span(start.Unix()).offset)
	last, _ := day(maxTime.Unix())
	if int64(n) >= last-d {
		return time.Time{}, false
	}
	var today []interval
	for n > 0 {
		if d++; d >= last {
			return time.Time{}, false
		}
		if today = c.hoursOn(d); len(today) > 0 {
			n--
		}
	}
	at, nano := today[0].from, 0
	for _, iv := range today {
		if s < iv.from {
			break
		}
		if at = min(s, iv.to); s < iv.to {
			nano = start.Nanosecond()
		}
	}
	return time.Unix(c.first(d*daySeconds+at), int64(nano)).In(from.Location()), true
}

// Day returns the length of a business day: the week's hours shared among the
// weekdays that have any; 0 for a calendar without hours.
func (c *Calendar) Day() time.Duration {
	var n int64
	for _, t := range c.total {
		if t > 0 {
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return time.Duration(c.before[7]) * time.Second / time.Duration(n)
}

// hoursOn returns the hours of a wall day that really happen: none on a holiday
// or on a date that the zone skipped (Apia, 2011-12-30), and not those that lie
// within a gap of the clock.
func (c *Calendar) hoursOn(d int64) []interval {
	if _, is := c.holiday(d); is {
		return nil
	}
	_, wd := week(d)
	happens := func(iv interval) bool {
		s := c.first(d*daySeconds + iv.from)
		return s+c.span(s).offset < d*daySeconds+iv.to
	}
	for i, iv := range c.hours[wd] {
		if happens(iv) {
			continue
		}
		out := append([]interval(nil), c.hours[wd][:i]...)
		for _, iv := range c.hours[wd][i+1:] {
			if happens(iv) {
				out = append(out, iv)
			}
		}
		return out
	}
	return c.hours[wd]
}

// first returns the first Unix second at which the wall clock has reached a
// wall second.
func (c *Calendar) first(wall int64) int64 {
	// No zone was ever more than 16 hours from UTC.
	s := max(wall-daySeconds, minTime.Unix())
	for {
		sp := c.span(s)
		if wall < sp.end+sp.offset || sp.end >= maxTime.Unix() {
			return max(s, wall-sp.offset)
		}
		s = sp.end
	}
}
