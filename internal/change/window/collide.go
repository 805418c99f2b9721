package window

import (
	"cmp"
	"slices"
	"time"
)

// Warning is something on the time line that somebody should look at before it
// happens, and a way out.
type Warning struct {
	Kind     string // collision, freeze, outside
	Change   Bar    // the one that can move; for a freeze or window the one it holds
	Other    Bar    // of a collision
	Window   Named  // of freeze (that holds it) and outside (that it must start in)
	Relation string // of a collision: same, needs (the change needs what the other changes), needed
	Service  string // on which they meet: the other's
	Span            // when
	Move     time.Time
	// Move is the first time at which the change fits; zero: none is known.
}

// near says which services a service needs.
type near func(service string) ([]string, error)

// meets says how a change stands to another one: "" when they do not touch.
func meets(a, b Bar, needs near) (relation, service string, err error) {
	for _, s := range a.Services {
		if slices.Contains(b.Services, s) {
			return "same", s, nil
		}
	}
	for _, x := range []struct {
		from, to Bar
		relation string
	}{{a, b, "needs"}, {b, a, "needed"}} {
		for _, s := range x.from.Services {
			list, err := needs(s)
			if err != nil {
				return "", "", err
			}
			for _, n := range list {
				if slices.Contains(x.to.Services, n) {
					if x.relation == "needs" {
						return x.relation, n, nil
					}
					return x.relation, s, nil
				}
			}
		}
	}
	return "", "", nil
}

// maxWarnings bounds what is worked out for one time line.
const maxWarnings = 50

// collisions finds the changes that are not over whose times meet, in one
// environment, on the same services or on what one of them needs: then neither
// one's health can be told from the other's.
func collisions(list []Bar, needs near) (out []Warning, err error) {
	live := slices.DeleteFunc(slices.Clone(list), func(b Bar) bool { return b.Over })
	slices.SortFunc(live, func(a, b Bar) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	for i, a := range live {
		for _, b := range live[i+1:] {
			if !b.From.Before(a.To) || len(out) == maxWarnings {
				break
			}
			if a.Environment != b.Environment || a.ID == b.ID {
				continue
			}
			w := Warning{Kind: "collision", Change: b, Other: a, Span: Span{b.From, a.To}}
			if !b.Planned && a.Planned { // what runs does not move
				w.Change, w.Other = a, b
			}
			if b.To.Before(a.To) {
				w.To = b.To
			}
			if w.Relation, w.Service, err = meets(w.Change, w.Other, needs); err != nil {
				return nil, err
			}
			if w.Relation != "" {
				out = append(out, w)
			}
		}
	}
	return out, nil
}

// held finds the planned changes that windows would hold.
func (s *Set) held(list []Bar, subjects func(Bar) []Subject) (out []Warning) {
	for _, b := range list {
		if !b.Planned || b.Over || len(out) == maxWarnings {
			continue
		}
		q := b.query(subjects(b))
		from, to := nano(b.From), nano(b.To)
		for _, c := range s.frozen(&q, false) {
			st := c.at(from, ahead)
			if !st.on && st.to < to {
				st = c.at(st.to, ahead)
			}
			if st.on {
				out = append(out, Warning{Kind: "freeze", Change: b, Window: c.Named, Span: Span{time.Unix(0, max(from, st.from)).UTC(), time.Unix(0, min(to, st.to)).UTC()}})
				break
			}
		}
		for _, l := range s.required(&q) {
			if c, opens, ok := first(l, from, ahead); !ok || opens > from {
				out = append(out, Warning{Kind: "outside", Change: b, Window: c.Named, Span: b.Span})
				break
			}
		}
	}
	return out
}

func (b Bar) query(subjects []Subject) Query {
	return Query{Subjects: subjects, Environment: b.Environment, Type: b.Type, Purpose: b.Purpose, Kind: b.Kind}
}
