package change

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// MostBacktested is how many decisions one backtest replays at the most.
const MostBacktested = 20_000

// Backtest replays the last n decisions of gates through a policy and says what
// would have come out differently, with what is known today of how the changes
// went. Nothing is kept. Errors: Invalid for a number that is none.
func (s *Service) Backtest(ctx context.Context, c *policy.Compiled, n int) (r policy.Report, err error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return r, errs.Wrap("change.backtest", err) // it takes all processors for seconds
	}
	if n < 1 || n > MostBacktested {
		return r, errs.Wrap("change.backtest", errs.BadField("last", "", "replay 1 to 20000 decisions"))
	}
	r, err = policy.Backtest(ctx, c, asPast(s.Replays(ctx, n)))
	return r, errs.Wrap("change.backtest", err)
}

// asPast gives replays as package policy takes them.
func asPast(list iter.Seq2[Replay, error]) iter.Seq2[policy.Past, error] {
	return func(yield func(policy.Past, error) bool) {
		for r, err := range list {
			var text []byte
			if err == nil {
				text, err = json.Marshal(r.Input)
			}
			key := ref.N(ref.Change, r.Change).String()
			p := policy.Past{Change: key, At: r.At, Input: text, Old: r.Result, Waited: r.Waited, Failed: r.Failed, Title: r.Title}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// LastDecision returns the newest decision of a gate about a change, or of its
// start. Errors: NotFound when nobody asked.
func (s *Service) LastDecision(ctx context.Context, change int64) (Decided, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Decided{}, errs.Wrap("change.decision", err)
	}
	list, err := s.DecisionsOf(ctx, change, 0, 200)
	if err != nil {
		return Decided{}, err
	}
	for _, d := range list {
		if d.Mode == ModeGate || d.Mode == ModeStart {
			return d, nil
		}
	}
	key := ref.N(ref.Change, change).String()
	return Decided{}, errs.E(errs.NotFound, "no gate was asked about it, so that there is no decision").On(key)
}
