package change

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const (
	delegationKind ref.Kind = "delegation"
	longestAway             = 366 * Day
)

// Delegate lets somebody approve in the place of a person who is away: one's
// own place (Person 0 or oneself), or, for those who configure, anybody's.
// Errors: Invalid.
func (s *Service) Delegate(ctx context.Context, d Delegation) (out Delegation, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Delegation{}, errs.Wrap("change.delegate", err)
	}
	if d.Person == 0 {
		d.Person = who.Person
	}
	if d.Person != who.Person {
		if _, err := actor.Require(ctx, actor.Configure); err != nil {
			return Delegation{}, errs.Wrap("change.delegate", errs.E(errs.Forbidden, "people hand over their own approvals; those of others only who configures"))
		}
	}
	err = s.DB.Write(ctx, who, "approvals delegated", func(tx *db.Tx) error {
		if d.From.IsZero() {
			d.From = tx.Now
		}
		var bad errs.Fields
		if d.Person == 0 {
			bad.Add("person", "", "say who is away; this credential belongs to no person")
		}
		if d.Delegate == d.Person {
			bad.Add("delegate", ref.N(ref.Person, d.Delegate).String(), "name somebody else")
		} else if p, err := auth.PersonByID(tx, d.Delegate); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		} else if err != nil || !p.Enabled() || !(actor.Actor{Role: p.Role}).May(actor.Respond) {
			bad.Add("delegate", ref.N(ref.Person, d.Delegate).String(), "name somebody who may sign in and respond")
		}
		if d.Person != 0 && d.Person != who.Person {
			if _, err := auth.PersonByID(tx, d.Person); errs.Is(err, errs.NotFound) {
				bad.Add("person", ref.N(ref.Person, d.Person).String(), "name somebody who exists")
			} else if err != nil {
				return err
			}
		}
		switch {
		case !d.Until.After(d.From):
			bad.Add("until", d.Until.Format(time.RFC3339), "give a time after from")
		case !d.Until.After(tx.Now):
			bad.Add("until", d.Until.Format(time.RFC3339), "give a time to come")
		case d.Until.Sub(d.From) > longestAway:
			bad.Add("until", d.Until.Format(time.RFC3339), "hand over for at most a year, and again then")
		}
		if len(d.Reason) > maxName {
			bad.Add("reason", errs.Short(d.Reason), "use at most 300 bytes")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		id, err := tx.NextID(delegationKind)
		if err != nil {
			return err
		}
		out = Delegation{ID: id, Person: d.Person, Delegate: d.Delegate, From: d.From.UTC(), Until: d.Until.UTC(), Reason: clip(d.Reason, maxName), Created: tx.Now}
		tx.Record(out.entry("change.delegate"))
		return insertDelegation(tx, out)
	})
	return out, errs.Wrap("change.delegate", err)
}

// entry is the evidence of a delegation, under the person who is away. It says
// nothing about the content of that record.
func (d Delegation) entry(action string) evidence.Entry {
	return evidence.Entry{Action: action, Record: ref.N(ref.Person, d.Person), Data: map[string]any{"delegation": d.ID, "delegate": ref.N(ref.Person, d.Delegate).String(),
		"from": d.From.Format(time.RFC3339), "until": d.Until.Format(time.RFC3339)}}
}

// EndDelegation takes one back before its time: the person, the delegate, or
// who configures. Doing it again changes nothing. Errors: NotFound, Forbidden.
func (s *Service) EndDelegation(ctx context.Context, id int64) error {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return errs.Wrap("change.delegation-end", err)
	}
	err = s.DB.Write(ctx, who, "delegation ended", func(tx *db.Tx) error {
		d, ok, err := delegationByID(tx, id)
		if err != nil {
			return err
		}
		if !ok {
			return errs.E(errs.NotFound, "there is no such delegation")
		}
		if who.Person != d.Person && who.Person != d.Delegate && !who.May(actor.Configure) {
			return errs.E(errs.Forbidden, "only the person, the delegate, or who configures can take it back")
		}
		if !d.Ended.IsZero() || !d.Until.After(tx.Now) {
			tx.Unrecorded("the delegation was over already")
			return nil
		}
		d.Ended = tx.Now
		tx.Record(d.entry("change.delegation-end"))
		return endDelegation(tx, id, tx.Now)
	})
	return errs.Wrap("change.delegation-end", err)
}

// Delegations lists all of them, newest first, before one (0: from the newest).
func (s *Service) Delegations(ctx context.Context, before int64, limit int) (out []Delegation, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("change.delegations", err)
	}
	if before <= 0 {
		before = 1 << 62
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) {
		out, err = delegations(q, before, min(max(limit, 1), 200))
		return err
	})
	return out, errs.Wrap("change.delegations", err)
}
