package policy

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Name is the name of the one policy for changes, as code.
const Name = "default"

// codeRef is the record that is managed when the policy is kept in git.
var codeRef = ref.S(ref.Policy, Name)

// Spec is the policy as code, a document of kind ChangePolicy.
type Spec struct {
	Note    string            `json:"note,omitempty"`
	Modules map[string]string `json:"modules"` // file name to Rego
}

// AsCode is the kind ChangePolicy of everything-as-code: the policy that
// decides. Each other text of it is a new version, active at once; without the
// document the policy that comes with the program decides.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("ChangePolicy", ref.Policy, ascode.OrderChangePolicy, listSpecs, s.Apply, s.Remove)
}

func listSpecs(q db.Querier) ([]ascode.Object[Spec], error) {
	id, err := inState(q, Active)
	if err != nil || id == 0 {
		return nil, err
	}
	v, err := find(q, id, "")
	return []ascode.Object[Spec]{{Name: Name, Spec: Spec{v.Note, v.Modules}}}, err
}

// Apply makes the policy that decides equal to spec.
func (s *Service) Apply(tx *db.Tx, name string, spec Spec, commit string) error {
	if name != Name {
		return errs.BadField("name", name, fmt.Sprintf("there is one policy for changes; call it %q", Name))
	}
	note, err := clean("note", spec.Note, "")
	if err != nil {
		return err
	}
	was, err := inState(tx, Active)
	if err != nil {
		return err
	}
	if was != 0 {
		if v, err := find(tx, was, ""); err != nil || v.Digest == DigestModules(spec.Modules) && v.Note == note {
			return err
		}
	}
	c, tests, err := Check(tx.Context(), spec.Modules)
	if err != nil {
		return below(err)
	}
	v, err := s.draft(tx, c, spec.Modules, tests, note, commit)
	if err != nil {
		return err
	}
	_, err = s.activate(tx, v.ID, "applied as code")
	return err
}

// below names the faults of modules as paths below spec.
func below(err error) error {
	e := errs.As(err)
	for i, f := range e.Fields {
		if f.Name != "modules" {
			e.Fields[i].Name = fmt.Sprintf("modules.%s", f.Name)
		}
		if f.Where != "" { // the place in the document is ascode's
			e.Fields[i].Remedy, e.Fields[i].Where = f.Where+": "+f.Remedy, ""
		}
	}
	return e
}

// Remove lets the policy that comes with the program decide.
func (s *Service) Remove(tx *db.Tx, name string) error {
	if was, err := inState(tx, Active); err != nil || was == 0 || name != Name {
		if err == nil {
			err = errs.E(errs.NotFound, "there is no such policy").On(codeRef.String())
		}
		return err
	}
	_, err := s.activate(tx, 0, "removed from code")
	return err
}
