package window

import (
	"slices"
	"time"
)

// Occurrence is one time that a window takes place.
type Occurrence struct {
	Window Named
	Span            // a zero To has no end
	Covers []string // the services of the subjects that it is for
	All    bool     // it names no service, team or tier
}

// Occurrences returns what takes place in [from, to), by its beginning, at most
// limit, and whether there is more: what is for the environment ("": any) and,
// with only, for one of the subjects.
func (s *Set) Occurrences(subjects []Subject, only bool, environment string, from, to time.Time, limit int) (out []Occurrence, more bool) {
	for _, c := range s.all {
		sc := &c.Spec.Scope
		if environment != "" && len(sc.Environments) > 0 && !slices.Contains(sc.Environments, environment) {
			continue
		}
		o := Occurrence{Window: c.Named, All: len(sc.Services)+len(sc.Teams)+len(sc.Tiers) == 0}
		for _, u := range subjects {
			if sc.has(u) {
				o.Covers = append(o.Covers, u.Service)
			}
		}
		if only && len(o.Covers) == 0 {
			continue
		}
		c.spans(from, to, limit+1, func(sp Span) {
			o.Span = sp
			out = append(out, o)
		})
	}
	slices.SortStableFunc(out, func(a, b Occurrence) int { return a.From.Compare(b.From) })
	if len(out) > limit {
		return out[:limit], true
	}
	return out, false
}

// has reports whether a scope is for a service, in some environment and for
// some kind of change.
func (sc *Scope) has(u Subject) bool {
	q := Query{}
	open := Scope{Services: sc.Services, Teams: sc.Teams, Tiers: sc.Tiers, Without: sc.Without}
	return q.covers(&open, u)
}

// spans visits what of a window touches [from, to), at most most.
func (c *compiled) spans(from, to time.Time, most int, visit func(Span)) {
	n := 0
	if c.times.walls {
		t := &c.times
		t.each(from.Add(-t.wallLength-t.exact-24*time.Hour), func(s Span) bool {
			if s.From.Before(to) && s.To.After(from) {
				visit(Span{s.From.UTC(), s.To.UTC()})
				n++
			}
			return s.From.Before(to) && n < most
		})
		return
	}
	for at := from; at.Before(to) && n < most; {
		sp, on := c.times.stretch(at)
		if on {
			visit(Span{at.UTC(), end(sp.To)})
			n++
		}
		at = sp.To
	}
}

// end is an end as people see it: far ahead is none.
func end(t time.Time) time.Time {
	if !t.Before(far) {
		return time.Time{}
	}
	return t.UTC()
}

// Standing is how a window is at a time.
type Standing struct {
	Name  string
	On    bool
	Until time.Time // it ends, or else begins; zero: it stays so
}

// Standings returns how all windows are, by name.
func (s *Set) Standings(at time.Time) []Standing {
	out := make([]Standing, len(s.all))
	for i, c := range s.all {
		st := c.at(nano(at), now)
		out[i] = Standing{c.Name, st.on, end(st.end())}
	}
	return out
}

// Next returns the occurrences of one window that end after a time, at most
// limit, within two years. Errors are Invalid as from Compile.
func Next(n Named, at time.Time, limit int) (out []Span, err error) {
	c, err := compile(n)
	if err != nil {
		return nil, err
	}
	c.spans(at, at.Add(horizon), limit, func(s Span) { out = append(out, s) })
	return out, nil
}
