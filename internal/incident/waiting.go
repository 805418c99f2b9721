package incident

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Wait says for whom the incident waits; where the policy says so, the
// resolution clock stops meanwhile. Waiting for somebody else replaces the
// former reason. Errors: Invalid, NotFound, Conflict when it is not open.
func (s *Service) Wait(ctx context.Context, id int64, reason Waiting, note string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if !slices.Contains(Waits, reason) {
		return Incident{}, errs.Wrap("incident.wait", errs.BadField("reason", string(reason), "use reporter, supplier or change"))
	}
	if err := checkNote(note); err != nil {
		return Incident{}, errs.Wrap("incident.wait", err)
	}
	return s.write(ctx, who, VerbWait, id, func(c *change) error {
		if err := mustBeOpen(c.Incident, VerbWait); err != nil || c.Waiting == reason {
			return err
		}
		c.goOn()
		c.Waiting = reason
		c.step(Step{Kind: StepWaiting, Waiting: reason})
		text := "waits for the " + string(reason) + "; the clocks go on"
		if slices.Contains(c.m.Policy(c.Priority).Stops, reason) && c.State != Mitigated {
			text = "waits for the " + string(reason) + "; the resolution clock is paused"
		}
		c.say(EntryWaiting, "%s", text).Detail = note
		return nil
	})
}

// Continue ends the waiting. When it does not wait, nothing changes.
func (s *Service) Continue(ctx context.Context, id int64) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, VerbContinue, id, func(c *change) error {
		if c.Waiting == "" {
			return nil
		}
		from := c.Waiting
		c.goOn()
		c.say(EntryWaiting, "goes on; no longer waits for the %s", from)
		return nil
	})
}

// goOn ends waiting, as every restoring verb does by itself.
func (c *change) goOn() {
	if c.Waiting != "" {
		c.Waiting = ""
		c.step(Step{Kind: StepContinued})
	}
}
