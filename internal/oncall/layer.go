package oncall

import (
	"math"
	"sort"
)

// The ends of time, in Unix seconds.
const (
	ever  = math.MaxInt64
	never = math.MinInt64
)

// layer is one compiled rotation.
type layer struct {
	name   string
	beside bool
	clock  *clock

	open, shut int64 // Unix seconds: when it begins and ends; ever: does not
	start      int64 // first shift: wall second, or Unix second if elapsed
	length     int64 // of a shift, seconds
	elapsed    bool  // shifts are of elapsed time, not of days on the wall
	shifts     [][]int64
	only       []windows // none: always
}

// windows are hours of the week in one zone.
type windows struct {
	clock *clock
	begin bool    // open on Monday at 00:00
	edges []int64 // seconds of the week, rising, at which it opens or closes in turn
}

const weekSeconds = 7 * daySeconds

// monday is the wall second of a Monday, 1970-01-05.
const monday = 4 * daySeconds

// floor divides downwards, also below zero.
func floor(a, b int64) (q, r int64) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

// at reports whether the windows are open at a Unix second, and between which
// of their edges it lies.
func (w *windows) at(t int64) (open bool, since, until int64) {
	h := w.clock.high(t)
	_, pos := floor(h-monday, weekSeconds)
	week := h - pos
	n := sort.Search(len(w.edges), func(i int) bool { return w.edges[i] > pos })
	last := len(w.edges) - 1
	from, to := week, week
	if n == 0 {
		from += w.edges[last] - weekSeconds
	} else {
		from += w.edges[n-1]
	}
	if n > last {
		to += w.edges[0] + weekSeconds
	} else {
		to += w.edges[n]
	}
	return w.begin != (n%2 == 1), w.clock.first(from), w.clock.first(to)
}

// turn is what a layer does at an instant: which shift has it, in which time
// nothing about it changes.
type turn struct {
	on           bool
	shift        int64 // counted from the layer's start
	since, until int64
}

// at returns the layer's turn at a Unix second.
func (l *layer) at(t int64) turn {
	switch {
	case t < l.open:
		return turn{since: never, until: l.open}
	case t >= l.shut:
		return turn{since: l.shut, until: ever}
	}
	u := turn{on: len(l.only) == 0, since: l.open, until: l.shut}
	for i := range l.only {
		open, since, until := l.only[i].at(t)
		u.on = u.on || open
		u.since, u.until = max(u.since, since), min(u.until, until)
	}
	if !u.on {
		return u
	}
	if l.elapsed {
		u.shift, _ = floor(t-l.start, l.length)
		begin := l.start + u.shift*l.length
		u.since, u.until = max(u.since, begin), min(u.until, begin+l.length)
		return u
	}
	u.shift, _ = floor(l.clock.high(t)-l.start, l.length)
	begin := l.start + u.shift*l.length
	u.since, u.until = max(u.since, l.clock.first(begin)), min(u.until, l.clock.first(begin+l.length))
	return u
}

// people returns whose turn a shift is.
func (l *layer) people(shift int64) []int64 {
	_, i := floor(shift, int64(len(l.shifts)))
	return l.shifts[i]
}

// bounds are the Unix seconds between which a shift lies.
func (l *layer) bounds(shift int64) (from, until int64) {
	from = l.start + shift*l.length
	until = from + l.length
	if !l.elapsed {
		from, until = l.clock.first(from), l.clock.first(until)
	}
	return max(from, l.open), min(until, l.shut)
}

// opens returns the first second in [from, until) at which a restriction is
// open.
func (l *layer) opens(from, until int64) (int64, bool) {
	if len(l.only) == 0 {
		return from, from < until
	}
	best := int64(ever)
	for i := range l.only {
		open, _, next := l.only[i].at(from)
		if open {
			next = from
		}
		best = min(best, next)
	}
	return best, best < until
}
