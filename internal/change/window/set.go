package window

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Set is all windows, compiled. The zero Set has none.
type Set struct {
	Stamp int64 // of the stored windows that it was compiled from

	all       []*compiled // by name
	everyone  []*compiled // no service, team or tier is named
	byService map[string][]*compiled
	byTeam    map[string][]*compiled
	byTier    [4][]*compiled
}

// Compile checks windows and makes a set of them. Wrong values come back as an
// Invalid error that names the window, with fields as in Spec.
func Compile(list []Named) (*Set, error) {
	s := &Set{byService: map[string][]*compiled{}, byTeam: map[string][]*compiled{}}
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Named) int { return cmp.Compare(a.Name, b.Name) })
	for i, n := range sorted {
		if i > 0 && sorted[i-1].Name == n.Name {
			return nil, errs.BadField("name", n.Name, "there are two windows of this name")
		}
		c, err := compile(n)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Ref(), err)
		}
		c.index = i
		s.all = append(s.all, c)
		// Under the narrowest field of its scope.
		switch sc := n.Spec.Scope; {
		case len(sc.Services) > 0:
			for _, name := range sc.Services {
				s.byService[name] = append(s.byService[name], c)
			}
		case len(sc.Teams) > 0:
			for _, name := range sc.Teams {
				s.byTeam[name] = append(s.byTeam[name], c)
			}
		case len(sc.Tiers) > 0:
			for _, t := range sc.Tiers {
				s.byTier[t] = append(s.byTier[t], c)
			}
		default:
			s.everyone = append(s.everyone, c)
		}
	}
	return s, nil
}

// Len is the number of windows.
func (s *Set) Len() int { return len(s.all) }

// Windows returns all windows by name.
func (s *Set) Windows() []Named {
	out := make([]Named, len(s.all))
	for i, c := range s.all {
		out[i] = c.Named
	}
	return out
}

// Query is what a change is, as far as windows ask.
type Query struct {
	Subjects    []Subject // a change that names none is held by what is for everybody
	Environment string
	Type        string
	Purpose     string // empty: feature
	Kind        string
}

// covers reports whether the scope holds for a service of the change.
func (q *Query) covers(sc *Scope, u Subject) bool {
	return (len(sc.Environments) == 0 || slices.Contains(sc.Environments, q.Environment)) &&
		(len(sc.Kinds) == 0 || slices.Contains(sc.Kinds, q.Kind)) &&
		(len(sc.Services) == 0 || slices.Contains(sc.Services, u.Service)) &&
		(len(sc.Teams) == 0 || slices.Contains(sc.Teams, u.Team)) &&
		(len(sc.Tiers) == 0 || slices.Contains(sc.Tiers, u.Tier)) &&
		(len(sc.Without) == 0 || !slices.Contains(sc.Without, u.Service))
}

// passes reports whether a window lets the change pass.
func (q *Query) passes(sp *Spec) bool {
	return slices.Contains(sp.Allows, q.Type) || slices.Contains(sp.Allows, cmp.Or(q.Purpose, "feature"))
}

// matching is which windows hold for a change.
type matching struct {
	freezes  []*compiled   // by name
	required [][]*compiled // for each service that has some: it starts inside one of them
}

// match finds the windows that hold for a change.
func (s *Set) match(q *Query) (m matching) {
	subjects := q.Subjects
	if len(subjects) == 0 {
		subjects = []Subject{{Tier: -1}}
	}
	seen := make([]uint64, (len(s.all)+63)/64)
	count := 0
	for _, u := range subjects {
		var mine []*compiled
		look := func(list []*compiled) {
			for _, c := range list {
				if k := c.Spec.Kind; k != Freeze && k != Change || !q.covers(&c.Spec.Scope, u) {
					continue
				}
				if c.Spec.Kind == Freeze {
					if bit := uint64(1) << (c.index & 63); seen[c.index>>6]&bit == 0 {
						seen[c.index>>6] |= bit
						count++
					}
				} else if !q.passes(&c.Spec) {
					mine = append(mine, c)
				}
			}
		}
		look(s.everyone)
		look(s.byService[u.Service])
		look(s.byTeam[u.Team])
		if u.Tier >= 0 && u.Tier < len(s.byTier) {
			look(s.byTier[u.Tier])
		}
		if len(mine) > 0 {
			m.required = append(m.required, mine)
		}
	}
	m.freezes = make([]*compiled, 0, count)
	for i, word := range seen {
		for ; word != 0; word &= word - 1 {
			m.freezes = append(m.freezes, s.all[i<<6+bits.TrailingZeros64(word)])
		}
	}
	return m
}

// Facts returns what windows say about a change that would start at a time. A
// change that a change window allows (Spec.Allows) does not need it; freezes
// are listed with what they allow, for policy to judge. Freezes that the change
// does not pass come first, the longest first, so that a cut list loses none
// that counts more than those it has. Next is the first time without any freeze
// and inside what is required; zero when that is at itself, or never.
func (s *Set) Facts(subjects []Subject, env, typ, purpose, kind string, at time.Time) fact.Windows {
	q := &Query{Subjects: subjects, Environment: env, Type: typ, Purpose: purpose, Kind: kind}
	m := s.match(q)
	out := fact.Windows{Freezes: []fact.Freeze{}, Inside: true}
	held := false
	var passed []fact.Freeze
	for _, c := range m.freezes {
		st := c.at(at, now)
		if !st.on {
			continue
		}
		held = true
		f := fact.Freeze{Name: c.Name, Title: c.Title(), Until: st.To.UTC(), Allows: slices.Clone(c.Spec.Allows), Version: c.Version}
		if f.Allows == nil {
			f.Allows = []string{}
		}
		if q.passes(&c.Spec) {
			passed = append(passed, f)
		} else {
			out.Freezes = append(out.Freezes, f)
		}
	}
	byEnd := func(a, b fact.Freeze) int { return b.Until.Compare(a.Until) }
	slices.SortStableFunc(out.Freezes, byEnd)
	slices.SortStableFunc(passed, byEnd)
	out.Freezes = append(out.Freezes, passed...)
	if n := len(out.Freezes); n > fact.MaxList {
		out.Freezes, out.Cut = out.Freezes[:fact.MaxList], n-fact.MaxList
	}
	for _, list := range m.required {
		c, opens, ok := first(list, at, now)
		if inside := ok && !opens.After(at); out.Required == "" || out.Inside && !inside {
			out.Required = c.Name // one that it is not inside of, if there is any
			out.Inside = inside
		}
	}
	if held || !out.Inside {
		if t, ok := m.free(at, 0, nil, true); ok {
			out.Next = t.UTC()
		}
	}
	return out
}

// first returns the window of a list that is open at a time, or else opens
// next, and when; ok is false when none ever does.
func first(list []*compiled, at time.Time, slot int) (c *compiled, opens time.Time, ok bool) {
	c, opens = list[0], far
	for _, l := range list {
		st := l.at(at, slot)
		if st.on {
			return l, at, true
		}
		if st.To.Before(opens) {
			c, opens, ok = l, st.To, true
		}
	}
	return c, opens, ok
}
