package watchdog

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// View is the last look as somebody may see it.
type View struct {
	State
	Fine bool
}

// View returns what the last look, by whichever replica, saw. Records that the
// actor may not see are not named.
func (s *Service) View(ctx context.Context) (v View, err error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return v, err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return v, errs.Wrap("watchdog.view", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		st, err := s.Last(q)
		if err != nil {
			return err
		}
		v = View{State: st, Fine: st.Fine(now)}
		if s.Hidden == nil {
			return nil
		}
		var about []ref.Ref
		for _, f := range v.Findings {
			about = append(about, f.Record)
		}
		hidden, err := s.Hidden(ctx, q, about)
		for i, f := range v.Findings {
			if hidden[f.Record] {
				v.Findings[i].Record, v.Findings[i].Text = ref.Ref{}, "something about a restricted record is not done"
			}
		}
		return err
	})
	return v, errs.Wrap("watchdog.view", err)
}
