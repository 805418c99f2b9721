package verify

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

// DueName is the name of the due work.
const DueName = "verification"

// batch is how many verifications one run looks at; the runner calls again
// while there are more.
const batch = 20

// Due is the work of looking at deployments while they are verified.
func (s *Service) Due() job.Source {
	return job.Source{Name: DueName, Next: func(q db.Querier) (time.Time, error) {
		us, err := firstDue(q)
		return db.Time(us), err
	}, Run: s.watch}
}

// watch claims what is due by moving it on, so that other replicas leave it
// alone, and looks outside of any transaction: sources answer over the network.
// Whoever dies meanwhile has missed one look.
func (s *Service) watch(ctx context.Context, d *db.DB) (done int, err error) {
	ctx = actor.With(ctx, actor.Job(DueName))
	var list []Verification
	err = d.Write(ctx, actor.Job(DueName), "deployments are looked at", func(tx *db.Tx) (err error) {
		tx.Unrecorded("when a deployment is looked at next; its outcome is recorded with the change")
		if list, err = due(tx, batch); err != nil {
			return err
		}
		for _, v := range list {
			if err := next(tx, v.Change, tx.Now.Add(Step)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, errs.Wrap("verify.watch", err)
	}
	for _, v := range list {
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		done++
		services, err := s.servicesOf(ctx, v)
		if err != nil {
			return done, errs.Wrap("verify.watch", err)
		}
		r, err := s.look(ctx, v, services, false)
		if err != nil { // it is kept with the verification and shown there; the next look is in a minute
			continue
		}
		// Twice in a row: one bad minute is no verdict on a deployment.
		if r.Verdict == Unhealthy && v.Result.Verdict == Unhealthy {
			if _, err := s.changes.Judge(ctx, v.Change, conclusion(r)); err != nil {
				return done, errs.Wrap("verify.watch", err)
			}
		}
	}
	return done, nil
}

func (s *Service) servicesOf(ctx context.Context, v Verification) (list []string, err error) {
	err = s.db.Read(ctx, func(q db.Querier) error { list, err = services(q, v.Change, v.Service); return err })
	return list, err
}

// keep stores a look's result.
func (s *Service) keep(ctx context.Context, v Verification, r Result, now time.Time) error {
	return s.db.Write(ctx, actor.Job(DueName), "a deployment was looked at", func(tx *db.Tx) error {
		tx.Unrecorded("readings; the outcome is recorded with the change")
		return save(tx, v, r, now)
	})
}

// failed keeps why a look came to nothing, and returns it.
func (s *Service) failed(ctx context.Context, v Verification, because error) error {
	err := s.db.Write(ctx, actor.Job(DueName), "a deployment could not be looked at", func(tx *db.Tx) error {
		tx.Unrecorded("a source did not answer; it is asked again")
		return complain(tx, v.Change, said(because))
	})
	if err != nil {
		return err
	}
	return errs.E(errs.Unavailable, "what verification asks did not answer: %s", said(because)).Because(because)
}

// said is what a source's failure tells people.
func said(err error) string {
	e := errs.As(err)
	if len(e.Fields) > 0 {
		return e.Fields[0].String()
	}
	return e.Text
}
