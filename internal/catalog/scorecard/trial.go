package scorecard

import (
	"context"
	"fmt"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Try measures all services that a spec would apply to, without keeping
// anything: what a rule would do before it is written. At most limit services
// are measured; more says that there are others.
func (s *Service) Try(ctx context.Context, sp Spec, limit int) (c Card, out []Standing, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return c, nil, false, errs.Wrap("scorecard.try", err)
	}
	if err := sp.normalise("trial"); err != nil {
		return c, nil, false, errs.Wrap("scorecard.try", err)
	}
	c = Card{Name: "trial", Spec: sp}
	now, err := s.db.Now(ctx)
	if err != nil {
		return c, nil, false, errs.Wrap("scorecard.try", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		out, more = out[:0], false
		for after := ""; ; {
			list, err := catalog.After(q, after, batch)
			if err != nil || len(list) == 0 {
				return err
			}
			after = list[len(list)-1].Name
			found, err := s.measure(ctx, q, list, []Card{c}, now)
			if err != nil {
				return err
			}
			if out = append(out, found...); len(out) > limit {
				out, more = out[:limit], true
				return nil
			}
		}
	})
	return c, out, more, errs.Wrap("scorecard.try", err)
}

// TryOn measures one service by a spec, without keeping anything; applies
// says whether the card would be for this service at all.
func (s *Service) TryOn(ctx context.Context, sp Spec, service string) (c Card, out Standing, applies bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return c, out, false, errs.Wrap("scorecard.try", err)
	}
	if err := sp.normalise("trial"); err != nil {
		return c, out, false, errs.Wrap("scorecard.try", err)
	}
	c = Card{Name: "trial", Spec: sp}
	now, err := s.db.Now(ctx)
	if err != nil {
		return c, out, false, errs.Wrap("scorecard.try", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		svc, err := catalog.ByName(q, service)
		if err != nil {
			return err
		}
		have, err := s.facts(q, []catalog.Service{svc}, now)
		if err == nil {
			out, applies = c.measure(ctx, svc.Name, have[svc.Name], now), c.applies(ctx, svc)
		}
		return err
	})
	return c, out, applies, errs.Wrap("scorecard.try", err)
}

// Said is a fact of one service, as it would enter a rule now.
type Said struct {
	Fact
	Known bool   // it has a value
	Value string // as a rule would write it: 12, true, "payments"; empty: not known
	Text  string // in words: of a known one with its unit, else why it is not known
}

// FactsOf returns all facts of a service as they are now, in the order of
// Facts; NotFound if there is no such service.
func (s *Service) FactsOf(ctx context.Context, service string) (out []Said, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("scorecard.facts", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, errs.Wrap("scorecard.facts", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		svc, err := catalog.ByName(q, service)
		if err != nil {
			return err
		}
		have, err := s.facts(q, []catalog.Service{svc}, now)
		if err != nil {
			return err
		}
		out = make([]Said, len(Facts))
		for i, f := range Facts {
			out[i] = f.said(have[svc.Name][f.Name])
		}
		return nil
	})
	return out, errs.Wrap("scorecard.facts", err)
}

func (f Fact) said(v Value) Said {
	out := Said{Fact: f, Known: v.v != nil, Text: v.text}
	switch x := v.v.(type) {
	case string:
		out.Value = strconv.Quote(x)
	case nil:
		if out.Text == "" && f.Practice != "" {
			out.Text = f.Practice + " not in use"
		} else if out.Text == "" {
			out.Text = "not recorded"
		}
	default:
		out.Value = fmt.Sprint(x)
	}
	if out.Text == out.Value || out.Text == v.v {
		out.Text = ""
	}
	return out
}
