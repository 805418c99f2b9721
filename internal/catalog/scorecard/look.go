package scorecard

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Look is how a service stands by one card, measured now.
type Look struct {
	Card Card
	Standing
	Trend []Day // oldest first
}

// Of measures a service now by every card that applies to it. Proposed and
// retired services have none of those that come with the program.
func (s *Service) Of(ctx context.Context, service string) (out []Look, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("scorecard.of", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, errs.Wrap("scorecard.of", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		svc, err := catalog.ByName(q, service)
		if err != nil {
			return err
		}
		all, err := cards(q)
		if err != nil {
			return err
		}
		found, err := s.measure(ctx, q, []catalog.Service{svc}, all, now)
		if err != nil || len(found) == 0 {
			return err
		}
		out = out[:0]
		for _, st := range found {
			l := Look{Standing: st}
			for _, c := range all {
				if c.Name == st.Card {
					l.Card = c
				}
			}
			if l.Trend, err = trend(q, svc.Name, st.Card, now.AddDate(0, 0, -trendDays)); err != nil {
				return err
			}
			out = append(out, l)
		}
		return nil
	})
	return out, errs.Wrap("scorecard.of", err)
}

// trendDays is how far back pages look.
const trendDays = 90

// measure evaluates cards for services, by service and card.
func (s *Service) measure(ctx context.Context, q db.Querier, list []catalog.Service, all []Card, now time.Time) (out []Standing, err error) {
	have, err := s.facts(q, list, now)
	if err != nil {
		return nil, err
	}
	for _, svc := range list {
		for _, c := range all {
			if c.applies(ctx, svc) {
				out = append(out, c.measure(ctx, svc.Name, have[svc.Name], now))
			}
		}
	}
	return out, ctx.Err()
}

// Standings returns how services stood when they were last measured, by
// service and card, after a service.
func (s *Service) Standings(ctx context.Context, f Filter, after string, limit int) (out []Standing, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("scorecard.standings", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		out, err = standings(q, f, after, limit+1)
		return err
	})
	if len(out) > limit {
		out, more = out[:limit], true
	}
	return out, more, errs.Wrap("scorecard.standings", err)
}

// Filter narrows standings.
type Filter struct {
	Card string // needed
	Team string
}

// LevelsOf returns the lowest level of the cards of services, as last
// measured; a service without a card is absent.
func (s *Service) LevelsOf(ctx context.Context, services []string) (out map[string]Level, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("scorecard.levels", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) { out, err = levels(q, services); return err })
	return out, errs.Wrap("scorecard.levels", err)
}
