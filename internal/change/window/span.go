package window

import (
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/recur"
)

// times is when a window takes place.
type times struct {
	calendar *calendar.Calendar // its hours, or a condition on beginnings
	closed   bool               // the calendar's closed hours count

	walls        bool // the rest counts
	loc          *time.Location
	start        time.Time // wall
	wallLength   time.Duration
	exact        time.Duration
	rule         *recur.Rule
	also         []time.Time    // walls, in order
	off, offDays map[int64]bool // walls, and midnights of wall days
}

// What a look ahead gives up after, so that no rule can hold a request.
const (
	maxJoin  = 1500 // occurrences that follow without a gap
	maxLooks = 4000 // beginnings that do not take place, one after the other
)

// far stands for no end.
var far = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// spanAt is the occurrence that begins at a wall time.
func (t *times) spanAt(w time.Time) Span {
	from := recur.Instant(w, t.loc)
	to := from
	if t.wallLength > 0 {
		to = recur.Instant(w.Add(t.wallLength), t.loc)
	}
	return Span{from, to.Add(t.exact)}
}

// takes reports whether what would begin at a wall time takes place.
func (t *times) takes(w time.Time, s Span) bool {
	if t.off[w.Unix()] || t.offDays[w.Truncate(24*time.Hour).Unix()] || !s.To.After(s.From) {
		return false
	}
	return t.calendar == nil || t.calendar.Open(s.From) != t.closed
}

// each calls visit with the occurrences that begin at or after an instant, and
// some that begin up to two days earlier, by their beginning, until it returns
// false. It is about those with walls only. A time that is not zero is where it
// gave up.
func (t *times) each(from time.Time, visit func(Span) bool) (gaveUp time.Time) {
	w := recur.Wall(from, t.loc).Add(-48 * time.Hour)
	also, looks := t.also, 0
	for len(also) > 0 && also[0].Before(w) {
		also = also[1:]
	}
	var last time.Time
	one := func(w time.Time) bool { // a beginning, in order
		if w.Equal(last) {
			return true
		}
		last = w
		s := t.spanAt(w)
		if looks++; !t.takes(w, s) {
			if looks >= maxLooks {
				gaveUp = s.From
			}
			return looks < maxLooks
		}
		looks = 0
		return visit(s)
	}
	more := true
	main := func(w time.Time) bool {
		for more && len(also) > 0 && !also[0].After(w) {
			more, also = one(also[0]), also[1:]
		}
		more = more && one(w)
		return more
	}
	switch {
	case t.rule == nil && !t.start.Before(w):
		main(t.start)
	case t.rule != nil:
		t.rule.Walk(t.start, w, nil, func(w time.Time) bool {
			if !t.rule.Until.IsZero() && recur.Instant(w, t.loc).After(t.rule.Until) {
				return false
			}
			return main(w)
		})
	}
	for more && len(also) > 0 {
		more, also = one(also[0]), also[1:]
	}
	return gaveUp
}

// ever reports whether it takes place at all.
func (t *times) ever() bool {
	if !t.walls {
		return t.calendar != nil && (t.closed && t.calendar != calendar.Always || !t.closed && !t.calendar.Never())
	}
	found := false
	t.each(time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), func(Span) bool { found = true; return false })
	return found
}

// stretch is time in which a window is on, or off, throughout; in nanoseconds
// since 1970, for speed.
type stretch struct {
	from, to int64 // to: that of far when it stays so
	on       bool
}

func (s *stretch) has(at int64) bool { return at >= s.from && at < s.to }

func (s *stretch) end() time.Time { return time.Unix(0, s.to).UTC() }

// memo holds the stretch that was asked for last.
type memo struct{ atomic.Pointer[stretch] }

// Slots of compiled.memo: now, which gates ask for again and again, and times
// ahead, one for each of the first steps of a search, which takes the same ones
// the next time.
const (
	now   = 0
	ahead = 1
	slots = 6
)

// at returns the stretch that an instant lies in. Its beginning may be later
// than the true one.
func (c *compiled) at(at int64, slot int) *stretch {
	if s := c.memo[slot].Load(); s != nil && s.has(at) {
		return s
	}
	if s := c.memo[now].Load(); s != nil && s.has(at) {
		return s
	}
	sp, on := c.times.stretch(time.Unix(0, at).UTC())
	s := &stretch{min(sp.From.UnixNano(), at), sp.To.UnixNano(), on}
	c.memo[slot].Store(s)
	return s
}

// stretch returns the time around an instant in which it is on, or off,
// throughout.
func (t *times) stretch(at time.Time) (out Span, on bool) {
	if !t.walls {
		return t.hours(at)
	}
	out = Span{at.Add(-24 * time.Hour), far}
	joined := 0
	gaveUp := t.each(at.Add(-t.wallLength-t.exact-24*time.Hour), func(s Span) bool {
		switch {
		case !s.To.After(at): // over
			if !on && s.To.After(out.From) {
				out.From = s.To
			}
		case !s.From.After(at): // it is now
			if !on {
				out, on = s, true
			} else if s.To.After(out.To) {
				out.To = s.To
			}
		case !on:
			out.To = s.From
			return false
		case s.From.After(out.To):
			return false
		case s.To.After(out.To):
			joined++
			out.To = s.To
			return joined < maxJoin
		}
		return true
	})
	if !on && !gaveUp.IsZero() && gaveUp.After(at) {
		out.To = gaveUp
	}
	return out, on
}

// hours is the stretch of a calendar's hours.
func (t *times) hours(at time.Time) (out Span, on bool) {
	open := t.calendar.Open(at)
	out, on = Span{at, far}, open != t.closed
	if !open {
		if next, ok := t.calendar.NextOpen(at); ok && next.Before(far) {
			out.To = next
		}
		return out, on
	}
	if t.calendar == calendar.Always {
		return out, on
	}
	// Open throughout until the first instant up to which open time falls short.
	lacks := func(d time.Duration) bool { return t.calendar.Between(at, at.Add(d)) < d }
	step := time.Hour
	for !lacks(step) {
		if step *= 2; at.Add(step).After(far) {
			return out, on
		}
	}
	// Hours end at whole seconds of the wall, and offsets are whole seconds.
	base := at.Truncate(time.Second)
	low, high := time.Duration(0), step+time.Second // low: open up to it
	for high-low > time.Second {
		mid := (low + (high-low)/2).Truncate(time.Second)
		if mid <= low {
			mid = low + time.Second
		}
		if t.calendar.Between(base, base.Add(mid)) < mid {
			high = mid
		} else {
			low = mid
		}
	}
	out.To = base.Add(low)
	if !out.To.After(at) {
		out.To = base.Add(time.Second)
	}
	return out, on
}
