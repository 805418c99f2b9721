package alert

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Get returns an alert with all its content. Errors: NotFound.
func (s *Service) Get(ctx context.Context, id int64) (a Alert, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return a, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		list, err := alertsByID(q, []int64{id})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.E(errs.NotFound, "there is no such alert").On(ref.N(ref.Alert, id).String())
		}
		a = list[0]
		if err := s.hide(ctx, q, &a.IncidentID); err != nil {
			return err
		}
		return loadContent(q, &a)
	})
	return a, errs.Wrap("alert.get", err)
}

// Episodes lists the firings of an alert, newest first, before an episode id
// (0: from the newest). more is the id to go on before, 0 at the end.
func (s *Service) Episodes(ctx context.Context, alertID, before int64, limit int) (list []Episode, more int64, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, 0, err
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if list, err = listEpisodes(q, alertID, before, limit+1); err != nil {
			return err
		}
		ps := make([]*int64, len(list))
		for i := range list {
			ps[i] = &list[i].IncidentID
		}
		return s.hide(ctx, q, ps...)
	})
	if len(list) > limit {
		list = list[:limit]
		more = list[limit-1].ID
	}
	return list, more, errs.Wrap("alert.episodes", err)
}

// Preview returns firing alerts that matchers would hold back, and how many
// there are up to CountLimit, for the form that makes a silence.
func (s *Service) Preview(ctx context.Context, ms []Matcher, limit int) (list []Alert, n int, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, 0, false, err
	}
	f := Filter{Status: StatusFiring, Labels: ms}
	p, err := s.List(ctx, f, "", limit)
	if err != nil {
		return nil, 0, false, err
	}
	if p.Next == "" {
		return p.Alerts, len(p.Alerts), false, nil
	}
	n, more, err = s.Count(ctx, f)
	return p.Alerts, n, more, err
}

// Ref is the alert's record.
func (a Alert) Ref() ref.Ref { return ref.N(ref.Alert, a.ID) }
