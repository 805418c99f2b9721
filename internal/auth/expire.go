package auth

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

// expireEvery keeps the deletion of what is over from running for every row:
// nothing depends on it but room, because what is over is refused anyway.
const expireEvery = 10 * time.Minute

// Housekeeping deletes sessions, links and counts of guesses that are over.
// Tokens stay: evidence names them, and their owners want to see them.
func (s *Service) Housekeeping() job.Source {
	return job.Source{
		Name: "auth.expire",
		Next: func(q db.Querier) (time.Time, error) {
			first, err := firstExpiry(q, s.cfg.SessionIdle)
			if err != nil || first.IsZero() {
				return time.Time{}, errs.Wrap("auth.expire", err)
			}
			return first.Truncate(expireEvery).Add(expireEvery), nil
		},
		Run: func(ctx context.Context, d *db.DB) (int, error) {
			var n int64
			err := d.Write(ctx, jobActor, "expired sign-in data deleted", func(tx *db.Tx) (err error) {
				tx.Unrecorded("what is over opens nothing; that it is gone changes nothing")
				n, err = deleteExpired(tx, s.cfg.SessionIdle)
				return err
			})
			return int(n), errs.Wrap("auth.expire", err)
		},
	}
}
