package incident

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Acknowledge says that the actor works on it, and ends the response clock.
// Doing it again, or when the incident is further on, changes nothing.
// Errors: NotFound; Conflict when it was merged or canceled.
func (s *Service) Acknowledge(ctx context.Context, id int64) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, VerbAcknowledge, id, func(c *change) error {
		return c.acknowledge("acknowledged", "")
	})
}

func (c *change) acknowledge(text, detail string) error {
	do, err := decide(c.Incident, VerbAcknowledge, Acknowledged)
	if err == nil && !do && c.State == Acknowledged && c.s.Again != nil {
		return c.s.Again(c.tx, c.Incident)
	}
	if !do {
		return err
	}
	c.State = Acknowledged
	if c.AcknowledgedAt.IsZero() {
		c.AcknowledgedAt = c.tx.Now
	}
	c.step(Step{Kind: StepAcknowledged})
	c.say(EntryState, "%s", text).Detail = detail
	c.tell(Event{Kind: WasAcknowledged})
	return c.takePart()
}

// takePart notes the acting person as a participant.
func (c *change) takePart() error {
	if c.who.Person == 0 {
		return nil
	}
	return c.admit(c.who.Person)
}

// admit makes a person a participant; whoever takes part in a restricted
// incident may see it.
func (c *change) admit(person int64) error {
	if c.Restricted {
		if err := addViewers(c.tx, c.ID, Viewers{People: []int64{person}}); err != nil {
			return err
		}
	}
	return addPeople(c.tx, c.Incident, person)
}

// Mitigate says that the service is restored, and how; it ends the resolution
// clock. How may be left empty (a link in a message, pressed on the phone);
// Resolve asks for it then. Errors: Invalid for an unknown way of restoring;
// NotFound; Conflict.
func (s *Service) Mitigate(ctx context.Context, id int64, how How, note string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if err := checkHow(how, note); err != nil {
		return Incident{}, errs.Wrap("incident.mitigate", err)
	}
	return s.write(ctx, who, VerbMitigate, id, func(c *change) error {
		do, err := decide(c.Incident, VerbMitigate, Mitigated)
		if !do {
			return err
		}
		c.State, c.How, c.MitigatedAt = Mitigated, how, c.tx.Now
		c.goOn()
		c.step(Step{Kind: StepMitigated})
		text := "restored the service"
		if how != "" {
			text += fmt.Sprintf(" by %s", how)
		}
		c.say(EntryState, "%s", text).Detail = note
		c.tell(Event{Kind: WasMitigated})
		return c.takePart()
	})
}

// Resolve says that nothing is left to do for restoration. How may be empty
// when the incident was mitigated before, which said it. No root cause is
// asked for. Errors: Invalid, NotFound, Conflict.
func (s *Service) Resolve(ctx context.Context, id int64, how How, note string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if err := checkHow(how, note); err != nil {
		return Incident{}, errs.Wrap("incident.resolve", err)
	}
	return s.write(ctx, who, VerbResolve, id, func(c *change) error {
		if how == "" && c.How == "" && c.State.Open() {
			return errs.BadField("how", "", "say how the service came back: "+hows())
		}
		return c.resolve(how, "resolved", note)
	})
}

func (c *change) resolve(how How, text, detail string) error {
	do, err := decide(c.Incident, VerbResolve, Resolved)
	if !do {
		return err
	}
	c.State, c.ResolvedAt = Resolved, c.tx.Now
	if how != "" {
		c.How = how
	}
	c.goOn()
	c.step(Step{Kind: StepResolved})
	if c.How != "" && !strings.Contains(text, c.How.By()) {
		text += ", restored " + c.How.By()
	}
	c.say(EntryState, "%s", text).Detail = detail
	c.tell(Event{Kind: WasResolved})
	return c.takePart()
}

// Close ends a resolved incident for good; CloseAfter does it by itself.
func (s *Service) Close(ctx context.Context, id int64) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, VerbClose, id, func(c *change) error { return c.close("closed") })
}

func (c *change) close(text string) error {
	do, err := decide(c.Incident, VerbClose, Closed)
	if !do {
		return err
	}
	c.State, c.ClosedAt = Closed, c.tx.Now
	c.step(Step{Kind: StepClosed})
	c.say(EntryState, "%s", text)
	c.tell(Event{Kind: WasClosed})
	return nil
}

// Reopen takes a resolved incident up again, or a mitigated one whose service
// broke again. It goes back to acknowledged: the actor is there. The clocks
// go on where they ended. Errors: Invalid without a reason, NotFound, Conflict.
func (s *Service) Reopen(ctx context.Context, id int64, reason string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if err := checkReason(reason); err != nil {
		return Incident{}, errs.Wrap("incident.reopen", err)
	}
	return s.write(ctx, who, VerbReopen, id, func(c *change) error {
		do, err := decide(c.Incident, VerbReopen, Acknowledged)
		if !do {
			return err
		}
		c.reopen(Acknowledged, StepResumed, c.who.Person == 0)
		if c.AcknowledgedAt.IsZero() {
			c.AcknowledgedAt = c.tx.Now
		}
		c.say(EntryState, "reopened: not restored after all").Detail = reason
		c.tell(Event{Kind: WasReopened})
		return c.takePart()
	})
}

func (c *change) reopen(to State, k StepKind, quiet bool) {
	c.State, c.How = to, ""
	c.MitigatedAt, c.ResolvedAt = zero, zero
	c.Reopened++
	c.step(Step{Kind: k, Quiet: quiet})
}

// Cancel says that it was no incident. Errors: Invalid without a reason,
// NotFound, Conflict once it was mitigated or resolved.
func (s *Service) Cancel(ctx context.Context, id int64, reason string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if err := checkReason(reason); err != nil {
		return Incident{}, errs.Wrap("incident.cancel", err)
	}
	return s.write(ctx, who, VerbCancel, id, func(c *change) error {
		do, err := decide(c.Incident, VerbCancel, Canceled)
		if !do {
			return err
		}
		c.State, c.Reason, c.ClosedAt = Canceled, reason, c.tx.Now
		c.goOn()
		c.step(Step{Kind: StepCanceled})
		c.say(EntryState, "canceled: it was no incident").Detail = reason
		c.tell(Event{Kind: WasCanceled})
		return dropGroups(c.tx, c.ID)
	})
}

var zero = db.Time(0)
