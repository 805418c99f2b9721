package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// decide keeps what the survey found and says what comes next.
func (s *Service) decide(ctx context.Context, who actor.Actor, r *Run, v *survey, h RunHeader) error {
	extra, err := v.chunks()
	if err != nil {
		return err
	}
	r.Counts.Chunks = v.in.factChunks + v.in.linkChunks - len(v.idle) + len(extra)
	r.State, r.Why = RunApplying, ""
	if why := v.asks(h.MaxShare); why != "" {
		r.State, r.Why = RunAsking, why
	}
	for _, part := range parts(extra, stageAtOnce) {
		err := s.db.Write(ctx, who, "run compared", func(tx *db.Tx) error {
			tx.Unrecorded("what a run does not see, until it is applied")
			return insertStage(tx, r.ID, part)
		})
		if err != nil {
			return err
		}
	}
	if h.DryRun {
		return s.end(ctx, who, r, RunDry, r.Why)
	}
	for _, part := range parts(v.idle, 500) {
		err := s.db.Write(ctx, who, "run compared", func(tx *db.Tx) error {
			tx.Unrecorded("records that say nothing new")
			for _, n := range part {
				if err := dropChunk(tx, r.ID, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.db.Write(ctx, who, "run compared", func(tx *db.Tx) error {
		now, err := findRun(tx, r.ID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if now.State != RunReading {
			return errs.E(errs.Conflict, "the run was given up meanwhile").On(r.Ref().String())
		}
		lease := time.Time{}
		if r.State == RunApplying {
			lease = tx.Now.Add(applyLease)
		}
		if r.State == RunApplying {
			r.Counts = r.Counts.begun()
		}
		if r.State == RunAsking {
			tx.Record(evidence.Entry{Action: "map.run.ask", Record: r.Ref(), Data: r.Counts})
		} else {
			tx.Unrecorded("a run goes on")
		}
		return saveRun(tx, *r, lease)
	})
}

func parts[T any](list []T, n int) (out [][]T) {
	for len(list) > 0 {
		k := min(n, len(list))
		out, list = append(out, list[:k]), list[k:]
	}
	return out
}

// giveUp ends a run that could not be read: refused for wrong input, failed for
// what is our side's fault.
func (s *Service) giveUp(ctx context.Context, who actor.Actor, r *Run, cause error) {
	state := RunFailed
	if errs.Is(cause, errs.Invalid) {
		state = RunRefused
	}
	why := errs.As(cause).Text
	for i, f := range errs.As(cause).Fields {
		if i == 0 {
			why = ""
		} else {
			why += "; "
		}
		why += f.String()
	}
	if errs.KindOf(cause) == errs.Internal {
		s.log.Error("a run of a source failed", "run", r.Ref().String(), "source", r.Source, "error", cause)
	}
	if err := s.end(context.WithoutCancel(ctx), who, r, state, errs.Short(why)); err != nil {
		s.log.Error("a run of a source could not be ended; it is given up when its time is over", "run", r.Ref().String(), "error", err)
	}
}

// end closes a run without applying it and removes what it staged.
func (s *Service) end(ctx context.Context, who actor.Actor, r *Run, state RunState, why string) error {
	r.State, r.Why = state, why
	err := s.db.Write(ctx, who, "run ended", func(tx *db.Tx) error {
		now, err := findRun(tx, r.ID, tx.ForUpdate())
		if err != nil || now.State.over() {
			return err
		}
		r.Finished = tx.Now
		if err := endOriginRun(tx, *r, 0, 0); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "map.run." + string(state), Record: r.Ref(), After: r.digest(), Data: r.Counts})
		return saveRun(tx, *r, time.Time{})
	})
	if err != nil {
		return err
	}
	return s.sweep(ctx, who, r.ID)
}

// sweep removes what a run staged.
func (s *Service) sweep(ctx context.Context, who actor.Actor, run int64) error {
	for more := true; more; {
		err := s.db.Write(ctx, who, "run ended", func(tx *db.Tx) (err error) {
			tx.Unrecorded("records of a run that is over")
			more, err = dropStage(tx, run)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// digest is of what does not change any more once a run is over.
func (r Run) digest() string {
	return evidence.Digest(nil, []any{r.ID, r.Source, r.Scope, r.Complete, r.Dry, r.State, r.Actor, r.Counts})
}
