package window

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// check validates a spec against what there is, and writes defaults as nothing.
func (s *Service) check(q db.Querier, name string, spec *Spec) error {
	var bad errs.Fields
	if !ref.IsName(name) {
		bad.Add("name", name, ref.NameForm)
	}
	if spec.Hours == Open {
		spec.Hours = ""
	}
	if err := s.checkScope(q, spec.Scope, &bad); err != nil {
		return err
	}
	n := Named{Name: name, Spec: *spec}
	if spec.Calendar != "" {
		c, err := s.calendar(q, spec.Calendar)
		if err != nil && s.calendars != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if err == nil {
			n.Calendar = c
		}
	}
	c, err := compile(n)
	var e *errs.Error
	switch {
	case errors.As(err, &e) && len(e.Fields) > 0:
		bad = append(bad, e.Fields...)
	case err != nil:
		return err
	case !c.times.ever():
		bad.Add("repeat", spec.Repeat, "it never takes place; check the rule, its end, the exceptions and the calendar")
	}
	return bad.Err()
}

// checkScope notes services and teams that do not exist: a freeze for nobody
// is worse than none, because people rely on it.
func (s *Service) checkScope(q db.Querier, sc Scope, bad *errs.Fields) error {
	for field, list := range map[string][]string{"services": sc.Services, "without": sc.Without} {
		for i, name := range list[:min(len(list), maxList)] {
			at := fmt.Sprintf("scope.%s[%d]", field, i)
			k, ok, err := s.services.Lookup(q, name)
			switch {
			case err != nil:
				return err
			case !ok:
				bad.Add(at, name, "there is no such service in the catalog")
			case k.Name != name:
				bad.Add(at, name, "use its own name, "+k.Name)
			case k.Lifecycle == catalog.Retired:
				bad.Add(at, name, "this service is retired; leave it out")
			}
		}
	}
	for i, name := range sc.Teams[:min(len(sc.Teams), maxList)] {
		ok := false
		if s.teams != nil {
			var err error
			if ok, err = s.teams.TeamExists(q, name); err != nil {
				return err
			}
		}
		if !ok {
			bad.Add(fmt.Sprintf("scope.teams[%d]", i), name, "there is no such team")
		}
	}
	slices.SortStableFunc(*bad, func(a, b errs.Field) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}
