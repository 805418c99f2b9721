package change

import (
	"context"
	"iter"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"time"
)

// DecisionByID returns one answer of policy with all that it stood on. Errors:
// NotFound.
func (s *Service) DecisionByID(ctx context.Context, id int64) (d Decided, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Decided{}, errs.Wrap("change.decision", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		d, err = decisionByID(q, id)
		if err == db.ErrNoRows {
			key := ref.N(ref.Decision, id).String()
			return errs.E(errs.NotFound, "there is no decision %s", key).On(key)
		}
		return err
	})
	return d, errs.Wrap("change.decision", err)
}

// DecisionsOf lists the decisions about a change before one, newest first (0:
// from the newest); those of a shadow policy are among them.
func (s *Service) DecisionsOf(ctx context.Context, change, before int64, limit int) (out []Decided, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("change.decisions", err)
	}
	if before <= 0 {
		before = 1 << 62
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) {
		out, err = decisionsOf(q, change, before, min(max(limit, 1), 200))
		return err
	})
	return out, errs.Wrap("change.decisions", err)
}

// Preview is a dry run: what the gate would say to a question now, and what is
// in the way at the planned time. Nothing is kept, and nobody is asked.
// Errors: as Ask.
func (s *Service) Preview(ctx context.Context, a Ask) (out Answer, err error) {
	if _, err := requireAny(ctx, actor.Read, actor.Ingest); err != nil {
		return Answer{}, errs.Wrap("change.preview", err)
	}
	k := &question{ask: a, mode: ModeTrial}
	if k.change, err = a.change(); err != nil {
		return Answer{}, errs.Wrap("change.preview", err)
	}
	began := time.Now()
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Answer{}, errs.Wrap("change.preview", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if err := s.findAsked(q, k); err != nil {
			if err == errUnregistered {
				err = errs.BadField("services", k.change.Main(), "the catalog does not have it yet; asked in earnest, it would be proposed")
			}
			return err
		}
		k.g, err = s.gather(q, now, k.change)
		return err
	})
	if err != nil {
		return Answer{}, errs.Wrap("change.preview", err)
	}
	d := k.g.answer(ctx, ModeTrial, began)
	out = Answer{Change: k.change, Decision: d, State: k.change.State, Line: d.Line(), Again: d.again(now),
		Allowed: d.Result.Outcome == policy.Allow && !heldUntil(d, now).After(now)}
	if k.version != 0 {
		out.Path = k.change.Ref().Path()
	}
	return out, nil
}

// Replay is one decision of the past with what became of its change, for
// backtests of a policy.
type Replay struct {
	Decision  int64
	Change    int64
	Title     string // of the change
	At        time.Time
	Input     fact.Input
	Result    policy.Decision
	Waited    time.Duration // for approvals
	Completed bool          // it reached users and its outcome is known
	Failed    bool          // it failed, was taken back, or caused an incident
	Emergency bool
}

// Replays yields the last n decisions of gates whose change stands on them,
// newest first. It reads in parts, each on a snapshot of its own, so that a
// long backtest holds no database back. Errors end it.
func (s *Service) Replays(ctx context.Context, n int) iter.Seq2[Replay, error] {
	return func(yield func(Replay, error) bool) {
		if _, err := actor.Require(ctx, actor.Read); err != nil {
			yield(Replay{}, errs.Wrap("change.replays", err))
			return
		}
		for before := int64(1) << 62; n > 0; {
			var part []Replay
			err := s.DB.Read(ctx, func(q db.Querier) (err error) {
				part, err = replays(q, before, min(n, replayPart))
				return err
			})
			if err != nil {
				yield(Replay{}, errs.Wrap("change.replays", err))
				return
			}
			for _, r := range part {
				before = r.Decision
				if !yield(r, nil) {
					return
				}
			}
			if len(part) < min(n, replayPart) {
				return
			}
			n -= len(part)
		}
	}
}

const replayPart = 500

// DecisionDigest returns the digest of a decision as it is now, for comparing it
// with its evidence. Errors: db.ErrNoRows.
func DecisionDigest(q db.Querier, r ref.Ref) (string, error) {
	id, err := ref.ID(ref.Decision, r.String())
	if err != nil {
		return "", err
	}
	d, err := decisionByID(q, id)
	return d.digest(), err
}
