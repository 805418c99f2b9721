package audit

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// A check in the background is no part of the request that asked for it: the
// guard that notes the request's idempotency key must not run in it, or the
// check fails with a conflict against its own request.
func TestBackgroundCheckLeavesTheRequestBehind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		ctx := db.WithGuard(b.ctx, func(*db.Tx) error { return errs.E(errs.Conflict, "this key is being handled") })
		p, err := b.s.StartCheck(ctx)
		for err == nil && p.Running {
			p, err = b.s.CheckProgress(b.ctx)
		}
		if err != nil || p.Error != "" || p.Result == nil || !p.Result.OK {
			t.Errorf("%+v %v", p, err)
		}
	})
}
