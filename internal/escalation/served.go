package escalation

import (
	"cmp"
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Serving returns the policy that serves a service, or else its team; ok is
// false when none does and the whole team is told.
func (s *Service) Serving(ctx context.Context, service, team string) (p Stored, ok bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return p, false, errs.Wrap("escalation.serving", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) { p, ok, err = s.ServingOf(q, service, team); return err })
	return p, ok, errs.Wrap("escalation.serving", err)
}

// ServingOf is Serving for others, inside their transactions.
func (s *Service) ServingOf(q db.Querier, service, team string) (p Stored, ok bool, err error) {
	by, err := serving(q, service, team)
	name := cmp.Or(by["service"], by["team"])
	if err != nil || name == "" {
		return p, false, err
	}
	p, err = s.get(q, name)
	return p, err == nil, err
}

// Schedules are the schedules that the steps themselves name, in their order.
func (s Spec) Schedules() (out []string) {
	for _, step := range s.Steps {
		for _, t := range step.Notify {
			if name := cmp.Or(t.Schedule, t.NextOf); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}
