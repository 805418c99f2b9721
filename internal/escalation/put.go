package escalation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// put creates a policy or makes it equal to spec, with evidence if that
// changes anything.
//
// Documents that are applied together come one after the other: with asCode a
// policy may name one that comes later (one that never comes is a hole), and
// may take a team or service from another one that is code, too, which is then
// checked in its turn.
func (s *Service) put(tx *db.Tx, name string, spec Spec, commit string, asCode bool) (p Stored, changed bool, err error) {
	if !nameForm.MatchString(name) {
		return p, false, errs.BadField("name", name, "use 1 to 63 of a-z, 0-9 and -, not at the ends")
	}
	spec, err = s.checked(tx, name, spec, asCode)
	if err != nil {
		return p, false, err
	}
	old, there, err := find(tx, name, tx.ForUpdate())
	if err != nil {
		return p, false, err
	}
	if there && evidence.Digest(nil, old.Spec) == evidence.Digest(nil, spec) {
		return old, false, checkServed(tx, name, spec)
	}
	p = Stored{Name: name, Spec: spec, Version: old.Version + 1, Created: old.Created, Updated: tx.Now}
	e := evidence.Entry{Action: "escalation.edit", Record: p.Ref(), Version: p.Version}
	if commit != "" {
		e.Data = map[string]string{"commit": commit}
	}
	if there {
		e.Before = old.digest()
		err = update(tx, p)
	} else {
		e.Action, p.Created = "escalation.create", tx.Now
		err = insert(tx, p)
	}
	if err == nil {
		err = s.serves(tx, name, spec, asCode)
	}
	if err == nil {
		err = setNested(tx, name, spec.inner())
	}
	if err != nil {
		return p, false, err
	}
	e.After = p.digest()
	tx.Record(e)
	return p, true, nil
}

// serves makes a policy serve exactly what its spec says. Errors: Invalid for
// what another policy serves.
func (s *Service) serves(tx *db.Tx, name string, spec Spec, asCode bool) error {
	return setServed(tx, name, spec, func(other string) (bool, error) {
		if !asCode || other < name { // those before it have been applied already
			return false, nil
		}
		_, code, err := ascode.ManagedBy(tx, ref.S(ref.Escalation, other))
		return code, err
	})
}

// inner are the policies that a spec names.
func (s Spec) inner() (out []string) {
	for _, step := range s.Steps {
		for _, t := range step.Notify {
			if t.Policy != "" && !slices.Contains(out, t.Policy) {
				out = append(out, t.Policy)
			}
		}
	}
	return out
}

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
			if step.After = iso(d); d == 0 {
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
			*w = iso(d)
		}
	}
	if err := s.checkServed(q, spec, &bad); err != nil {
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

func (s *Service) checkServed(q db.Querier, spec Spec, bad *errs.Fields) error {
	for n, team := range spec.Teams {
		if ok, err := s.Directory.TeamExists(q, team); err != nil {
			return err
		} else if !ok {
			bad.Add("teams"+index(n), team, "there is no such team")
		}
	}
	for n, service := range spec.Services {
		if ok, err := s.Directory.KnowsService(q, service); err != nil {
			return err
		} else if !ok {
			bad.Add("services"+index(n), service, "there is no such service")
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

// handles puts handles in the place of keys, where the people still exist.
func (s *Service) handles(q db.Querier, list []Stored) error {
	var ids []int64
	each := func(f func(t *TargetSpec, id int64)) {
		for p := range list {
			for n := range list[p].Spec.Steps {
				step := &list[p].Spec.Steps[n]
				for k := range step.Notify {
					if id, err := ref.ID(ref.Person, step.Notify[k].Person); err == nil && strings.HasPrefix(step.Notify[k].Person, string(ref.Person)) {
						f(&step.Notify[k], id)
					}
				}
			}
		}
	}
	each(func(_ *TargetSpec, id int64) { ids = append(ids, id) })
	if len(ids) == 0 {
		return nil
	}
	names, err := s.Directory.Handles(q, ids)
	each(func(t *TargetSpec, id int64) {
		if names[id] != "" {
			t.Person = names[id]
		}
	})
	return err
}

// ListSpecs returns all policies as code.
func (s *Service) ListSpecs(q db.Querier) ([]ascode.Object[Spec], error) {
	var out []ascode.Object[Spec]
	for after := ""; ; {
		part, err := list(q, after, 500)
		if err == nil {
			err = s.handles(q, part)
		}
		if err != nil || len(part) == 0 {
			return out, err
		}
		for _, p := range part {
			out, after = append(out, ascode.Object[Spec]{Name: p.Name, Spec: p.Spec}), p.Name
		}
	}
}

// Apply creates a policy or makes it equal to spec.
func (s *Service) Apply(tx *db.Tx, name string, spec Spec, commit string) error {
	_, _, err := s.put(tx, name, spec, commit, true)
	return err
}

// Remove deletes a policy inside a transaction, with evidence. Errors:
// NotFound; Conflict while another policy names it.
func (s *Service) Remove(tx *db.Tx, name string) error {
	p, ok, err := find(tx, name, tx.ForUpdate())
	if err == nil && !ok {
		err = noPolicy(name)
	}
	if err != nil {
		return err
	}
	if users, err := outer(tx, name); err != nil {
		return err
	} else if len(users) > 0 {
		return errs.E(errs.Conflict, "the policy %s goes on with it; change that first", users[0]).On(p.Ref().String())
	}
	if err := remove(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "escalation.delete", Record: p.Ref(), Version: p.Version, Before: p.digest()})
	return nil
}

// AsCode is the kind EscalationPolicy of everything-as-code.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("EscalationPolicy", ref.Escalation, ascode.OrderEscalation, s.ListSpecs, s.Apply, s.Remove)
}

// UsersOf returns the policies that name a schedule, team, channel or policy,
// which therefore stays.
func (s *Service) UsersOf(q db.Querier, r ref.Ref) (out []ref.Ref, err error) {
	for after := ""; ; {
		part, err := list(q, after, 500)
		if err != nil || len(part) == 0 {
			return out, err
		}
		for _, p := range part {
			after = p.Name
			if p.Spec.names(r) {
				out = append(out, p.Ref())
			}
		}
	}
}

// names reports whether a spec speaks of a record.
func (s Spec) names(r ref.Ref) bool {
	if r.Kind == ref.Team && slices.Contains(s.Teams, r.Key) || r.Kind == ref.Service && slices.Contains(s.Services, r.Key) {
		return true
	}
	for _, step := range s.Steps {
		for _, t := range step.Notify {
			switch r.Kind {
			case ref.Schedule:
				if t.Schedule == r.Key || t.NextOf == r.Key {
					return true
				}
			case ref.Team:
				if t.Team == r.Key {
					return true
				}
			case ref.Channel:
				if t.Channel == r.Key {
					return true
				}
			}
		}
	}
	return false
}
