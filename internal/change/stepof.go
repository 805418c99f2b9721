package change

import (
	"context"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// StepOf finds the change that brings a commit or an artefact to a service in an
// environment (production when empty), for callers that know what they deploy
// and not which question a pipeline asked before: the newest one that is not
// over, else the newest one that began. Names of services may be aliases; ok is
// false when there is no such change, or no such service.
func (s *Service) StepOf(ctx context.Context, service, environment, of string) (c Change, ok bool, err error) {
	if _, err := requireAny(ctx, actor.Read, actor.Ingest); err != nil {
		return Change{}, false, errs.Wrap("change.step", err)
	}
	of = strings.TrimSpace(of)
	if of == "" {
		return Change{}, false, nil
	}
	if environment = strings.TrimSpace(environment); environment == "" {
		environment = Production
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		known, found, err := s.Catalog.Lookup(q, service)
		if err != nil || !found {
			return err
		}
		for _, candidates := range []func(db.Querier, string) ([]int64, error){openSteps, begunSteps} {
			ids, err := candidates(q, known.Name)
			if err != nil {
				return err
			}
			list, err := getMany(q, ids)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if x, there := list[id]; there && x.brings(known.Name, environment, of) {
					c, ok = x, true
					return nil
				}
			}
		}
		return nil
	})
	return c, ok, errs.Wrap("change.step", err)
}

// brings reports whether a change is about a commit or artefact.
func (c Change) brings(service, environment, of string) bool {
	return c.Environment == environment && slices.Contains(c.Services, service) && (c.Artefact == of || strings.EqualFold(c.Commit, of))
}
