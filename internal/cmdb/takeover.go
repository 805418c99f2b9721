package cmdb

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// takeOver goes on with one run, or gives it up when it was not read to its
// end. One that this process works on gets more time.
func (s *Service) takeOver(ctx context.Context, who actor.Actor, id, until int64) error {
	s.mu.Lock()
	mine := s.working[id]
	s.mu.Unlock()
	var r Run
	ours := false
	err := s.db.Write(ctx, who, "run taken over", func(tx *db.Tx) (err error) {
		ours = false
		tx.Unrecorded("who has a run in hand")
		if r, err = findRun(tx, id, tx.SkipLocked()); err != nil {
			if errs.Is(err, errs.NotFound) {
				return nil // another process is about to
			}
			return err
		}
		next, err := runLease(tx, id)
		if err != nil || next == 0 || next > until {
			return err
		}
		lease := applyLease
		if r.State == RunReading {
			lease = readLease
		}
		ours, err = saveProgress(tx, r, tx.Now.Add(lease))
		return err
	})
	if err != nil || !ours || mine {
		return err
	}
	switch r.State {
	case RunReading:
		return s.end(ctx, who, &r, RunFailed, "the process that read it ended; run the source again")
	case RunApplying:
		s.hold(id)
		defer s.release(id)
		_, err := s.apply(ctx, who, id, false)
		return err
	}
	return nil
}

// sweepAll removes what runs left that were over.
func (s *Service) sweepAll(ctx context.Context, who actor.Actor) error {
	for run := int64(0); ; {
		var over bool
		err := s.db.Read(ctx, func(q db.Querier) (err error) {
			if run, err = stagedAfter(q, run); err != nil || run == 0 {
				return err
			}
			r, err := findRun(q, run, "")
			over = errs.Is(err, errs.NotFound) || r.State.over()
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			return err
		})
		if err != nil || run == 0 {
			return err
		}
		if over {
			if err := s.sweep(ctx, who, run); err != nil {
				return err
			}
		}
	}
}
