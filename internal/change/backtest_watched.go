package change

import (
	"context"
	"iter"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// BacktestWatched is Backtest that says how far it is: seen is called with the
// number of decisions taken up so far, from one goroutine.
func (s *Service) BacktestWatched(ctx context.Context, c *policy.Compiled, n int, seen func(int)) (r policy.Report, err error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return r, errs.Wrap("change.backtest", err)
	}
	if n < 1 || n > MostBacktested {
		return r, errs.Wrap("change.backtest", errs.BadField("last", "", "replay 1 to 20000 decisions"))
	}
	r, err = policy.Backtest(ctx, c, watched(asPast(s.Replays(ctx, n)), seen))
	return r, errs.Wrap("change.backtest", err)
}

func watched(list iter.Seq2[policy.Past, error], seen func(int)) iter.Seq2[policy.Past, error] {
	return func(yield func(policy.Past, error) bool) {
		n := 0
		for p, err := range list {
			n++
			seen(n)
			if !yield(p, err) {
				return
			}
		}
	}
}
