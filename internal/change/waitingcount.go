package change

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// mostCounted bounds WaitingCount: a badge says "many" by then.
const mostCounted = 50

// WaitingCount counts the changes that wait for the actor's own approval, at
// most mostCounted of them. It is for the number in the navigation: with nothing
// waiting it is a few reads of an index.
func (s *Service) WaitingCount(ctx context.Context) (n int, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return 0, errs.Wrap("change.waiting", err)
	}
	if who.Person == 0 || !who.May(actor.Respond) {
		return 0, nil
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return 0, errs.Wrap("change.waiting", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		n = 0
		ids, err := s.idsWaiting(q, who, now)
		if err != nil || len(ids) == 0 {
			return err
		}
		changes, err := getMany(q, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c, ok := changes[id]
			if !ok || c.State != Awaiting {
				continue
			}
			as, _, err := s.MayApprove(q, c, who, now)
			if err != nil {
				return err
			}
			if len(as) > 0 {
				n++
			}
		}
		return nil
	})
	return n, errs.Wrap("change.waiting", err)
}

// idsWaiting are changes that wait for somebody whom the actor may be.
func (s *Service) idsWaiting(q db.Querier, who actor.Actor, now time.Time) (ids []int64, err error) {
	reviewers := slices.Clone(policy.Reviewers)
	teams, err := s.teamsFor(q, who, now)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		reviewers = append(reviewers, policy.Team+t)
	}
	for _, r := range reviewers {
		list, err := waitingFor(q, r, 0, mostCounted)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if !slices.Contains(ids, a.Change) && len(ids) < mostCounted {
				ids = append(ids, a.Change)
			}
		}
	}
	return ids, nil
}
