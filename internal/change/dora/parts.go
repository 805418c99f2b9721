package dora

import (
	"cmp"
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Part is the figures of one service or team.
type Part struct {
	Name    string // empty: without a team
	Figures Figures
}

// Parts measures a period by service or by team ("service", "team"), the one
// with most deployments first, at most limit (up to 500), and says how many
// there are. Errors: Invalid.
func (s *Service) Parts(ctx context.Context, ask Query, by string, limit int) (out []Part, all int, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, 0, errs.Wrap("dora.parts", err)
	}
	if limit < 1 || limit > 500 {
		limit = 500
	}
	seen := &sight{filter: ask.Filter, parts: map[string]*counter{}}
	switch by {
	case "team":
		seen.by = func(c *columns) []uint32 { return c.team }
	case "service":
		seen.by, seen.others = func(c *columns) []uint32 { return c.service }, true
	default:
		return nil, 0, errs.Wrap("dora.parts", errs.BadField("by", by, "use service or team"))
	}
	if err := ask.Filter.check(); err != nil {
		return nil, 0, errs.Wrap("dora.parts", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		p, _, err := ask.period(now)
		if err != nil {
			return err
		}
		seen.now = spanOf(p, false, locate(ask.Zone))
		if err := look(q, seen); err != nil {
			return err
		}
		names := make([]string, 0, len(seen.parts))
		for name, c := range seen.parts {
			if c.deployments > 0 {
				names = append(names, name)
			}
		}
		slices.SortFunc(names, func(a, b string) int {
			return cmp.Or(cmp.Compare(seen.parts[b].deployments, seen.parts[a].deployments), cmp.Compare(a, b))
		})
		all = len(names)
		for _, name := range names[:min(limit, all)] {
			out = append(out, Part{name, seen.parts[name].figures(p)})
		}
		return nil
	})
	return out, all, errs.Wrap("dora.parts", err)
}
