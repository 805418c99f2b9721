package change

import (
	"cmp"
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Outcome is how a change ended.
type Outcome struct {
	State  State // Succeeded, Failed or RolledBack
	By     string
	Reason string
	At     time.Time // zero: now
}

// Finish sets the outcome of a change that is under way. Errors: Invalid;
// Conflict when it has not begun, or ended otherwise: then Correct it.
func (s *Service) Finish(ctx context.Context, id int64, o Outcome) (Change, error) {
	who, err := requireAny(ctx, actor.Respond, actor.Ingest)
	if err == nil && !o.State.Completed() {
		err = errs.BadField("outcome", string(o.State), "use succeeded, failed or rolled back")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.finish", err)
	}
	if who.Kind == actor.User || who.Kind == actor.Link {
		o.By = ByPerson
	}
	fill(&o.By, ByPipeline)
	return s.write(ctx, who, "change.finish", id, func(c *step) error {
		if o.At.IsZero() || o.At.After(c.tx.Now) {
			o.At = c.tx.Now
		}
		return c.finish(o.State, o.By, o.At.UTC().Truncate(time.Microsecond), o.Reason)
	})
}

// Correct says that the outcome was another; a reason is needed.
func (s *Service) Correct(ctx context.Context, id int64, to State, reason string) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil && !to.Completed() {
		err = errs.BadField("outcome", string(to), "use succeeded, failed or rolled back")
	}
	if err == nil {
		reason, err = need("reason", reason, "say what shows that the outcome was another")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.correct", err)
	}
	return s.write(ctx, who, "change.correct", id, func(c *step) error {
		if c.State == to {
			return nil
		}
		return c.correct(to, reason)
	})
}

// AskRollback starts the automated rollback of a change. Errors: Conflict when
// it has none, or has not begun, or was taken back.
func (s *Service) AskRollback(ctx context.Context, id int64, reason string) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Change{}, errs.Wrap("change.rollback", err)
	}
	return s.write(ctx, who, "change.rollback", id, func(c *step) error { return c.takeBack(reason) })
}

func (c *step) takeBack(reason string) error {
	if c.State == RolledBack {
		return nil
	}
	if _, err := decide(c.Change, VerbRollBack, RolledBack); err != nil {
		return err
	}
	if c.RollbackRef == "" || c.s.TakeBack == nil {
		return errs.E(errs.Conflict, "it names no automated rollback; deploy %s again by your pipeline, the gate always lets that pass", cmp.Or(c.Previous, "what ran before")).On(c.Key())
	}
	if err := c.s.TakeBack(c.tx, c.Change); err != nil {
		return err
	}
	c.say(EntryState, "Rollback asked of "+c.RollbackRef, reason)
	c.fact("rollback", true)
	c.tell(EventRolledBack)
	return nil
}

// RolledBackBy says that another change took this one back. Errors: NotFound;
// Conflict when it never came to users.
func (s *Service) RolledBackBy(ctx context.Context, id, by int64, reason string) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil && id == by {
		err = errs.BadField("by", Change{ID: by}.Key(), "name another change")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.rolledback", err)
	}
	return s.write(ctx, who, "change.rolledback", id, func(c *step) error {
		other, err := get(c.tx, by, "")
		if err == db.ErrNoRows {
			return unknown(by)
		}
		if err != nil {
			return err
		}
		if c.State != RolledBack {
			if err := c.finish(RolledBack, ByPerson, c.tx.Now, reason); err != nil {
				return err
			}
		}
		if c.TakenBackBy == by {
			return nil
		}
		c.TakenBackBy = by
		if !other.DeployedAt.IsZero() && other.DeployedAt.After(c.StartedAt) {
			c.RecoveredAt = other.DeployedAt
		}
		c.say(EntryState, "Taken back by "+other.Key(), "")
		return nil
	})
}

// AddNote adds a person's words to the record.
func (s *Service) AddNote(ctx context.Context, id int64, text string) (Change, error) {
	who, err := actor.Require(ctx, actor.Report)
	if err == nil {
		text, err = need("text", text, "write something")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.note", err)
	}
	return s.write(ctx, who, "change.note", id, func(c *step) error {
		c.say(EntryNote, text, "")
		return nil
	})
}

// ReviewEmergency records what the review of an emergency change found; with it the
// service's next change may go on. It is done once; more is a note. The author
// may take part in a review, and does not record it. Errors: Conflict for a
// change without a review to come; Forbidden for its author.
func (s *Service) ReviewEmergency(ctx context.Context, id int64, finding string) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil {
		finding, err = need("finding", finding, "say what the review found")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.review", err)
	}
	return s.write(ctx, who, "change.review", id, func(c *step) error {
		switch {
		case c.ReviewDue.IsZero():
			return errs.E(errs.Conflict, "it is no emergency that ended, so there is nothing to review").On(c.Key())
		case !c.Reviewed.IsZero():
			return errs.E(errs.Conflict, "it was reviewed on %s; add a note", c.Reviewed.Format(dayText)).On(c.Key())
		case who.Person != 0 && who.Person == c.AuthorPerson:
			return errs.E(errs.Forbidden, "you made this change; somebody else records the review (four eyes)").On(c.Key())
		}
		c.Reviewed, c.ReviewBy, c.Review = c.tx.Now, who.Person, finding
		c.say(EntryState, "Emergency reviewed", finding)
		c.tell(EventReviewed)
		return nil
	})
}
