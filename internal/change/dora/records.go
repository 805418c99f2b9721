package dora

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Record is one change behind a figure. Lead and Recovery are -1 when unknown.
type Record struct {
	ID                               int64
	Title, State                     string
	Service, Team, Environment, Kind string
	Commit, Artefact                 string
	At                               time.Time // complete, or else ended
	Lead, Recovery                   time.Duration
	Risk                             int
	Failed, Caused, Rework           bool
	OutcomeKnown                     bool
	OutcomeBy, OutcomeReason         string
}

// Ref is the change's key.
func (r Record) Ref() ref.Ref { return ref.N(ref.Change, r.ID) }

// Records lists the changes behind a figure ("deployments", "lead-time" …) in
// the period of a query, the newest first, at most limit (up to 200). next goes
// on; it is empty on the last page. Errors: Invalid.
func (s *Service) Records(ctx context.Context, ask Query, figure, cursor string, limit int) (list []Record, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("dora.records", err)
	}
	if _, ok := masks[figure]; !ok {
		return nil, "", errs.Wrap("dora.records", errs.BadField("figure", figure,
			"use deployments, lead-time, no-lead-time, completed, failures, recovery, unrecovered, rework, no-outcome or bypassed"))
	}
	limit = bounded(limit)
	err = s.paged(ctx, ask, cursor, func(q db.Querier, from, to int64, after place) (err error) {
		list, err = records(q, ask.Filter, figure, from, to, after, limit+1)
		return err
	})
	if err == nil && len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = place{last.At.UnixMicro(), last.ID}.String()
	}
	return list, next, errs.Wrap("dora.records", err)
}

// Approval is one approval behind a line of the ledger.
type Approval struct {
	ID, Change         int64
	Title, State       string // of the change
	Risk               int
	Person             int64  // who decided; 0: nobody we know
	Outside            string // an approver whom we do not know: a code reviewer's login
	Via                string
	Answer             string // approved, rejected, expired, withdrawn
	AskedAt, DecidedAt time.Time
	Waited             time.Duration
}

// Ref is the change's key.
func (a Approval) Ref() ref.Ref { return ref.N(ref.Change, a.Change) }

// Approvals lists the approvals of a step that were decided in the period of a
// query, the newest first, at most limit (up to 200). The ledger counts them to
// the time of their change. Errors: Invalid.
func (s *Service) Approvals(ctx context.Context, ask Query, rule, who, cursor string, limit int) (list []Approval, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("dora.approvals", err)
	}
	if rule == "" || who == "" {
		return nil, "", errs.Wrap("dora.approvals", errs.BadField("rule", rule, "name the rule and the reviewer of a step"))
	}
	limit = bounded(limit)
	err = s.paged(ctx, ask, cursor, func(q db.Querier, from, to int64, after place) (err error) {
		list, err = approvals(q, rule, who, from, to, after, limit+1)
		return err
	})
	if err == nil && len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = place{last.DecidedAt.UnixMicro(), last.ID}.String()
	}
	return list, next, errs.Wrap("dora.approvals", err)
}

func bounded(limit int) int {
	if limit < 1 || limit > 200 {
		return 200
	}
	return limit
}

func (s *Service) paged(ctx context.Context, ask Query, cursor string, fn func(q db.Querier, from, to int64, after place) error) error {
	var after place
	if cursor != "" {
		var err error
		if after, err = parsePlace(cursor); err != nil {
			return err
		}
	}
	if err := ask.Filter.check(); err != nil {
		return err
	}
	return s.db.Read(ctx, func(q db.Querier) error {
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		p, _, err := ask.period(now)
		if err != nil {
			return err
		}
		return fn(q, p.From.UnixMicro(), p.To.UnixMicro(), after)
	})
}
