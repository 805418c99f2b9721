package change

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Edit changes editable fields of a change that is not under way; nil leaves a
// field as it is. A decision that stood asks policy anew.
type Edit struct {
	Title, Summary, RollbackPlan, RollbackRef, Model *string
	Type                                             *Type
	Purpose                                          *Purpose
}

// Edit edits a change. Errors: Conflict when version is not the present one, or
// it is under way or over.
func (s *Service) Edit(ctx context.Context, id, version int64, e Edit) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Change{}, errs.Wrap("change.edit", err)
	}
	return s.write(ctx, who, "change.edit", id, func(c *step) error {
		if c.Version != version {
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", c.Version, version).On(c.Key())
		}
		if c.State.Running() || c.State.Completed() || c.State == Canceled {
			return errs.E(errs.Conflict, "it is %s, and what it was is not edited afterwards; add a note", c.State).On(c.Key())
		}
		weigh, said := c.Change, []string{}
		set(e.Title, &c.Title, "title", &said)
		set(e.Summary, &c.Summary, "summary", &said)
		set(e.RollbackPlan, &c.RollbackPlan, "rollback plan", &said)
		set(e.RollbackRef, &c.RollbackRef, "automated rollback", &said)
		set(e.Model, &c.Model, "model", &said)
		set(e.Type, &c.Type, "type", &said)
		set(e.Purpose, &c.Purpose, "purpose", &said)
		if len(said) == 0 {
			return nil
		}
		if err := c.fits(); err != nil {
			return err
		}
		if err := c.normalise(); err != nil {
			return err
		}
		if err := c.s.fromModel(c.tx, &c.Change); err != nil {
			return err
		}
		c.say(EntryEdit, "Edited: "+strings.Join(said, ", "), "")
		if c.Type != weigh.Type || c.Purpose != weigh.Purpose || c.Model != weigh.Model || (c.RollbackPlan == "") != (weigh.RollbackPlan == "") || c.RollbackRef != weigh.RollbackRef {
			switch c.State {
			case Awaiting, Approved, Scheduled, Rejected:
				return c.again("what policy decided on was edited")
			}
		}
		return nil
	})
}

func set[S ~string](value, field *S, name string, said *[]string) {
	if value != nil && *value != *field {
		*field = *value
		*said = append(*said, name)
	}
}

// Plan sets when a change shall start and be over; both zero: as soon as it is
// allowed. An approved one waits for its time. Errors: Invalid; Conflict when
// it is under way or over.
func (s *Service) Plan(ctx context.Context, id int64, from, to time.Time) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Change{}, errs.Wrap("change.plan", err)
	}
	if from.IsZero() != to.IsZero() || to.Before(from) {
		return Change{}, errs.Wrap("change.plan", errs.BadField("to", to.Format(time.RFC3339), "give a start and a later end, or neither"))
	}
	return s.write(ctx, who, "change.plan", id, func(c *step) error { return c.plan(from, to) })
}

func (c *step) plan(from, to time.Time) error {
	if c.State.Running() || !c.State.Open() {
		_, err := decide(c.Change, VerbSchedule, Scheduled)
		if err == nil {
			err = errs.E(errs.Conflict, "it is %s; plan one that has not begun", c.State).On(c.Key())
		}
		return err
	}
	if !to.IsZero() && to.Before(c.tx.Now) {
		return errs.BadField("to", to.Format(time.RFC3339), "give a time to come")
	}
	from, to = from.UTC().Truncate(time.Microsecond), to.UTC().Truncate(time.Microsecond)
	if c.PlannedFrom.Equal(from) && c.PlannedTo.Equal(to) {
		return nil
	}
	c.PlannedFrom, c.PlannedTo, c.Told = from, to, c.Told&^ToldStart
	switch {
	case from.IsZero():
		c.say(EntryState, "Starts as soon as it is allowed", "")
	default:
		c.say(EntryState, "Planned for "+from.Format("2006-01-02 15:04")+" to "+to.Format("2006-01-02 15:04 UTC"), "")
	}
	if c.State == Approved || c.State == Scheduled { // freezes and collisions are looked at again for the new time
		return c.again("its planned time changed")
	}
	return nil
}

// again asks policy anew, by the due work, right after this.
func (c *step) again(reason string) error {
	err := c.reopen(reason)
	c.RecheckAt = c.tx.Now
	return err
}
