package alert

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Heard notes that an integration sent something that is no alert: a pipeline
// that tells of changes. It is kept to the minute, and mostly costs nothing.
func (s *Service) Heard(ctx context.Context, in Integration) error {
	who, err := actor.Require(ctx, actor.Ingest)
	if err != nil {
		return errs.Wrap("alert.heard", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return errs.Wrap("alert.heard", err)
	}
	if last, ok := s.seen.Load(in.ID); ok && last.(int64) >= minute(db.Micros(now)) {
		return nil
	}
	return errs.Wrap("alert.heard", s.db.Write(ctx, who, "when an integration was last heard of", func(tx *db.Tx) error {
		at, id := minute(db.Micros(tx.Now)), in.ID
		tx.Unrecorded("when an integration was last heard of")
		tx.After(func() { s.seen.Store(id, at) })
		return setSeen(tx, id, at)
	}))
}
