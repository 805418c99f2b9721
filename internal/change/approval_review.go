package change

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// ApplyReview takes over that somebody reviewed the code on a forge: an
// approval of the commit that is deployed (the head of the pull request, or
// what it was merged as; the caller knows that they are the same) fulfils a
// review by a peer. The author's own, and a verdict that approves nothing, do
// nothing; one that asks for changes, or that is dismissed, takes an approval
// of the same reviewer back while nothing started. Call it inside the
// transaction that takes in the review, once for each open change of the commit.
func (s *Service) ApplyReview(tx *db.Tx, id int64, r Review) error {
	c, err := s.begin(tx, id)
	if err != nil {
		return err
	}
	if strings.EqualFold(r.Reviewer, r.Author) || r.Reviewer == "" || r.Verdict == ReviewCommented {
		return nil
	}
	switch c.State {
	case Awaiting, Approved, Scheduled, Assessed:
	default:
		return nil
	}
	list, err := approvalsOf(tx, id)
	if err != nil {
		return err
	}
	person, err := s.personOf(tx, r.Reviewer)
	if err != nil {
		return err
	}
	if r.Verdict != ReviewApproved {
		return c.reviewTakenBack(list, person, r)
	}
	if c.State != Awaiting {
		return nil
	}
	j, err := s.juryOf(tx, c.Change, tx.Now)
	if err != nil {
		return err
	}
	a := approver{Person: person, Handle: r.Reviewer, Mail: r.Reviewer, Responds: true}
	if person == 0 {
		a.Person = -1 // nobody we know, and therefore nobody who asked
	} else if known, ok, err := approverOf(tx, person); err != nil {
		return err
	} else if ok {
		a = known
		a.Responds = true // the forge let them review
	}
	if j.involved(a) != "" || reviewedBy(list, person, r.Reviewer, c.Commit) {
		return nil
	}
	p, err := s.settings(tx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a Approval) bool { return a.State == Waiting && a.Who == policy.Peer })
	if i < 0 {
		return nil
	}
	if stand, err := s.reviewsNow(tx, c.Change); err != nil || stand.ChangesRequested > 0 {
		return err // another one who read it does not want it shipped
	}
	if err := c.byReview(&list[i], r, time.Duration(p.ApprovalExpiry)); err != nil {
		return err
	}
	c.touch()
	if err := saveApproval(tx, list[i]); err != nil {
		return err
	}
	if err := c.approvedAll(list); err != nil {
		return err
	}
	return c.commit("change.approve")
}

// reviewsNow are the code reviews that stand for a change's commit.
func (s *Service) reviewsNow(q db.Querier, c Change) (fact.Reviews, error) {
	list, err := commitSaid(q, c.Commit)
	if err != nil {
		return fact.Reviews{}, err
	}
	var g gathered
	err = s.codeFacts(q, &g, c, list)
	return g.in.Reviews.Value, err
}

// reviewsAreWorse reports whether the decision that stands counted on reviews
// that do not stand any more.
func (c *step) reviewsAreWorse() (bool, error) {
	d, err := decisionByID(c.tx, c.Decision)
	if err == db.ErrNoRows {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now, err := c.s.reviewsNow(c.tx, c.Change)
	was := d.Input.Reviews.Value
	return now.Approved < was.Approved || now.ChangesRequested > was.ChangesRequested, err
}

// reviewedBy reports whether a reviewer's approval counts already.
func reviewedBy(list []Approval, person int64, login, commit string) bool {
	return slices.ContainsFunc(list, func(a Approval) bool {
		return a.State == Given && a.Who == policy.Peer && a.Commit == commit &&
			(person != 0 && a.Person == person || a.Outside != "" && strings.EqualFold(a.Outside, login))
	})
}

// reviewTakenBack withdraws what a reviewer's earlier approval gave, and asks
// anew.
func (c *step) reviewTakenBack(list []Approval, person int64, r Review) error {
	n := 0
	for i := range list {
		a := &list[i]
		mine := person != 0 && a.Person == person || a.Outside != "" && strings.EqualFold(a.Outside, r.Reviewer)
		if a.State != Given || a.Via != ViaReview || !mine {
			continue
		}
		n++
		if err := c.decideApproval(a, Withdrawn, "the reviewer took it back: "+string(r.Verdict)); err != nil {
			return err
		}
	}
	if n == 0 { // policy may have counted on it by itself
		worse, err := c.reviewsAreWorse()
		if err != nil || !worse {
			return err
		}
	}
	if c.State != Assessed {
		if err := c.reopen("A code review was taken back"); err != nil {
			return err
		}
	}
	c.RecheckAt = c.tx.Now // policy asks for another one
	return c.commit("change.approve")
}
