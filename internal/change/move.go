package change

import (
	"fmt"
	"time"
)

// Who or what set an outcome.
const (
	ByVerification = "verification"
	ByPipeline     = "pipeline"
	ByPerson       = "person"
	ByIncident     = "incident"
	ByRollback     = "rollback"
)

// These are the moves of a life, for verbs, the gate and ingest. Each checks
// the state table and does nothing when its purpose is fulfilled already. They
// fill a step; commit writes it. `at` is when it happened as far as known: the
// transaction's time, or what a pipeline says.

// move goes one arrow of the table; moved is false when there was nothing to do.
func (c *step) move(v Verb, to State) (moved bool, err error) {
	moved, err = decide(c.Change, v, to)
	if !moved || err != nil {
		return false, err
	}
	if c.State == Awaiting && !c.RequestedAt.IsZero() {
		c.Waited += max(0, c.tx.Now.Sub(c.RequestedAt))
	}
	c.State = to
	c.ExpiresAt, c.RecheckAt = time.Time{}, time.Time{}
	c.touch()
	return true, nil
}

// ask waits for approvals; first is when the first of them expires.
func (c *step) ask(first time.Time) error {
	moved, err := c.move(VerbAsk, Awaiting)
	if moved {
		c.RequestedAt = c.tx.Now
		c.ExpiresAt = first
		c.tell(EventAsked)
	}
	return err
}

// approve lets the change start, at its planned time if that is to come. An
// approval that is not used expires; zero: never.
func (c *step) approve(why string, expires time.Time) error {
	moved, err := c.move(VerbApprove, Approved)
	if !moved || err != nil {
		return err
	}
	c.ApprovedAt, c.ExpiresAt = c.tx.Now, expires
	c.say(EntryState, "Approved", why)
	c.tell(EventApproved)
	return c.schedule()
}

// schedule makes an approved change wait for its planned time.
func (c *step) schedule() error {
	if c.State != Approved || !c.PlannedFrom.After(c.tx.Now) {
		return nil
	}
	expires := c.ExpiresAt
	if _, err := c.move(VerbSchedule, Scheduled); err != nil {
		return err
	}
	if expires.Before(c.PlannedFrom) && !expires.IsZero() {
		expires = c.PlannedFrom.Add(Day) // who approved knew the planned time
	}
	c.ExpiresAt = expires
	c.say(EntryState, "Starts at "+c.PlannedFrom.Format("2006-01-02 15:04 UTC"), "")
	return nil
}

// reject ends it before it began.
func (c *step) reject(reason string) error {
	moved, err := c.move(VerbReject, Rejected)
	if moved {
		c.OutcomeReason = clip(reason, maxText)
		c.EndedAt = c.tx.Now
		c.say(EntryState, "Rejected", reason)
		c.tell(EventRejected)
	}
	return err
}

// reopen asks for a decision anew; without a reason nothing is said about it.
func (c *step) reopen(reason string) error {
	moved, err := c.move(VerbReopen, Assessed)
	if moved {
		c.ApprovedAt, c.RequestedAt, c.EndedAt, c.OutcomeReason = time.Time{}, time.Time{}, time.Time{}, ""
		if reason != "" {
			c.say(EntryState, "Needs a new decision", reason)
			c.tell(EventReopened)
		}
	}
	return err
}

// cancel ends it before it began, without a judgement.
func (c *step) cancel(reason string) error {
	moved, err := c.move(VerbCancel, Canceled)
	if moved {
		c.OutcomeReason = clip(reason, maxText)
		c.EndedAt = c.tx.Now
		c.say(EntryState, "Canceled", reason)
		c.tell(EventCanceled)
	}
	return err
}

// start says that the deployment began. What was not allowed is recorded as
// what it was.
func (c *step) start(at time.Time) error {
	was, why := c.State, ""
	if was == Approved || was == Scheduled {
		var err error
		if why, err = c.lookAgain(at); err != nil {
			return err
		}
	}
	moved, err := c.move(VerbStart, InProgress)
	if !moved || err != nil {
		return err
	}
	c.StartedAt, c.EndedAt, c.OutcomeReason = at, time.Time{}, ""
	if was != Approved && was != Scheduled {
		why = fmt.Sprintf("It was %s when the pipeline went on", was)
	}
	c.Bypass = why != ""
	if c.Bypass {
		c.say(EntryState, "Deployment began without being allowed", why)
		c.fact("bypass", true)
	} else {
		c.say(EntryState, "Deployment began", "")
	}
	c.tell(EventStarted)
	return nil
}

// deployed says that the deployment is complete and served. Health is watched
// from now on, unless settings watch for no time.
func (c *step) deployed(at time.Time) error {
	if c.State != InProgress && c.State.Open() {
		if err := c.start(at); err != nil {
			return err
		}
	}
	moved, err := c.move(VerbVerify, Verifying)
	if !moved || err != nil {
		return err
	}
	c.DeployedAt = at
	if err := c.replaces(); err != nil {
		return err
	}
	p, err := c.s.settings(c.tx)
	if err != nil {
		return err
	}
	watch, err := c.watch(p.Settings)
	if err != nil {
		return err
	}
	c.VerifyUntil = at.Add(watch)
	c.say(EntryState, "Deployed", "")
	c.tell(EventDeployed)
	if err := c.mended(p.Settings); err != nil {
		return err
	}
	if watch <= 0 {
		return c.finish(Succeeded, ByPipeline, at, "")
	}
	return nil
}

// finish sets the outcome: Succeeded, Failed or RolledBack. Errors: Conflict
// where the table has no such arrow.
func (c *step) finish(to State, by string, at time.Time, reason string) error {
	verb := map[State]Verb{Succeeded: VerbSucceed, Failed: VerbFail, RolledBack: VerbRollBack}[to]
	moved, err := c.move(verb, to)
	if !moved || err != nil {
		return err
	}
	if c.EndedAt.IsZero() {
		c.EndedAt = at
	}
	if to == Succeeded && c.DeployedAt.IsZero() {
		c.DeployedAt = at
	}
	c.OutcomeBy, c.OutcomePerson, c.OutcomeReason = by, 0, clip(reason, maxText)
	if by == ByPerson {
		c.OutcomePerson = c.who.Person
	}
	c.say(EntryState, map[State]string{Succeeded: "Succeeded", Failed: "Failed", RolledBack: "Rolled back"}[to], reason)
	c.fact("outcome_by", by)
	c.tell(EventEnded)
	return c.ended()
}

// correct sets another outcome than the one that was set.
func (c *step) correct(to State, reason string) error {
	moved, err := c.move(VerbCorrect, to)
	if !moved || err != nil {
		return err
	}
	c.OutcomeBy, c.OutcomePerson, c.OutcomeReason = ByPerson, c.who.Person, clip(reason, maxText)
	c.say(EntryState, fmt.Sprintf("Outcome corrected from %s to %s", c.was.State, to), reason)
	c.fact("outcome_by", ByPerson)
	c.tell(EventCorrected)
	return c.ended()
}
