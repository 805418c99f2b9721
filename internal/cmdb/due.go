package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const (
	dueAtOnce = 500
	// keepDeltas is how long graphs of replicas and snapshots may lag behind
	// before they must be loaded anew.
	keepDeltas = 2 * Day
	jobName    = "cmdb"
)

// Due is the practice's work that time brings: stale items and relations
// retire, observed relations are forgotten, words grow old, runs whose process
// ended go on or are given up, and old deltas are removed.
func (s *Service) Due() job.Source {
	return job.Source{Name: jobName,
		Next: func(q db.Querier) (time.Time, error) {
			if !s.hasBegun() {
				return time.UnixMicro(1), nil
			}
			us, err := nextDue(q)
			return db.Time(us), err
		},
		Run: s.due,
	}
}

func (s *Service) hasBegun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.began
}

func (s *Service) due(ctx context.Context, d *db.DB) (done int, err error) {
	who := actor.Job(jobName)
	if s.hasBegun() {
		now, err := d.Now(ctx)
		if err != nil {
			return 0, errs.Wrap("cmdb.due", err)
		}
		var next int64
		err = d.Read(ctx, func(q db.Querier) error {
			next, err = nextDue(q)
			return err
		})
		if err != nil || next == 0 || next > moment(now) {
			return 0, errs.Wrap("cmdb.due", err)
		}
	}
	for _, f := range []func(context.Context, actor.Actor) (int, error){s.dueRuns, s.dueItems, s.dueBonds, s.dueDeltas} {
		n, err := f(ctx, who)
		done += n
		if err != nil {
			return done, errs.Wrap("cmdb.due", err)
		}
	}
	return done, nil
}

// dueRuns goes on with runs whose process ended. On SQLite there is one
// process, so at its start no lease need be waited for.
func (s *Service) dueRuns(ctx context.Context, who actor.Actor) (int, error) {
	first := !s.hasBegun()
	if first {
		if err := s.sweepAll(ctx, who); err != nil {
			return 0, err
		}
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return 0, err
	}
	if first && s.db.Dialect().SQLite() {
		now = now.Add(2 * readLease)
	}
	var ids []int64
	err = s.db.Read(ctx, func(q db.Querier) error {
		ids, err = dueRuns(q, moment(now), 20)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := s.takeOver(ctx, who, id, moment(now)); err != nil {
			return 0, err
		}
	}
	s.mu.Lock()
	s.began = true
	s.mu.Unlock()
	return len(ids), nil
}

// dueItems works items out whose state or words change with time.
func (s *Service) dueItems(ctx context.Context, who actor.Actor) (n int, err error) {
	err = s.db.Write(ctx, who, "time passed", func(tx *db.Tx) error {
		n = 0
		ids, err := dueItems(tx, moment(tx.Now), dueAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		e, err := s.resolveItems(tx, ids, false)
		if err != nil {
			return err
		}
		passed(tx, e)
		return nil
	})
	return n, err
}

// passed is the evidence of what time brought.
func passed(tx *db.Tx, e Effect) {
	if e.Counts == (Counts{}) {
		tx.Unrecorded("when something is looked at again")
		return
	}
	tx.Record(evidence.Entry{Action: "map.time", Record: ref.S(ref.System, "map"), Data: e.Counts})
}

// dueBonds works relations out that nobody has seen for long.
func (s *Service) dueBonds(ctx context.Context, who actor.Actor) (n int, err error) {
	err = s.db.Write(ctx, who, "time passed", func(tx *db.Tx) error {
		n = 0
		if err := lockMap(tx); err != nil {
			return err
		}
		ids, err := dueBonds(tx, moment(tx.Now), dueAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		w, err := s.begin(tx)
		if err != nil {
			return err
		}
		if err := w.rejoin(map[int64]*bond{}, nil, map[int64][]*sighting{}, nil, ids); err != nil {
			return err
		}
		if err := w.finish(); err != nil {
			return err
		}
		passed(tx, w.effect)
		return nil
	})
	return n, err
}

// dueDeltas removes deltas that every graph has taken in long ago; the newest
// stays, because snapshots are told by it.
func (s *Service) dueDeltas(ctx context.Context, who actor.Actor) (n int, err error) {
	err = s.db.Write(ctx, who, "time passed", func(tx *db.Tx) error {
		tx.Unrecorded("deltas that every graph has taken in")
		gone, err := dropDeltas(tx, moment(tx.Now.Add(-keepDeltas)))
		n = int(gone)
		return err
	})
	return n, err
}
