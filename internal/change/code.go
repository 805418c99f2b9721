package change

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// listSettings returns the settings as code, if somebody wrote any.
func (s *Service) listSettings(q db.Querier) ([]ascode.Object[Settings], error) {
	spec, _, written, err := readSpec(q, "")
	if err != nil || !written {
		return nil, err
	}
	return []ascode.Object[Settings]{{Name: "default", Spec: spec}}, nil
}

func (s *Service) applySettings(tx *db.Tx, name string, spec Settings, commit string) error {
	if name != "default" {
		return errs.BadField("name", errs.Short(name), `there is one document of this kind, named "default"`)
	}
	_, err := s.configure(tx, &spec, commit)
	return err
}

// removeSettings puts the defaults back.
func (s *Service) removeSettings(tx *db.Tx, _ string) error {
	_, err := s.configure(tx, nil, "")
	return err
}

// AsCode are the kinds ChangePractice and ChangeModel of everything-as-code.
func AsCode(s *Service) []ascode.Kind {
	return []ascode.Kind{
		ascode.NewKind("ChangePractice", ref.Practice, ascode.OrderChangePractice, s.listSettings, s.applySettings, s.removeSettings),
		ascode.NewKind("ChangeModel", ref.ChangeModel, ascode.OrderChangeModel, s.ListModels, s.ApplyModel, s.removeModel),
	}
}

// ListModels returns all models as code.
func (s *Service) ListModels(q db.Querier) (out []ascode.Object[ModelSpec], err error) {
	for after := ""; ; {
		part, err := listModels(q, after, 500)
		if err != nil || len(part) == 0 {
			return out, err
		}
		for _, m := range part {
			out, after = append(out, ascode.Object[ModelSpec]{Name: m.Name, Spec: m.Spec}), m.Name
		}
	}
}

// ApplyModel creates a model or makes it equal to spec; a withdrawn one stays so.
func (s *Service) ApplyModel(tx *db.Tx, name string, spec ModelSpec, commit string) error {
	old, ok, err := findModel(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	_, err = s.putModel(tx, old, ok, spec, commit)
	return err
}
