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

// Item is a change that waits for approval, with what there is to decide.
type Item struct {
	Change    Change
	Decision  Decided
	Approvals []Approval    // waiting, and given for this commit
	Waited    time.Duration // since the first of them was asked for
	As        []string      // reviewers as which the reader can approve
	Why       string        // why the reader cannot; empty: can
}

// mostWaiting bounds a list of what waits; an organisation with more has
// another problem than a list.
const mostWaiting = 200

// Board is the agenda of the change authority: the changes that wait for it,
// the longest waiting first. It needs no meeting: each is decided on its own.
func (s *Service) Board(ctx context.Context) ([]Item, error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return nil, errs.Wrap("change.board", err)
	}
	out, err := s.waiting(ctx, who, []string{policy.Board}, false)
	return out, errs.Wrap("change.board", err)
}

// Waiting lists the changes that wait for the actor's own approval, the
// longest waiting first.
func (s *Service) Waiting(ctx context.Context) ([]Item, error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return nil, errs.Wrap("change.waiting", err)
	}
	out, err := s.waiting(ctx, who, nil, true)
	return out, errs.Wrap("change.waiting", err)
}

// waiting reads what waits for reviewers (nil: for all that the actor may be),
// mine: only what the actor can decide.
func (s *Service) waiting(ctx context.Context, who actor.Actor, reviewers []string, mine bool) (out []Item, err error) {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if reviewers == nil {
			reviewers = slices.Clone(policy.Reviewers)
			teams, err := s.teamsFor(q, who, now)
			if err != nil {
				return err
			}
			for _, t := range teams {
				reviewers = append(reviewers, policy.Team+t)
			}
		}
		var list []Approval
		for _, r := range reviewers {
			part, err := waitingFor(q, r, 0, mostWaiting)
			if err != nil {
				return err
			}
			list = append(list, part...)
		}
		slices.SortStableFunc(list, func(a, b Approval) int { return int(a.ID - b.ID) })
		var ids []int64
		for _, a := range list {
			if !slices.Contains(ids, a.Change) && len(ids) < mostWaiting {
				ids = append(ids, a.Change)
			}
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
			i := Item{Change: c}
			if i.As, i.Why, err = s.MayApprove(q, c, who, now); err != nil {
				return err
			}
			if mine && len(i.As) == 0 {
				continue
			}
			if err := i.fill(q, now); err != nil {
				return err
			}
			out = append(out, i)
		}
		return nil
	})
	return out, err
}

// teamsFor are the teams of the actor, and of those whose delegate they are.
func (s *Service) teamsFor(q db.Querier, who actor.Actor, now time.Time) (out []string, err error) {
	if who.Person == 0 {
		return nil, nil
	}
	me, _, err := approverOf(q, who.Person)
	if err != nil {
		return nil, err
	}
	from, err := standsFor(q, who.Person, now)
	for _, a := range append(from, me) {
		for team := range a.Teams {
			if !slices.Contains(out, team) {
				out = append(out, team)
			}
		}
	}
	slices.Sort(out)
	return out, err
}

func (i *Item) fill(q db.Querier, now time.Time) (err error) {
	list, err := approvalsOf(q, i.Change.ID)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.State == Waiting || a.State == Given && a.Commit == i.Change.Commit {
			i.Approvals = append(i.Approvals, a)
			i.Waited = max(i.Waited, now.Sub(a.AskedAt))
		}
	}
	i.Decision, err = decisionByID(q, i.Change.Decision)
	if err == db.ErrNoRows {
		err = nil
	}
	return err
}

// Approvals lists all approvals that a change ever needed, oldest first, with
// those that expired or were withdrawn. Errors: NotFound.
func (s *Service) Approvals(ctx context.Context, id int64) (out []Approval, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("change.approvals", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if _, err := get(q, id, ""); err == db.ErrNoRows {
			return unknown(id)
		} else if err != nil {
			return err
		}
		out, err = approvalsOf(q, id)
		return err
	})
	return out, errs.Wrap("change.approvals", err)
}
