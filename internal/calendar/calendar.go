// Package calendar is business time: when an organisation works, and how much
// of its working time lies between two instants.
//
// A calendar is a time zone, weekly hours and holidays. It is open at an
// instant if, and only if, a clock on the wall in its zone shows a time within
// the weekday's hours, on a date that is no holiday. Everything else follows
// from that one sentence, also on the two odd days of the year: an hour that
// the clock skips is worth nothing, an hour that it shows twice counts twice.
// Between adds up open time; Add is its inverse; AddDays counts working days
// for targets like "3 business days".
//
// Invariants: all functions are pure, total (years 0001 to 9999, no hours at
// all, zones that skip a whole date) and never step through time. The zone's
// rules cut time into spans of constant offset, two a year at most places;
// within a span wall time is plain arithmetic, so open time up to a wall-clock
// second is a closed formula over whole weeks, the weekday's intervals and the
// holidays so far (wall.go). Clocks of a list with hundreds of rows are
// computed from it on every view. A property test holds the functions to a
// naive minute-stepper and to the tz database, in zones with odd rules.
//
// Calendars are stored by name and can be written as code (kind
// BusinessCalendar). Two always exist: "business", Monday to Friday 09:00 to
// 17:00 UTC until somebody edits it, and "always", 24×7, which nobody edits.
package calendar

import (
	"math"
	"time"
	_ "time/tzdata" // zones must work on a machine without a tz database
)

// Calendar is compiled from a Spec by Compile. It is immutable and safe for
// concurrent use.
type Calendar struct {
	spec   Spec
	loc    *time.Location
	always bool
	hours  [7][]interval // from Monday
	total  [7]int64      // open seconds of each weekday
	before [8]int64      // open seconds of the week before each weekday; [7] is the whole week
	off    []holiday     // by day
}

type interval struct{ from, to int64 } // seconds of the day, from < to ≤ 86,400

type holiday struct {
	day  int64 // wall day number
	lost int64 // open seconds that holidays took away before this one
}

// Always is open at all times; its business day is 24 hours.
var Always = func() *Calendar {
	c, err := Compile(AlwaysSpec)
	if err != nil {
		panic(err)
	}
	return c
}()

// Spec returns what the calendar was compiled from.
func (c *Calendar) Spec() Spec { return c.spec }

// Zone returns the calendar's time zone.
func (c *Calendar) Zone() *time.Location { return c.loc }

// Never reports whether the calendar has no hours at all.
func (c *Calendar) Never() bool { return c.before[7] == 0 }

// The range in which calendars know the time: years 0001 to 9999, UTC. Instants
// outside it are taken for its nearest end.
var (
	minTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	maxTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

func clamp(t time.Time) time.Time {
	if t.Before(minTime) {
		return minTime
	}
	if t.After(maxTime) {
		return maxTime
	}
	return t
}

// span is a time of constant offset from UTC, both in seconds; end, in Unix
// time, belongs to the next one.
type span struct{ end, offset int64 }

// span returns the span that the Unix second s lies in.
func (c *Calendar) span(s int64) span {
	t := time.Unix(s, 0).In(c.loc)
	_, off := t.Zone()
	sp := span{maxTime.Unix(), int64(off)}
	if _, to := t.ZoneBounds(); !to.IsZero() && to.Unix() > s { // never stand still, whatever the zone's data say
		sp.end = min(sp.end, to.Unix())
	}
	return sp
}

// Open reports whether the calendar is open at an instant.
func (c *Calendar) Open(at time.Time) bool {
	at = clamp(at)
	if c.always {
		return true
	}
	return c.openAt(at.Unix() + c.span(at.Unix()).offset)
}

// Between returns the open time from one instant to another: 0 when to is not
// after from, and at most the longest Duration (292 years).
func (c *Calendar) Between(from, to time.Time) time.Duration {
	from, to = clamp(from), clamp(to)
	if !to.After(from) || c.Never() {
		return 0
	}
	if c.always {
		return to.Sub(from)
	}
	a, b := from.Unix(), to.Unix()
	var sec, nano int64
	first := c.span(a)
	sp := first
	for s := a; ; {
		e := min(b, sp.end)
		sec += c.until(e+sp.offset) - c.until(s+sp.offset)
		if e == b {
			break
		}
		s, sp = e, c.span(e)
	}
	// Whole seconds are counted; what from and to have beyond theirs is open
	// exactly if their second is.
	if c.openAt(a + first.offset) {
		nano -= int64(from.Nanosecond())
	}
	if n := int64(to.Nanosecond()); n > 0 {
		if b >= sp.end {
			sp = c.span(b)
		}
		if c.openAt(b + sp.offset) {
			nano += n
		}
	}
	if sec > math.MaxInt64/int64(time.Second)-1 {
		return math.MaxInt64
	}
	return time.Duration(sec)*time.Second + time.Duration(nano)
}

// Add returns the earliest instant by which d of open time has passed since
// from; ok is false when that never happens before the year 10000. A d of 0 or
// less returns from.
func (c *Calendar) Add(from time.Time, d time.Duration) (at time.Time, ok bool) {
	if d <= 0 {
		return from, true
	}
	from = clamp(from)
	if c.Never() {
		return time.Time{}, false
	}
	sec, nano := int64(d/time.Second), int64(d%time.Second)
	a := from.Unix()
	sp := c.span(a)
	if c.openAt(a + sp.offset) { // count from the start of from's second
		nano += int64(from.Nanosecond())
		sec, nano = sec+nano/int64(time.Second), nano%int64(time.Second)
	}
	whole := sec // open seconds that must have passed completely
	if nano > 0 {
		whole++
	}
	for {
		base := c.until(a + sp.offset)
		if have := c.until(sp.end+sp.offset) - base; have >= whole {
			s := c.reach(a+sp.offset, sp.end+sp.offset, base+whole) - sp.offset
			at := time.Unix(s, 0)
			if nano > 0 {
				at = at.Add(time.Duration(nano) - time.Second)
			}
			return at.In(from.Location()), true
		} else {
			whole -= have
		}
		if sp.end >= maxTime.Unix() {
			return time.Time{}, false
		}
		a, sp = sp.end, c.span(sp.end)
	}
}

// NextOpen returns the first instant at or after at when the calendar is open;
// ok is false when there is none before the year 10000.
func (c *Calendar) NextOpen(at time.Time) (open time.Time, ok bool) {
	if at = clamp(at); c.Open(at) {
		return at, true
	}
	if c.Never() {
		return time.Time{}, false
	}
	for a, sp := at.Unix(), c.span(at.Unix()); ; a, sp = sp.end, c.span(sp.end) {
		base := c.until(a + sp.offset)
		if c.until(sp.end+sp.offset) > base {
			s := c.reach(a+sp.offset, sp.end+sp.offset, base+1) - 1 - sp.offset
			return time.Unix(s, 0).In(at.Location()), true
		}
		if sp.end >= maxTime.Unix() {
			return time.Time{}, false
		}
	}
}

// reach returns the first wall second in [lo, hi] up to which want open
// seconds have passed; the caller knows that hi has them.
func (c *Calendar) reach(lo, hi, want int64) int64 {
	for lo < hi {
		if mid := lo + (hi-lo)/2; c.until(mid) >= want {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}
