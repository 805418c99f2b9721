package escalation

import (
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
	if !ref.IsName(name) {
		return p, false, errs.BadField("name", name, ref.NameForm)
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
