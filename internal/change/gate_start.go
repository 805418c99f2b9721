package change

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// freshFor is how old a decision may be that a deployment begins on without
// another look: a pipeline asks the gate, and begins.
const freshFor = time.Minute

// early is how much too early a planned change may begin: clocks differ.
const early = 5 * time.Minute

// lookAgain asks policy once more when a deployment begins that was allowed
// earlier: a freeze may have come, another change may run, something may be
// broken. It keeps what it says (mode start) and returns the reason why the
// deployment should not have begun; empty: nothing is against it. What began
// has begun, so it holds nothing; the record says so.
//
// A deployment that is reported late, began when other things were true, of
// which nobody asked then.
func (c *step) lookAgain(at time.Time) (why string, err error) {
	if c.State == Scheduled && c.PlannedFrom.After(at.Add(early)) && !c.Returns {
		return "It was to start at " + clockText(c.PlannedFrom), nil
	}
	if c.Decision == 0 || c.tx.Now.Sub(c.AssessedAt) < freshFor || c.tx.Now.Sub(at) > early {
		return "", nil
	}
	began := time.Now()
	g, err := c.s.gather(c.tx, c.tx.Now, c.Change)
	if err != nil {
		return "", err
	}
	d := g.answer(c.tx.Context(), ModeStart, began)
	if d.ID, err = c.tx.NextID(ref.Decision); err != nil {
		return "", err
	}
	d.Change, d.At = c.ID, c.tx.Now
	if err := insertDecision(c.tx, d); err != nil {
		return "", err
	}
	c.tx.Record(d.entry())
	c.fact("start_decision", d.Ref().String())
	switch d.Result.Outcome {
	case policy.Deny:
		return d.Line(), nil
	case policy.NeedsReview:
		have, err := approvalsOf(c.tx, c.ID)
		if err != nil {
			return "", err
		}
		_, _, add := planApprovals(have, required(d.Result), c.Commit, c.tx.Now)
		if len(add) > 0 {
			return fmt.Sprintf("it %s, which nobody gave", d.Line()), nil
		}
	}
	if held := heldUntil(d, c.tx.Now); held.After(c.tx.Now) {
		return "it was to start not before " + clockText(held), nil
	}
	return "", nil
}
