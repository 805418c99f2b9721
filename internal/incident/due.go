package incident

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

// DueName is the name of the source that Due returns, for Runner.Kick.
const DueName = "incident"

// dueBatch bounds what one transaction handles.
const dueBatch = 100

// Due is what happens to incidents by itself: notices of breached clocks and
// of updates that are due, escalation, marks for the weekly review, closing.
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

func (s *Service) runDue(ctx context.Context, d *db.DB) (done int, err error) {
	err = d.Write(ctx, actor.Job(DueName), "incident clocks", func(tx *db.Tx) error {
		ids, err := dueIDs(tx, dueBatch)
		if err != nil {
			return err
		}
		done = len(ids)
		for _, id := range ids {
			c, err := s.begin(tx, tx.Actor, id)
			if err != nil {
				return err
			}
			if err := c.handleDue(); err != nil {
				return err
			}
		}
		return nil
	})
	return done, errs.Wrap("incident.due", err)
}

// handleDue does everything that is due on one incident and moves next_at on.
func (c *change) handleDue() error {
	h, err := c.s.hours(c.tx, c.Team)
	if err != nil {
		return err
	}
	clocks := c.clocks(h)
	for _, d := range dues(c.Incident, clocks, c.m, h) {
		if d.At.After(c.tx.Now) {
			break
		}
		if err := c.handle(d, clocks); err != nil {
			return err
		}
	}
	if c.untouched() { // the calendar or the clock moved: only look again later
		c.tx.Unrecorded("the next deadline of an incident moved")
		return setNext(c.tx, c.ID, nextDue(c.Incident, clocks, c.m, h))
	}
	return c.commit("incident.due")
}

func (c *change) handle(d due, clocks Clocks) error {
	switch d.What {
	case dueResponse:
		c.notice(ResponseClock)
		c.say(EntryClock, "Response target of %s missed: nobody has acknowledged", clocks.Response.Target)
		c.tell(Event{Kind: ClockBreached, Clock: ResponseClock})
	case dueResolution:
		c.notice(ResolutionClock)
		c.say(EntryClock, "Resolution target of %s missed: the service is not restored", clocks.Resolution.Target)
		c.tell(Event{Kind: ClockBreached, Clock: ResolutionClock})
	case dueUpdate:
		c.notice(UpdateClock)
		c.say(EntryClock, "Public status update due")
		c.tell(Event{Kind: UpdateDue, Clock: UpdateClock})
	case dueEscalation:
		c.notice(EscalationClock)
		after := short(c.m.Policy(c.Priority).Escalate)
		to := raise(c.Priority, 1)
		c.say(EntryPriority, "raised the priority from %s to %s", c.Priority, to).Detail = "not mitigated within " + after
		c.Priority, c.PriorityWhy, c.edited = to, fmt.Sprintf("not mitigated within %s", after), true
		c.step(Step{Kind: StepPriority, Priority: to})
		c.tell(Event{Kind: Escalated, Clock: EscalationClock})
	case dueReview:
		c.persists("open for more than " + c.m.ReviewAfter.String())
	case dueClose:
		return c.close("closed: resolved for " + short(c.m.CloseAfter))
	}
	return nil
}

// notice remembers on the tape that people were told, so that doing it again
// after a crash, or late, tells nobody twice.
func (c *change) notice(k ClockKind) { c.step(Step{Kind: StepNotice, Clock: k}) }
