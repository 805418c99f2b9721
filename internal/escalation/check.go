package escalation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/timetext"
)

// checked refuses a spec that is wrong, and returns it with people by key and
// waits in one form.
func (s *Service) checked(q db.Querier, name string, spec Spec, asCode bool) (Spec, error) {
	var bad errs.Fields
	spec.check(&bad)
	if len(bad) > 0 {
		return spec, bad.Err()
	}
	spec.Steps = slices.Clone(spec.Steps)
	for n := range spec.Steps {
		step := &spec.Steps[n]
		step.Notify = slices.Clone(step.Notify)
		if step.After != "" {
			d, _ := parseDuration(step.After) // check read it
			if step.After = timetext.ISO(d); d == 0 {
				step.After = ""
			}
		}
		if step.When != nil && len(step.When.Priorities) == 0 && len(step.When.Services) == 0 && step.When.Hours == "" && step.When.AlertsAtLeast == 0 {
			step.When = nil
		}
		for k := range step.Notify {
			if err := s.checkTarget(q, fmt.Sprintf("steps[%d].notify[%d]", n, k), &step.Notify[k], &bad); err != nil {
				return spec, err
			}
		}
	}
	for _, w := range []*string{&spec.RepeatAfter, &spec.AckTimeout, &spec.AckEscalateAfter} {
		if d, ok := parseDuration(*w); ok && *w != "" {
			*w = timetext.ISO(d)
		}
	}
	if err := s.checkServed(q, spec, &bad); err != nil {
		return spec, err
	}
	if err := s.checkWhen(q, spec, &bad); err != nil {
		return spec, err
	}
	if len(bad) > 0 {
		return spec, bad.Err()
	}
	plan, err := s.compile(q, name, spec, asCode)
	if err != nil {
		return spec, err
	}
	if len(plan.Steps) > 0 || asCode { // something must be left to climb
		return spec, s.checkOuter(q, name, spec)
	}
	return spec, errs.BadField("steps", "", "no step reaches anybody; name a person, team, schedule or channel")
}

// checkOuter refuses an edit by which a policy that names this one would
// become too long or deep.
func (s *Service) checkOuter(q db.Querier, name string, spec Spec) error {
	names, err := outer(q, name)
	if err != nil {
		return err
	}
	for _, o := range names {
		p, ok, err := find(q, o, "")
		if err != nil || !ok {
			return err
		}
		_, err = compile(o, p.Spec, func(n string) (Spec, bool, error) {
			if n == name {
				return spec, true, nil
			}
			x, _, err := find(q, n, "")
			return x.Spec, true, err
		})
		if errs.Is(err, errs.Invalid) {
			return errs.BadField("steps", "", "the policy "+o+" names this one, and would become too long or deep")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compile writes a stored spec out; lenient leaves policies out that are not there.
func (s *Service) compile(q db.Querier, name string, spec Spec, lenient bool) (*Plan, error) {
	return compile(name, spec, func(n string) (Spec, bool, error) {
		p, ok, err := find(q, n, "")
		return p.Spec, ok || lenient, err
	})
}

// checkTarget looks whether there is such a thing, and whether it can reach
// anybody at all. What changes with time, like a gap in a schedule, is a hole
// and no fault.
func (s *Service) checkTarget(q db.Querier, path string, t *TargetSpec, bad *errs.Fields) error {
	kind, name, _ := t.Kind()
	var ok bool
	var err error
	remedy := ""
	switch kind {
	case OfSchedule, OfNext:
		ok, err = s.Rota.Exists(q, name)
		remedy = "there is no such schedule; make it first, or name another one"
	case OfChannel:
		ok, err = s.Directory.KnowsChannel(q, name)
		remedy = "there is no such channel; make it first, or name another one"
	case OfPerson:
		var id int64
		if id, ok, err = s.Directory.PersonOf(q, name); ok {
			t.Person = ref.N(ref.Person, id).String()
		}
		remedy = "nobody who may sign in has this handle or key"
	case OfTeam:
		if ok, err = s.Directory.TeamExists(q, name); !ok || err != nil {
			remedy = "there is no such team"
			break
		}
		var people []int64
		people, err = s.Directory.TeamPeople(q, name, rolesOf(t.Role))
		ok, remedy = len(people) > 0, "this reaches nobody: the team has nobody in this role who may sign in"
	default: // the incident's own team, or a policy: compile looks for it
		ok = true
	}
	if err == nil && !ok {
		bad.Add(path+"."+string(kind), name, remedy)
	}
	return err
}

// checkWhen refuses conditions that never hold: services that are not there or
// not served, priorities that page nobody in the teams served. A policy that
// serves nothing itself is for others to name, who say which incidents it sees.
func (s *Service) checkWhen(q db.Querier, spec Spec, bad *errs.Fields) error {
	paging, err := s.paging(q, spec)
	if err != nil {
		return err
	}
	for n, step := range spec.Steps {
		if step.When == nil {
			continue
		}
		path := fmt.Sprintf("steps[%d].when.", n)
		served := len(spec.Teams) > 0 || len(spec.Services) == 0
		for k, service := range step.When.Services {
			if err := s.checkService(q, path+"services"+index(k), service, bad); err != nil {
				return err
			}
			served = served || slices.Contains(spec.Services, service)
		}
		if len(step.When.Services) > 0 && !served {
			bad.Add(path+"services", strings.Join(step.When.Services, ", "), "this never holds: the policy serves none of them; serve one, or take the condition out")
		}
		if list := step.When.Priorities; len(list) > 0 && paging != nil && !slices.ContainsFunc(list, func(p string) bool { return paging[p] }) {
			bad.Add(path+"priorities", strings.Join(list, ", "), "this never holds: these priorities page nobody in the teams that the policy serves; name one that does, or change the priority matrix")
		}
	}
	return nil
}

// checkService refuses what is no service's own name: incidents carry that, so
// an alias would never match.
func (s *Service) checkService(q db.Querier, field, service string, bad *errs.Fields) error {
	own, err := s.Directory.ServiceName(q, service)
	switch {
	case err != nil:
		return err
	case own == "":
		bad.Add(field, service, "there is no such service")
	case own != service:
		bad.Add(field, service, "this is another name of "+own+"; write that one")
	}
	return nil
}

// paging are the priorities that page people in a team that the policy serves;
// nil when that is not known.
func (s *Service) paging(q db.Querier, spec Spec) (map[string]bool, error) {
	if s.Paging == nil || len(spec.Teams) == 0 || len(spec.Services) > 0 { // a service's team may change
		return nil, nil
	}
	out := map[string]bool{}
	for _, team := range spec.Teams {
		list, err := s.Paging(q, team)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			out[p] = true
		}
	}
	return out, nil
}

func (s *Service) checkServed(q db.Querier, spec Spec, bad *errs.Fields) error {
	for n, team := range spec.Teams {
		if ok, err := s.Directory.TeamExists(q, team); err != nil {
			return err
		} else if !ok {
			bad.Add("teams"+index(n), team, "there is no such team")
		}
	}
	for n, service := range spec.Services {
		if err := s.checkService(q, "services"+index(n), service, bad); err != nil {
			return err
		}
	}
	return nil
}

func rolesOf(role string) []string {
	if role == "" {
		return []string{"member", "lead"}
	}
	return []string{role}
}
