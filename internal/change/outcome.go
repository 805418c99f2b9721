package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// replaces closes the books of what ran before, when DeployedAt is set: a
// return to an earlier artefact takes the change back that brought the present
// one.
func (c *step) replaces() error {
	if c.RollbackOf == 0 && (c.Returns || c.Purpose == Rollback) {
		now, ok, err := running(c.tx, c.Main(), c.Environment)
		if err != nil {
			return err
		}
		if ok && now.ID != c.ID && now.Artefact != c.Artefact && !now.DeployedAt.After(c.DeployedAt) {
			c.RollbackOf = now.ID
		}
	}
	if c.RollbackOf == 0 || c.RollbackOf == c.ID {
		return nil
	}
	back, err := c.s.begin(c.tx, c.RollbackOf)
	if err != nil {
		return err
	}
	if ok, err := decide(back.Change, VerbRollBack, RolledBack); !ok || err != nil {
		return nil // it never came to users: there is nothing to take back
	}
	back.TakenBackBy, back.RecoveredAt = c.ID, c.DeployedAt
	if err := back.finish(RolledBack, ByRollback, c.DeployedAt, c.Key()+" brought "+c.Artefact+" back"); err != nil {
		return err
	}
	return back.commit("change.rollback")
}

// mended says whether this deployment is rework: unplanned, to mend what users
// noticed (https://dora.dev/guides/dora-metrics-four-keys/, rework rate).
func (c *step) mended(p Settings) error {
	if c.Purpose != Fix && c.Purpose != Rollback {
		return nil
	}
	bad, err := badSince(c.tx, c.Main(), c.Environment, c.tx.Now.Add(-time.Duration(p.ReworkWithin)), c.ID)
	if err == nil && bad == 0 && c.s.Mends != nil {
		var yes bool
		if yes, err = c.s.Mends(c.tx, c.Change); yes {
			bad = -1
		}
	}
	c.Rework = bad != 0
	return err
}

// ended does what an outcome brings with it.
func (c *step) ended() error {
	switch c.State {
	case RolledBack:
		if c.RecoveredAt.IsZero() {
			c.RecoveredAt = c.EndedAt
		}
	case Failed: // told late: what mended it may have succeeded already
		at, err := nextSuccess(c.tx, c.Main(), c.Environment, later(c.StartedAt, c.DeployedAt))
		if err != nil {
			return err
		}
		if c.RecoveredAt.IsZero() {
			c.RecoveredAt = at
		}
	case Succeeded:
		if c.Caused == 0 {
			c.RecoveredAt = time.Time{}
		}
		if err := c.recovers(); err != nil {
			return err
		}
	}
	if c.Type != Emergency || !c.ReviewDue.IsZero() {
		return nil
	}
	p, err := c.s.settings(c.tx)
	if err != nil {
		return err
	}
	h, err := c.s.hours(c.tx, c.Team)
	if err != nil {
		return err
	}
	due, ok := h.AddDays(c.EndedAt, p.ReviewDays)
	if !ok { // a calendar without a single open day must not lose the review
		due = c.EndedAt.AddDate(0, 0, p.ReviewDays)
	}
	c.ReviewDue = due
	c.say(EntryState, "Review of the emergency is due "+due.Format("2006-01-02 15:04 UTC"), "Until then the next change of "+c.Main()+" that is no emergency waits for it")
	c.tell(EventReviewDue)
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// recovers ends the recovery time of changes that failed before this one
// succeeded on the same service.
func (c *step) recovers() error {
	ids, err := unrecovered(c.tx, c.Main(), c.Environment, c.ID)
	if err != nil {
		return err
	}
	at := c.DeployedAt
	for _, id := range ids {
		bad, err := c.s.begin(c.tx, id)
		if err != nil {
			return err
		}
		if at.Before(bad.StartedAt) || bad.State != Failed {
			continue
		}
		bad.RecoveredAt = at
		bad.say(EntryHealth, "Recovered by "+c.Key(), "")
		if err := bad.commit("change.recovered"); err != nil {
			return err
		}
	}
	return nil
}

// Recovered notes when users were served well again after a change that failed
// or is the cause of an incident: the incident was mitigated. The earliest time
// stands. Call it inside the transaction that knows.
func (s *Service) Recovered(tx *db.Tx, id int64, at time.Time) error {
	c, err := s.begin(tx, id)
	if err != nil || !c.Bad() || at.IsZero() || !c.RecoveredAt.IsZero() && !at.Before(c.RecoveredAt) {
		return err
	}
	c.RecoveredAt = at
	c.touch()
	return c.commit("change.recovered")
}

// MarkCaused notes that an incident ("INC-7") is confirmed to be caused by a
// change, or that this was taken back. The change then counts as failed, or no
// longer. Call it inside the transaction that confirms, once for each.
func (s *Service) MarkCaused(tx *db.Tx, id int64, incident string, confirmed bool) error {
	c, err := s.begin(tx, id)
	if err != nil {
		return err
	}
	if confirmed {
		c.Caused++
		c.say(EntryIncident, "Confirmed as the cause of "+incident, "")
	} else {
		if c.Caused == 0 {
			return nil
		}
		c.Caused--
		c.say(EntryIncident, "No longer the cause of "+incident, "")
	}
	c.fact("caused", c.Caused)
	c.tell(EventCaused)
	return c.commit("change.caused")
}
