package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// View is the graph as it was at a time (zero: now), for drawing maps of it. It
// waits a little for one that is still being loaded; Unavailable when that
// takes longer. Names are not in it: see Named.
func (s *Service) View(ctx context.Context, at time.Time) (*graph.View, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.view", err)
	}
	v, err := s.graphThen(ctx, at)
	return v, errs.Wrap("cmdb.view", err)
}
