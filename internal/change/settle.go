package change

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// approvalKind numbers approvals; people see them with their change.
const approvalKind ref.Kind = "approval"

// settle lets a decision stand from now on: it is kept with its evidence, the
// approvals that it asks for are asked for, those it no longer asks for are
// withdrawn, and the change moves to where the decision puts it. have are the
// approvals that there are, reviewers the people whose code reviews stand; it
// returns all approvals as they are then.
func (c *step) settle(d Decided, have []Approval, reviewers []Review) (all []Approval, err error) {
	id, err := c.tx.NextID(ref.Decision)
	if err != nil {
		return nil, err
	}
	d.ID, d.Change, d.At = id, c.ID, c.tx.Now
	if err := insertDecision(c.tx, d); err != nil {
		return nil, err
	}
	c.tx.Record(d.entry())
	p, err := c.practice()
	if err != nil {
		return nil, err
	}
	var need []policy.Review
	if d.Result.Outcome == policy.NeedsReview {
		need = required(d.Result)
	}
	keep, drop, add := planApprovals(have, need, c.Commit, c.tx.Now)
	if d.Result.Outcome == policy.Deny { // what was given stays given: when the freeze ends nobody is asked twice
		keep = nil
	}
	for _, i := range drop {
		if err := c.decideApproval(&have[i], Withdrawn, "policy no longer asks for it"); err != nil {
			return nil, err
		}
	}
	asked, err := c.askFor(add, d, time.Duration(p.ApprovalExpiry), reviewers)
	if err != nil {
		return nil, err
	}
	keep, all = append(keep, asked...), append(have, asked...)
	waiting := slices.ContainsFunc(keep, func(a Approval) bool { return a.State == Waiting })

	c.carry(d)
	switch {
	case d.Result.Outcome == policy.Deny:
		if err := c.hold(); err != nil {
			return nil, err
		}
		c.RecheckAt = d.again(c.tx.Now)
	case waiting:
		if c.State == Approved || c.State == Scheduled {
			if err := c.reopen("Facts changed: " + d.Line()); err != nil {
				return nil, err
			}
		}
		if err := c.ask(firstExpiry(keep)); err != nil {
			return nil, err
		}
		c.ExpiresAt = firstExpiry(keep)
	default:
		err = c.approve(c.why(d, keep), unusedUntil(keep, c.tx.Now, time.Duration(p.ApprovalExpiry)))
	}
	return all, err
}

// carry notes the decision on the change, and says what it is.
func (c *step) carry(d Decided) {
	c.Decision, c.Outcome, c.Risk, c.RiskLevel = d.ID, d.Result.Outcome, d.Risk, d.level()
	c.Returns = d.Input.Rollback.Value.Returns
	c.AssessedAt = c.tx.Now
	if c.State == Draft {
		c.State = Assessed // the one arrow from there; see Transitions
	}
	line := d.Line()
	c.say(EntryDecision, strings.ToUpper(line[:1])+line[1:], d.Ref().String())
	c.fact("decision", d.Ref().String())
	c.fact("outcome", d.Result.Outcome)
	c.touch()
	c.tell(EventDecided)
}

// hold takes back that it may start: policy is against it now.
func (c *step) hold() error {
	if c.State == Assessed {
		return nil
	}
	return c.reopen("Policy is against it now")
}

func (c *step) why(d Decided, given []Approval) string {
	if len(given) == 0 {
		return "By policy, with no human needed"
	}
	return fmt.Sprintf("With %s", plural(len(given), "approval"))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// askFor makes the approvals that are needed. A code review that stands
// fulfils one by a peer at once.
func (c *step) askFor(add []policy.Review, d Decided, expiry time.Duration, reviewers []Review) ([]Approval, error) {
	n := 0
	for _, r := range add {
		n += r.Count
	}
	if n == 0 {
		return nil, nil
	}
	ids, err := c.tx.NextIDs(approvalKind, n)
	if err != nil {
		return nil, err
	}
	out := make([]Approval, 0, n)
	for _, r := range add {
		for range r.Count {
			a := Approval{ID: ids[len(out)], Change: c.ID, Decision: d.ID, Rule: clip(r.Rule, maxName), Who: clip(r.Who, maxName), State: Waiting,
				AskedAt: c.tx.Now, ExpiresAt: c.tx.Now.Add(expiry), Commit: c.Commit, salt: evidence.NewSalt()}
			if r.Who == policy.Peer && len(reviewers) > 0 {
				if err := c.byReview(&a, reviewers[0], expiry); err != nil {
					return nil, err
				}
				reviewers = reviewers[1:]
			}
			out = append(out, a)
		}
	}
	return out, insertApprovals(c.tx, out)
}

// byReview gives an approval because a forge says that somebody reviewed the
// code.
func (c *step) byReview(a *Approval, r Review, expiry time.Duration) error {
	person, err := c.s.personOf(c.tx, r.Reviewer)
	if err != nil {
		return err
	}
	a.State, a.Via, a.DecidedAt, a.ExpiresAt, a.Commit = Given, ViaReview, c.tx.Now, c.tx.Now.Add(expiry), c.Commit
	a.Person, a.Reason = person, clip(r.Link, maxName)
	if person == 0 {
		a.Outside = clip(r.Reviewer, maxName)
	}
	c.say(EntryApproval, "Approved as "+a.Who+" by code review", a.Reason)
	c.fact("approvals", append(c.given(), a.fact()))
	return nil
}

func (c *step) given() []map[string]any {
	list, _ := c.data["approvals"].([]map[string]any)
	return list
}

// decideApproval writes what became of one approval.
func (c *step) decideApproval(a *Approval, state ApprovalState, reason string) error {
	a.State, a.DecidedAt = state, c.tx.Now
	if reason != "" {
		a.Reason = clip(reason, maxText)
	}
	c.fact("approvals", append(c.given(), a.fact()))
	c.touch()
	return saveApproval(c.tx, *a)
}

// firstExpiry is when the first of those that count expires.
func firstExpiry(list []Approval) (at time.Time) {
	for _, a := range list {
		if at.IsZero() || a.ExpiresAt.Before(at) {
			at = a.ExpiresAt
		}
	}
	return at
}

// unusedUntil is until when what was allowed may start: as long as what people
// approved holds, or what policy alone allowed.
func unusedUntil(given []Approval, now time.Time, expiry time.Duration) time.Time {
	if len(given) == 0 {
		return now.Add(expiry)
	}
	return firstExpiry(given)
}
