package window

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
)

// board is which freezes are on in a stretch of time in which none of all
// begins or ends, so that gates look only at those.
type board struct {
	stretch
	on []*compiled // by name
}

func (s *Set) boardAt(at int64) *board {
	if b := s.board.Load(); b != nil && b.has(at) {
		return b
	}
	b := &board{stretch: stretch{from: math.MinInt64, to: math.MaxInt64}}
	for _, c := range s.all {
		if c.Spec.Kind != Freeze {
			continue
		}
		st := c.at(at, now)
		b.from, b.to = max(b.from, st.from), min(b.to, st.to)
		if st.on {
			b.on = append(b.on, c)
		}
	}
	s.board.Store(b)
	return b
}

// Facts returns what windows say about a change that would start at a time. A
// change that a change window allows (Spec.Allows) does not need it; freezes
// are listed with what they allow, for policy to judge. Freezes that the change
// does not pass come first, the longest first, so that a cut list loses none
// that counts more than those it has. Next is the first time without any freeze
// and inside what is required; zero when that is at itself, or never.
func (s *Set) Facts(subjects []Subject, env, typ, purpose, kind string, at time.Time) fact.Windows {
	q := &Query{Subjects: subjects, Environment: env, Type: typ, Purpose: purpose, Kind: kind}
	n := nano(at)
	out := fact.Windows{Freezes: []fact.Freeze{}, Inside: true}
	var held, passed []*compiled
	for _, c := range s.boardAt(n).on {
		if !q.touches(&c.Spec.Scope) {
			continue
		}
		if q.passes(&c.Spec) {
			passed = append(passed, c)
		} else {
			held = append(held, c)
		}
	}
	byEnd := func(a, b *compiled) int { return cmp.Compare(b.at(n, now).to, a.at(n, now).to) }
	slices.SortStableFunc(held, byEnd)
	slices.SortStableFunc(passed, byEnd)
	for _, c := range append(held, passed...) {
		if len(out.Freezes) == fact.MaxList {
			out.Cut++
			continue
		}
		f := fact.Freeze{Name: c.Name, Title: c.Title(), Until: c.at(n, now).end(), Allows: []string{}, Version: c.Version}
		f.Allows = append(f.Allows, c.Spec.Allows...)
		out.Freezes = append(out.Freezes, f)
	}
	required := s.required(q)
	for _, list := range required {
		c, opens, ok := first(list, n, now)
		if inside := ok && opens <= n; out.Required == "" || out.Inside && !inside {
			out.Required, out.Inside = c.Name, inside // one that it is not inside of, if there is any
		}
	}
	if len(out.Freezes) > 0 || !out.Inside {
		m := matching{freezes: s.frozen(q, true), required: required}
		if t, ok := m.free(n, 0, nil); ok {
			out.Next = time.Unix(0, t).UTC()
		}
	}
	return out
}

// everybody stands for the services of a change that names none: only what is
// for everybody holds for it.
var everybody = []Subject{{Tier: -1}}

func (q *Query) subjects() []Subject {
	if len(q.Subjects) == 0 {
		return everybody
	}
	return q.Subjects
}

// touches reports whether a scope holds for any service of the change.
func (q *Query) touches(sc *Scope) bool {
	for _, u := range q.subjects() {
		if q.covers(sc, u) {
			return true
		}
	}
	return false
}

// required returns, for each service that has some, the windows inside one of
// which the change starts.
func (s *Set) required(q *Query) (out [][]*compiled) {
	for _, u := range q.subjects() {
		var mine []*compiled
		s.change.each(q, u, func(c *compiled) {
			if !q.passes(&c.Spec) {
				mine = append(mine, c)
			}
		})
		if len(mine) > 0 {
			out = append(out, mine)
		}
	}
	return out
}

// frozen returns the freezes that are for the change at any time; those that
// it passes too if all.
func (s *Set) frozen(q *Query, all bool) (out []*compiled) {
	seen := make([]uint64, (len(s.all)+63)/64)
	out = make([]*compiled, 0, len(s.freezes.everyone)+8)
	for _, u := range q.subjects() {
		s.freezes.each(q, u, func(c *compiled) {
			bit := uint64(1) << (c.index & 63)
			if seen[c.index>>6]&bit == 0 && (all || !q.passes(&c.Spec)) {
				seen[c.index>>6] |= bit
				out = append(out, c)
			}
		})
	}
	return out
}

// first returns the window of a list that is open at a time, or else opens
// next, and when; ok is false when none ever does.
func first(list []*compiled, at int64, slot int) (c *compiled, opens int64, ok bool) {
	c, opens = list[0], far.UnixNano()
	for _, l := range list {
		st := l.at(at, slot)
		if st.on {
			return l, at, true
		}
		if st.to < opens {
			c, opens, ok = l, st.to, true
		}
	}
	return c, opens, ok
}
