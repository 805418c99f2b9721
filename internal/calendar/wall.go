package calendar

import "sort"

// Wall time here is a count of seconds since 1970-01-01 00:00 on the clock on
// the wall: Unix time plus the zone's offset. It knows no daylight saving.

const daySeconds = 86_400

// day splits a wall second into its day number and the second of that day.
func day(wall int64) (day, second int64) {
	day, second = wall/daySeconds, wall%daySeconds
	if second < 0 {
		day, second = day-1, second+daySeconds
	}
	return day, second
}

// week splits a day number into its week and its weekday, 0 for Monday;
// day 0, 1970-01-01, was a Thursday.
func week(day int64) (week, weekday int64) {
	week, weekday = (day+3)/7, (day+3)%7
	if weekday < 0 {
		week, weekday = week-1, weekday+7
	}
	return week, weekday
}

// openAt reports whether the wall second is within the hours.
func (c *Calendar) openAt(wall int64) bool {
	d, s := day(wall)
	if _, is := c.holiday(d); is {
		return false
	}
	_, wd := week(d)
	for _, iv := range c.hours[wd] {
		if s >= iv.from && s < iv.to {
			return true
		}
	}
	return false
}

// until returns the open seconds before the wall second, counted from the
// Monday of wall week 0 (so it is negative before 1970).
func (c *Calendar) until(wall int64) int64 {
	d, s := day(wall)
	w, wd := week(d)
	n := w*c.before[7] + c.before[wd]
	if len(c.off) > 0 {
		i, is := c.holiday(d)
		switch {
		case i < len(c.off):
			n -= c.off[i].lost
		default:
			last := c.off[len(c.off)-1]
			_, lastDay := week(last.day)
			n -= last.lost + c.total[lastDay]
		}
		if is {
			return n
		}
	}
	for _, iv := range c.hours[wd] {
		if s <= iv.from {
			break
		}
		n += min(s, iv.to) - iv.from
	}
	return n
}

// holiday returns the index of the first holiday on or after the day, and
// whether it is on that day.
func (c *Calendar) holiday(d int64) (i int, is bool) {
	i = sort.Search(len(c.off), func(i int) bool { return c.off[i].day >= d })
	return i, i < len(c.off) && c.off[i].day == d
}
