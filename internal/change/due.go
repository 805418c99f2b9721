package change

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

// DueName is the name of the source that Due returns, for Runner.Kick.
const DueName = "change"

// dueBatch bounds what one run handles.
const dueBatch = 100

// VerifyPatience is how long verification is tried again when what it asks does
// not answer; dueAgain is how long anything that failed waits.
const (
	VerifyPatience = 15 * time.Minute
	dueAgain       = time.Minute
)

// Due is what happens to changes by itself: approvals expire, policy is asked
// again when a freeze ends, planned starts are announced or missed,
// verification ends, reviews become overdue.
func (s *Service) Due() job.Source {
	return job.Source{
		Name: DueName,
		Next: func(q db.Querier) (time.Time, error) {
			us, err := firstDue(q)
			return db.Time(us), err
		},
		Run: s.runDue,
	}
}

// runDue handles what is due. Verification and asking policy again look
// outside or take long, so they run before the transaction, one change after
// the other; the rest is done in one.
func (s *Service) runDue(ctx context.Context, d *db.DB) (done int, err error) {
	now, err := d.Now(ctx)
	if err != nil {
		return 0, errs.Wrap("change.due", err)
	}
	ctx = actor.With(ctx, actor.Job(DueName))
	var list []Change
	var settings Practice
	err = d.Read(ctx, func(q db.Querier) (err error) {
		if settings, err = s.settings(q); err != nil {
			return err
		}
		list, err = dueChanges(q, now, dueBatch)
		return err
	})
	if err != nil {
		return 0, errs.Wrap("change.due", err)
	}
	var failed error
	var inside []int64
	for _, c := range list {
		switch outside := dueNow(c, settings.Settings, now); {
		case slices.Contains(outside, dueVerify):
			err = s.conclude(ctx, c, now)
		case slices.Contains(outside, dueRecheck) && s.recheck != nil:
			err = s.recheck(ctx, c.ID)
		default:
			inside = append(inside, c.ID)
			continue
		}
		if err != nil {
			failed = errors.Join(failed, err)
			inside = append(inside, -c.ID) // later
		} else {
			inside = append(inside, c.ID) // what is due besides
		}
	}
	if len(inside) > 0 {
		err = d.Write(ctx, actor.Job(DueName), "deadlines of changes", func(tx *db.Tx) error {
			slices.SortFunc(inside, func(a, b int64) int { return cmp.Compare(max(a, -a), max(b, -b)) }) // rows are locked in this order
			for _, id := range inside {
				if err := s.handleDue(tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			done = len(list)
		}
		failed = errors.Join(failed, err)
	}
	return done, errs.Wrap("change.due", failed)
}

// dueNow lists what of dues has come.
func dueNow(c Change, p Settings, now time.Time) (out []dueKind) {
	for _, d := range dues(c, p) {
		if !d.At.After(now) {
			out = append(out, d.What)
		}
	}
	return out
}

// handleDue does what is due on one change and moves next_at on. A number below
// zero is a change that could not be handled now.
func (s *Service) handleDue(tx *db.Tx, id int64) error {
	if id < 0 {
		tx.Unrecorded("the next deadline of a change moved")
		return setNext(tx, -id, tx.Now.Add(dueAgain))
	}
	c, err := s.begin(tx, id)
	if err != nil {
		return err
	}
	p, err := s.settings(tx)
	if err != nil {
		return err
	}
	for _, what := range dueNow(c.Change, p.Settings, tx.Now) {
		if err := c.handle(what); err != nil {
			return err
		}
	}
	if !c.touched && len(c.list) == 0 && len(c.events) == 0 { // settings or the clock moved: only look again later
		next := nextDue(c.Change, p.Settings)
		if next.Equal(c.NextAt) && (next.IsZero() || next.After(tx.Now)) {
			return nil
		}
		if !next.IsZero() && !next.After(tx.Now) {
			next = tx.Now.Add(dueAgain)
		}
		tx.Unrecorded("the next deadline of a change moved")
		return setNext(tx, id, next)
	}
	return c.commit("change.due")
}

func (c *step) handle(what dueKind) error {
	switch what {
	case dueExpiry:
		if c.s.expire != nil {
			return c.s.expire(c)
		}
		c.ExpiresAt = time.Time{}
		return c.reopen("an approval expired")
	case dueStart:
		c.Told |= ToldStart
		c.say(EntryState, "Starts at "+c.PlannedFrom.Format("15:04 UTC"), "")
		c.tell(EventStartSoon)
	case dueRecheck: // was asked, and the answer is the same
		if c.State == Awaiting {
			c.RecheckAt = time.Time{}
			c.touch()
		}
	case dueMissed:
		return c.reopen("its planned time passed and nothing began")
	case dueReview:
		c.Told |= ToldOverdue
		c.say(EntryState, "The review of the emergency is overdue", "The next change of "+c.Main()+" that is no emergency waits for it")
		c.tell(EventOverdue)
	}
	return nil
}
