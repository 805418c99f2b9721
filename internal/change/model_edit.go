package change

import (
	"context"
	"reflect"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// PutModel creates a model (version 0) or edits it; a new one is approved, and
// an edit leaves the approval as it is. Errors: Invalid; Conflict when version
// is not the present one, or it is managed in git.
func (s *Service) PutModel(ctx context.Context, name string, version int64, spec ModelSpec) (m Model, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Model{}, errs.Wrap("change.model", err)
	}
	err = s.DB.Write(ctx, who, "model of changes written", func(tx *db.Tx) error {
		old, ok, err := findModel(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		if old.Version != version {
			if ok && version == 0 {
				return errs.E(errs.Conflict, "a model of this name exists already").On(old.Ref().String())
			}
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", old.Version, version).On(old.Ref().String())
		}
		m, err = s.putModel(tx, old, ok, spec, "")
		return err
	})
	return m, errs.Wrap("change.model", err)
}

func (s *Service) putModel(tx *db.Tx, old Model, exists bool, spec ModelSpec, commit string) (Model, error) {
	if err := checkModelName(old.Name); err != nil {
		return Model{}, err
	}
	if err := spec.check(); err != nil {
		return Model{}, err
	}
	if exists && reflect.DeepEqual(old.Spec, spec) {
		return old, nil
	}
	m := old
	m.Spec, m.UpdatedAt = spec, tx.Now
	action := "change.model.edit"
	if !exists {
		action = "change.model.create"
		m.State, m.Since, m.CreatedAt = ModelApproved, tx.Now, tx.Now
	}
	return s.saveModel(tx, action, old, m, commit)
}

// saveModel writes a model with evidence and makes decisions on it invalid.
func (s *Service) saveModel(tx *db.Tx, action string, old, m Model, commit string) (Model, error) {
	m.Version = old.Version + 1
	if err := saveModel(tx, m); err != nil {
		return Model{}, err
	}
	e := evidence.Entry{Action: action, Record: m.Ref(), Version: m.Version, After: m.digest(), Data: committed(commit)}
	if old.Version > 0 {
		e.Before = old.digest()
	}
	tx.Record(e)
	return m, Bump(tx)
}

// committed is what evidence of an apply says beside the digests.
func committed(commit string) any {
	if commit == "" {
		return nil
	}
	return map[string]string{"commit": commit}
}

// ApproveModel pre-approves a model that was withdrawn; its counters start
// anew. Approving an approved one changes nothing.
func (s *Service) ApproveModel(ctx context.Context, name string) (m Model, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Model{}, errs.Wrap("change.model.approve", err)
	}
	err = s.DB.Write(ctx, who, "model of changes approved", func(tx *db.Tx) error {
		if m, err = model(tx, name, tx.ForUpdate()); err != nil || m.State == ModelApproved {
			return err
		}
		old := m
		m.State, m.Why, m.Since, m.Used, m.Failed, m.UpdatedAt = ModelApproved, "", tx.Now, 0, 0, tx.Now
		m, err = s.saveModel(tx, "change.model.approve", old, m, "")
		return err
	})
	return m, errs.Wrap("change.model.approve", err)
}

// WithdrawModel takes a model's pre-approval away; why is needed.
func (s *Service) WithdrawModel(ctx context.Context, name, why string) (m Model, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		why, err = need("why", why, "say why, in a sentence")
	}
	if err != nil {
		return Model{}, errs.Wrap("change.model.withdraw", err)
	}
	err = s.DB.Write(ctx, who, "model of changes withdrawn", func(tx *db.Tx) error {
		if m, err = model(tx, name, tx.ForUpdate()); err != nil || m.State == ModelWithdrawn {
			return err
		}
		m, err = s.withdraw(tx, m, why)
		return err
	})
	return m, errs.Wrap("change.model.withdraw", err)
}

func (s *Service) withdraw(tx *db.Tx, m Model, why string) (Model, error) {
	old := m
	m.State, m.Why, m.UpdatedAt = ModelWithdrawn, why, tx.Now
	return s.saveModel(tx, "change.model.withdraw", old, m, "")
}

// DeleteModel removes a model; its changes keep its name.
func (s *Service) DeleteModel(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("change.model.delete", err)
	}
	err = s.DB.Write(ctx, who, "model of changes deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, Model{Name: name}.Ref()); err != nil {
			return err
		}
		return s.removeModel(tx, name)
	})
	return errs.Wrap("change.model.delete", err)
}

func (s *Service) removeModel(tx *db.Tx, name string) error {
	m, err := model(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	if err := removeModel(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "change.model.delete", Record: m.Ref(), Version: m.Version, Before: m.digest()})
	return Bump(tx)
}

const dayText = "2 January 2006"
