package change

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Models returns models by name, after a name, and whether there are more.
func (s *Service) Models(ctx context.Context, after string, limit int) (out []Model, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("change.models", err)
	}
	limit = pageSize(limit)
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if out, err = listModels(q, after, limit+1); err != nil {
			return err
		}
		if len(out) > limit {
			out, more = out[:limit], true
		}
		for i := range out {
			if err := out[i].manage(q); err != nil {
				return err
			}
		}
		return nil
	})
	return out, more, errs.Wrap("change.models", err)
}

// Model returns one model. Errors: NotFound.
func (s *Service) Model(ctx context.Context, name string) (m Model, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Model{}, errs.Wrap("change.model", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if m, err = model(q, name, ""); err != nil {
			return err
		}
		return m.manage(q)
	})
	return m, errs.Wrap("change.model", err)
}

func (m *Model) manage(q db.Querier) error {
	by, ok, err := ascode.ManagedBy(q, m.Ref())
	if ok {
		m.Managed = by.String()
	}
	return err
}
