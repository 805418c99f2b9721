package cmdb

import (
	"context"

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
