package window

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// needsOf remembers what services need, within one snapshot.
func (s *Service) needsOf(q db.Querier) near {
	known := map[string][]string{}
	return func(service string) ([]string, error) {
		if s.Around == nil {
			return nil, nil
		}
		list, ok := known[service]
		if ok {
			return list, nil
		}
		list, _, err := s.Around(q, []string{service})
		known[service] = list
		return list, err
	}
}

// subjectsOf are a bar's services as windows know them.
func subjectsOf(b Bar, who func(string) (Subject, error)) (out []Subject, err error) {
	for _, name := range b.Services {
		u, err := who(name)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// warnings finds what should be looked at among changes that are not over, the
// soonest first, each with a time to which the change could move.
func (s *Service) warnings(q db.Querier, set *Set, list []Bar, who func(string) (Subject, error), at time.Time) ([]Warning, error) {
	needs := s.needsOf(q)
	shown := slices.DeleteFunc(slices.Clone(list), func(b Bar) bool { return b.Over })
	if len(shown) == 0 {
		return nil, nil
	}
	live, err := s.beside(q, shown, at)
	if err != nil {
		return nil, err
	}
	out, err := collisions(live, needs)
	if err != nil {
		return nil, err
	}
	ids := map[int64]bool{}
	for _, b := range shown {
		ids[b.ID] = true
	}
	out = slices.DeleteFunc(out, func(w Warning) bool { return !ids[w.Change.ID] && !ids[w.Other.ID] })
	out = append(out, set.held(shown, func(b Bar) (u []Subject) {
		if err == nil {
			u, err = subjectsOf(b, who)
		}
		return u
	})...)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if err := s.advise(set, &out[i], live, needs, who, at); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(a, b Warning) int { return a.From.Compare(b.From) })
	return out, nil
}

// beside adds to changes the open ones on their services and around these,
// which a filter or the shown time leaves out.
func (s *Service) beside(q db.Querier, shown []Bar, at time.Time) ([]Bar, error) {
	seen, ids := map[string]bool{}, map[int64]bool{}
	var services []string
	add := func(names []string) {
		for _, n := range names {
			if !seen[n] && len(services) < maxAround {
				seen[n] = true
				services = append(services, n)
			}
		}
	}
	for _, b := range shown {
		ids[b.ID] = true
		add(b.Services)
	}
	if s.Around != nil {
		needs, hit, err := s.Around(q, slices.Clone(services))
		if err != nil {
			return nil, err
		}
		add(needs)
		add(hit)
	}
	others, err := openOn(q, services, at, maxBars)
	out := slices.Clone(shown)
	for _, b := range others {
		if !ids[b.ID] {
			out = append(out, b)
		}
	}
	return out, err
}

// advise looks for the first time at which the change of a warning fits. One
// that runs cannot move.
func (s *Service) advise(set *Set, w *Warning, live []Bar, needs near, who func(string) (Subject, error), at time.Time) error {
	b := w.Change
	if !b.Planned {
		return nil
	}
	subjects, err := subjectsOf(b, who)
	if err != nil {
		return err
	}
	var busy []Span
	for _, o := range live {
		if o.ID == b.ID || o.Environment != b.Environment {
			continue
		}
		relation, _, err := meets(b, o, needs)
		if err != nil {
			return err
		}
		if relation != "" {
			busy = append(busy, o.Span)
		}
	}
	from := b.From
	if at.After(from) {
		from = at
	}
	w.Move = set.minute(b.query(subjects), from, b.To.Sub(b.From), busy)
	return nil
}

// minute is Free on a whole minute, because people plan in minutes; zero when
// there is none.
func (s *Set) minute(q Query, from time.Time, length time.Duration, busy []Span) time.Time {
	for range 20 {
		at, ok := s.Free(q, from, length, busy)
		if !ok {
			break
		}
		if from = at.Truncate(time.Minute); from.Equal(at) {
			return at
		}
		from = from.Add(time.Minute)
	}
	return time.Time{}
}
