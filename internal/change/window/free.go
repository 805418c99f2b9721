package window

import "time"

// Limits of the search for a free time.
const (
	maxMoves = 500
	horizon  = 2 * 366 * 24 * time.Hour
)

// Free returns the first time at or after from at which the change may start
// and is not touched by a freeze that it does not pass, or by what is busy, for
// length; ok is false when none is found within two years.
func (s *Set) Free(q Query, from time.Time, length time.Duration, busy []Span) (at time.Time, ok bool) {
	m := matching{freezes: s.frozen(&q, false), required: s.required(&q)}
	n, ok := m.free(nano(from), length, busy)
	return time.Unix(0, n).UTC(), ok
}

// matching is which windows hold for a change.
type matching struct {
	freezes  []*compiled
	required [][]*compiled // for each service that has some: it starts inside one of them
}

// free moves a time on until nothing holds it. Each move is to the earliest
// time at which the one thing that holds it can be over, so none is missed.
func (m *matching) free(from int64, length time.Duration, busy []Span) (at int64, ok bool) {
	at = from
	for step := range maxMoves {
		next, slot := at, ahead+step%(slots-ahead)
		for _, c := range m.freezes {
			st := c.at(at, slot)
			if !st.on && st.to < at+int64(length) { // one begins meanwhile
				st = c.at(st.to, slot)
			}
			if st.on {
				next = max(next, st.to)
			}
		}
		for _, list := range m.required {
			_, opens, ok := first(list, at, slot)
			if !ok {
				return 0, false
			}
			next = max(next, opens)
		}
		for _, b := range busy {
			if nano(b.From) >= at+int64(max(length, time.Second)) {
				continue
			}
			if b.To.IsZero() {
				return 0, false
			}
			next = max(next, nano(b.To))
		}
		if next == at {
			return at, true
		}
		if at = next; at-from > int64(horizon) {
			return 0, false
		}
	}
	return 0, false
}

// nano is an instant in nanoseconds since 1970; those that a window cannot
// know of count as the nearest.
func nano(t time.Time) int64 {
	if t.Before(epoch) {
		return 0
	}
	if t.After(far) {
		return far.UnixNano()
	}
	return t.UnixNano()
}

var epoch = time.Unix(0, 0)
