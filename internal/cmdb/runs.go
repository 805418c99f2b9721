package cmdb

import (
	"context"
	"math"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Confirm lets a run that asks go on, and applies it. Conflict when it does not
// ask.
func (s *Service) Confirm(ctx context.Context, run int64) (r Run, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Run{}, errs.Wrap("cmdb.confirm", err)
	}
	err = s.db.Write(ctx, who, "run confirmed", func(tx *db.Tx) error {
		if r, err = asking(tx, run); err != nil {
			return err
		}
		r.State, r.Counts = RunApplying, r.Counts.begun()
		s.hold(run)
		tx.Record(evidence.Entry{Action: "map.run.confirm", Record: r.Ref(), Data: r.Counts})
		return saveRun(tx, r, tx.Now.Add(applyLease))
	})
	if err != nil {
		return r, errs.Wrap("cmdb.confirm", err)
	}
	defer s.release(run)
	r, err = s.apply(ctx, who, run, false)
	return r, errs.Wrap("cmdb.confirm", err)
}

// Refuse ends a run that asks; nothing changes. Conflict when it does not ask.
func (s *Service) Refuse(ctx context.Context, run int64) (r Run, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Run{}, errs.Wrap("cmdb.refuse", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		r, err = asking(q, run)
		return err
	})
	if err == nil {
		err = s.end(ctx, who, &r, RunRefused, r.Why)
	}
	return r, errs.Wrap("cmdb.refuse", err)
}

func asking(q db.Querier, run int64) (Run, error) {
	lock := ""
	if tx, ok := q.(*db.Tx); ok {
		lock = tx.ForUpdate()
	}
	r, err := findRun(q, run, lock)
	if err == nil && r.State != RunAsking {
		err = errs.E(errs.Conflict, "it does not ask for anything; it is %s", r.State).On(r.Ref().String())
	}
	return r, err
}

// Run returns a run; while it is read or applied its counts grow.
func (s *Service) Run(ctx context.Context, id int64) (r Run, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Run{}, errs.Wrap("cmdb.run", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		r, err = findRun(q, id, "")
		return err
	})
	return r, errs.Wrap("cmdb.run", err)
}

// Runs returns runs, newest first, before a number (0: from the newest), of a
// source ("": of all), and whether there are more.
func (s *Service) Runs(ctx context.Context, source string, before int64, limit int) (out []Run, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.runs", err)
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	if limit < 1 || limit > 200 {
		limit = 200
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		out, err = listRuns(q, source, before, limit+1)
		return err
	})
	if len(out) > limit {
		out, more = out[:limit], true
	}
	return out, more, errs.Wrap("cmdb.runs", err)
}
