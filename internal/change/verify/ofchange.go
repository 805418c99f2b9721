package verify

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// OfChange returns the verification of a change as far as it is, for pipelines
// that ask how what they deployed fares; ok is false when none began.
func (s *Service) OfChange(ctx context.Context, id int64) (v Verification, ok bool, err error) {
	if _, err := actor.Require(ctx, actor.Ingest); err != nil {
		return Verification{}, false, errs.Wrap("verify.change", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		v, ok, err = read(q, id, "")
		return err
	})
	return v, ok, errs.Wrap("verify.change", err)
}
