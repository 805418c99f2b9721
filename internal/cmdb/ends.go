package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Known returns the items that ends name, as a source and scope know them: one
// for each end, 0 where nobody knows it.
func (s *Service) Known(ctx context.Context, source, scope string, ends []End) (out []int64, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.known", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		o, _, err := findOrigin(q, source, scope, "")
		if err != nil {
			return err
		}
		out = make([]int64, len(ends))
		for i, e := range ends {
			if out[i], err = knownEnd(q, o.id, e.text()); err != nil {
				return err
			}
		}
		return nil
	})
	return out, errs.Wrap("cmdb.known", err)
}

// settleTime is how long Settle waits.
const settleTime = time.Second

// Settle waits until questions to this replica know what was committed before
// the call, so that who changes the map and then asks it is not answered from
// before; at most a second, because the change stands either way.
func (s *Service) Settle(ctx context.Context) error {
	if _, err := actor.Require(ctx, actor.Known); err != nil {
		return errs.Wrap("cmdb.settle", err)
	}
	if !s.Ready() || s.opt.NoGraph {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	err := s.caughtUp(short)
	if short.Err() != nil {
		err = ctx.Err()
	}
	return errs.Wrap("cmdb.settle", err)
}
