package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
)

// BaselineSource is the due work that takes digests and looks for drift.
func (s *Service) BaselineSource() job.Source {
	return job.Source{Name: BaselineDue, Next: nextBaseline, Run: func(ctx context.Context, d *db.DB) (int, error) {
		var b Baseline
		var ok bool
		err := d.Write(ctx, actor.Job(BaselineDue), "look at a baseline", func(tx *db.Tx) (err error) {
			tx.Unrecorded("a baseline is claimed for a look")
			b, ok, err = dueBaseline(tx, tx.Now.Add(lookLease))
			return err
		})
		if err != nil || !ok {
			return 0, errs.Wrap(BaselineDue, err)
		}
		_, err = s.look(ctx, b)
		return 1, errs.Wrap(BaselineDue, err)
	}}
}

// sealTime is how long whoever takes a baseline waits for its digest.
const sealTime = 5 * time.Second

// sealNow takes the digest of a fresh baseline at once, so that whoever took it
// sees it. On a map that is too large for that, due work does it.
func (s *Service) sealNow(ctx context.Context, b Baseline) (Baseline, error) {
	if b.Base != "" {
		return b, nil
	}
	short, cancel := context.WithTimeout(ctx, sealTime)
	defer cancel()
	out, err := s.look(short, b)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return b, nil
	}
	return out, err
}

// look takes the digest of a baseline if it has none yet, and counts its drift.
// All reading is done before the transaction, which then only writes what was
// found, unless the baseline was edited meanwhile.
func (s *Service) look(ctx context.Context, b Baseline) (out Baseline, err error) {
	var sum Sum
	var n int64
	broken := "" // the service it is about is gone
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		n = 0
		if b.Base == "" {
			if sum, err = digestAt(q, b.Spec.Service, b.At); errs.Is(err, errs.Invalid) {
				broken = errs.As(err).Error()
				return nil
			} else if err != nil {
				return err
			}
		}
		for cursor := ""; ; {
			page, next, err := driftPage(q, b, now, cursor, 1000)
			if errs.Is(err, errs.Invalid) {
				broken = errs.As(err).Error()
				return nil
			}
			if err != nil {
				return err
			}
			for _, d := range page {
				if d.Note == "" {
					n++
				}
			}
			if cursor = next; next == "" || n >= MaxDrift {
				n = min(n, MaxDrift)
				return nil
			}
		}
	})
	if err != nil {
		return b, err
	}
	err = s.db.Write(ctx, actor.Job(BaselineDue), "look at a baseline", func(tx *db.Tx) error {
		tx.Unrecorded("a look at a baseline that found nothing new")
		old, ok, err := findBaseline(tx, b.Name, tx.ForUpdate())
		if out = old; err != nil || !ok || old.Version != b.Version {
			return err // it was edited: that made it due anew
		}
		out.Looked, out.Next = tx.Now, tx.Now.Add(old.every())
		if broken == "" {
			out.Drift = n
		}
		if old.Base == "" && sum.Hash != "" {
			out.Base, out.Digest, out.Items, out.Relations = sum.Hash, sum.Hash, sum.Items, sum.Relations
			out.Version++
			tx.Record(evidence.Entry{Action: "baseline.sealed", Record: out.Ref(), Version: out.Version, Before: old.digest(), After: out.digest(), Data: out.facts("")})
		}
		if out.Drift != old.Drift {
			tx.Record(evidence.Entry{Action: "baseline.drift", Record: out.Ref(), Version: out.Version, After: out.digest(), Data: map[string]int64{"drift": out.Drift}})
			if err := s.tellDrift(tx, old, out); err != nil {
				return err
			}
		}
		return updateBaseline(tx, out)
	})
	return out, err
}
