package alert

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// hide takes the numbers of incidents that the actor may not see off alerts
// and episodes: a restricted incident must not show even by its existence.
func (s *Service) hide(ctx context.Context, q db.Querier, incidents ...*int64) error {
	if s.Visible == nil {
		return nil
	}
	var ids []int64
	for _, p := range incidents {
		if *p != 0 && !slices.Contains(ids, *p) {
			ids = append(ids, *p)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	who, _ := actor.From(ctx) // nobody sees nothing restricted
	seen, err := s.Visible(q, who, ids)
	if err != nil {
		return err
	}
	for _, p := range incidents {
		if !seen[*p] {
			*p = 0
		}
	}
	return nil
}

func (s *Service) hideAlerts(ctx context.Context, q db.Querier, list []Alert) error {
	ps := make([]*int64, len(list))
	for i := range list {
		ps[i] = &list[i].IncidentID
	}
	return s.hide(ctx, q, ps...)
}
