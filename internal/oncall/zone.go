package oncall

import (
	"math"
	"sort"
	"sync"
	"time"
	_ "time/tzdata" // zones must work on a machine without a tz database
)

// Wall time is a count of seconds since 1970-01-01 00:00 on the clock on the
// wall; it knows no daylight saving. All times here are whole seconds: every
// boundary is one.

const daySeconds = 86_400

// The years whose clock changes a clock knows; outside them the offset is
// taken to stay as it is there.
var (
	clockFrom = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	clockTo   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// clock is a zone's rules as a table. It is immutable.
type clock struct {
	loc   *time.Location
	spans []span
}

// span is a time of constant offset.
type span struct {
	start  int64 // Unix seconds; the span ends where the next one starts
	offset int64 // seconds east of UTC
	high   int64 // highest wall second shown before this span
}

var clocks sync.Map // zone name → *clock

// clockOf returns the clock of an IANA zone.
func clockOf(name string) (*clock, bool) {
	if c, ok := clocks.Load(name); ok {
		return c.(*clock), true
	}
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, false
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	c, _ := clocks.LoadOrStore(name, newClock(loc))
	return c.(*clock), true
}

func newClock(loc *time.Location) *clock {
	c := &clock{loc: loc}
	high := int64(math.MinInt64)
	for s := clockFrom; ; {
		t := time.Unix(s, 0).In(loc)
		_, off := t.Zone()
		if n := len(c.spans); n == 0 || c.spans[n-1].offset != int64(off) {
			c.spans = append(c.spans, span{s, int64(off), high})
		}
		_, end := t.ZoneBounds()
		if end.IsZero() || end.Unix() <= s || end.Unix() >= clockTo {
			return c
		}
		s = end.Unix()
		high = max(high, s-1+int64(off))
	}
}

// high is the highest second that the wall clock has shown up to the Unix
// second t. It never goes back.
func (c *clock) high(t int64) int64 {
	lo, hi := 0, len(c.spans)
	for lo+1 < hi {
		if mid := (lo + hi) / 2; c.spans[mid].start <= t {
			lo = mid
		} else {
			hi = mid
		}
	}
	s := c.spans[lo]
	return max(t+s.offset, s.high)
}

// first is the first Unix second at which the wall clock shows w or more: the
// instant that a wall time means. first(w) ≤ t exactly if w ≤ high(t).
func (c *clock) first(w int64) int64 {
	// The last span before which w had not been shown.
	i := sort.Search(len(c.spans), func(i int) bool { return c.spans[i].high >= w }) - 1
	s := c.spans[max(i, 0)]
	if i <= 0 {
		return w - s.offset
	}
	return max(s.start, w-s.offset)
}
