package escalation

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

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

// AsCode is the kind EscalationPolicy of everything-as-code. Policies may name
// such as come later in the files; once all are applied, each must be there and
// reach somebody.
func AsCode(s *Service) ascode.Kind {
	k := ascode.NewKind("EscalationPolicy", ref.Escalation, ascode.OrderEscalation, s.ListSpecs, s.Apply, s.Remove)
	return ascode.Settled(k, func(q db.Querier, name string, spec Spec) error {
		_, err := s.compile(q, name, spec, false)
		return err
	})
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
