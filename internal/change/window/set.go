package window

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Set is all windows, compiled. The zero Set has none.
type Set struct {
	Stamp int64 // of the stored windows that it was compiled from

	all     []*compiled // by name
	freezes index
	change  index
	board   atomic.Pointer[board]
}

// index finds windows of one kind by the narrowest field of their scopes.
type index struct {
	everyone  []*compiled // no service, team or tier is named
	byService map[string][]*compiled
	byTeam    map[string][]*compiled
	byTier    [4][]*compiled
}

func (x *index) add(c *compiled) {
	switch sc := c.Spec.Scope; {
	case len(sc.Services) > 0:
		for _, name := range sc.Services {
			x.byService[name] = append(x.byService[name], c)
		}
	case len(sc.Teams) > 0:
		for _, name := range sc.Teams {
			x.byTeam[name] = append(x.byTeam[name], c)
		}
	case len(sc.Tiers) > 0:
		for _, t := range sc.Tiers {
			x.byTier[t] = append(x.byTier[t], c)
		}
	default:
		x.everyone = append(x.everyone, c)
	}
}

// each visits the windows that are for a service of the change.
func (x *index) each(q *Query, u Subject, visit func(*compiled)) {
	lists := [4][]*compiled{x.everyone, x.byService[u.Service], x.byTeam[u.Team]}
	if u.Tier >= 0 && u.Tier < len(x.byTier) {
		lists[3] = x.byTier[u.Tier]
	}
	for _, list := range lists {
		for _, c := range list {
			if q.covers(&c.Spec.Scope, u) {
				visit(c)
			}
		}
	}
}

// Compile checks windows and makes a set of them. Wrong values come back as an
// Invalid error that names the window, with fields as in Spec.
func Compile(list []Named) (*Set, error) {
	s := &Set{}
	for _, x := range []*index{&s.freezes, &s.change} {
		x.byService, x.byTeam = map[string][]*compiled{}, map[string][]*compiled{}
	}
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
		switch n.Spec.Kind {
		case Freeze:
			s.freezes.add(c)
		case Change:
			s.change.add(c)
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
