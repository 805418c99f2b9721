package notify

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
)

// Prune deletes messages that were sent before a time, with their attempts and
// links, and links that expired before it: at most 500 messages a call. It
// returns how many messages it deleted; call again while that is not 0. Dead
// letters stay until somebody retries them. Evidence stays.
func (s *Service) Prune(ctx context.Context, before time.Time) (int, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err != nil {
		return 0, err
	}
	var n int
	err = s.db.Write(ctx, who, "retention", func(tx *db.Tx) (err error) {
		tx.Unrecorded("links that ended long ago")
		rows, err := pruneMessages(tx, before, 500)
		if err != nil {
			return err
		}
		n = len(rows)
		for _, r := range rows {
			tx.Record(evidence.Entry{Action: "message.pruned", Record: r.Ref(), Version: int64(r.Attempts) + 2, Before: r.digest()})
		}
		_, err = pruneLinks(tx, before)
		return err
	})
	return n, errs.Wrap("notify.prune", err)
}

// Housekeeping is the due work that deletes sent messages after a time. It
// looks once an hour at most.
func Housekeeping(s *Service, keep time.Duration) job.Source {
	return job.Source{
		Name: "notify.retention",
		Next: func(q db.Querier) (time.Time, error) {
			oldest, err := oldestSent(q)
			if err != nil || oldest.IsZero() {
				return oldest, err
			}
			return oldest.Add(keep).Truncate(time.Hour).Add(time.Hour), nil
		},
		Run: func(ctx context.Context, d *db.DB) (int, error) {
			now, err := d.Now(ctx)
			if err != nil {
				return 0, errs.Wrap("notify.retention", err)
			}
			return s.Prune(actor.With(ctx, actor.Job("retention")), now.Add(-keep))
		},
	}
}
