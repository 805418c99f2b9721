package window

import (
	"time"
)

// maxMoves bounds the search for a free time.
const maxMoves = 500

// Free returns the first time at or after from at which the change may start
// and is not touched by a freeze that it does not pass, or by what is busy, for
// length; ok is false when none is found within two years.
func (s *Set) Free(q Query, from time.Time, length time.Duration, busy []Span) (at time.Time, ok bool) {
	m := s.match(&q)
	var held []*compiled
	for _, c := range m.freezes {
		if !q.passes(&c.Spec) {
			held = append(held, c)
		}
	}
	m.freezes = held
	return m.free(from, length, busy, false)
}

// horizon is how far ahead a free time is looked for.
const horizon = 2 * 366 * 24 * time.Hour

// free moves a time on until nothing holds it. Each move is to the earliest
// time at which the one thing that holds it can be over, so none is missed.
func (m *matching) free(from time.Time, length time.Duration, busy []Span, point bool) (at time.Time, ok bool) {
	at = from
	for range maxMoves {
		next := at
		move := func(t time.Time) {
			if t.After(next) {
				next = t
			}
		}
		for _, c := range m.freezes {
			st := c.at(at, ahead)
			if st.on {
				move(st.To)
			} else if !point && st.To.Before(at.Add(length)) { // it begins meanwhile
				move(c.at(st.To, ahead).To)
			}
		}
		for _, list := range m.required {
			_, opens, ok := first(list, at, ahead)
			if !ok {
				return time.Time{}, false
			}
			move(opens)
		}
		for _, b := range busy {
			if b.From.Before(at.Add(max(length, time.Second))) && (b.To.IsZero() || b.To.After(at)) {
				if b.To.IsZero() {
					return time.Time{}, false
				}
				move(b.To)
			}
		}
		if next.Equal(at) {
			return at, true
		}
		if at = next; at.Sub(from) > horizon {
			return time.Time{}, false
		}
	}
	return time.Time{}, false
}
