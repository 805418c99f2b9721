package change

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// viaOf names the door by which somebody approves.
func viaOf(who actor.Actor) Via {
	switch who.Kind {
	case actor.Link:
		return ViaLink
	case actor.User:
		return ViaPage
	}
	return ViaAPI
}

// Approve gives all approvals of a change that the actor can give, for its
// present commit: commit, when not empty, is the one that was looked at. With
// the last one that is needed the change may start. Doing it again changes
// nothing. Errors: Forbidden with the reason (four eyes, not the one who is
// waited for); Conflict when another commit came meanwhile, or the change no
// longer waits; NotFound.
func (s *Service) Approve(ctx context.Context, id int64, commit, reason string) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil && len(reason) > maxText {
		err = errs.BadField("reason", errs.Short(reason), "use at most 8192 bytes")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.approve", err)
	}
	return s.write(ctx, who, "change.approve", id, func(c *step) error {
		if commit = strings.ToLower(strings.TrimSpace(commit)); commit != "" && commit != c.Commit {
			return errs.E(errs.Conflict, "another commit came meanwhile (%s); look at it and approve that", short(c.Commit)).On(c.Key())
		}
		j, list, me, from, err := s.bench(c.tx, c.Change, who, c.tx.Now)
		if err != nil {
			return err
		}
		if c.State != Awaiting {
			return c.noLonger(list, who.Person)
		}
		give, why := j.grants(list, me, from)
		if len(give) == 0 {
			if gave(list, who.Person, c.Commit) {
				return nil // pressed twice
			}
			return errs.E(errs.Forbidden, "%s", why).On(c.Key())
		}
		p, err := s.settings(c.tx)
		if err != nil {
			return err
		}
		for _, g := range give {
			a := &list[g.row]
			a.Person, a.OnBehalf, a.Via, a.Commit = who.Person, g.onBehalf, viaOf(who), c.Commit
			a.ExpiresAt = c.tx.Now.Add(time.Duration(p.ApprovalExpiry))
			if err := c.decideApproval(a, Given, reason); err != nil {
				return err
			}
			text := "Approved as " + a.Who
			if g.onBehalf != 0 {
				text += " in the place of a person who is away"
			}
			c.say(EntryApproval, text, reason)
		}
		return c.approvedAll(list)
	})
}

// approvedAll lets the change start when nothing is waited for any more.
func (c *step) approvedAll(list []Approval) error {
	var counted []Approval
	for _, a := range list {
		if a.State == Waiting {
			c.ExpiresAt = firstExpiry(waitingOf(list))
			c.tell(EventChanged)
			return nil
		}
		if a.State == Given && a.Commit == c.Commit {
			counted = append(counted, a)
		}
	}
	return c.approve("With "+plural(len(counted), "approval"), firstExpiry(counted))
}

func waitingOf(list []Approval) (out []Approval) {
	for _, a := range list {
		if a.State == Waiting {
			out = append(out, a)
		}
	}
	return out
}

func gave(list []Approval, person int64, commit string) bool {
	return slices.ContainsFunc(list, func(a Approval) bool {
		return a.State == Given && a.Person == person && person != 0 && a.Commit == commit
	})
}

// noLonger is what approving a change that waits for nobody means.
func (c *step) noLonger(list []Approval, person int64) error {
	if gave(list, person, c.Commit) {
		return nil
	}
	return errs.E(errs.Conflict, "it is %s and waits for nobody's approval", c.State).On(c.Key())
}

func short(commit string) string { return commit[:min(len(commit), 8)] }

// Reject says no to a change that has not started: somebody who may approve it,
// or may approve it and did. Errors: Invalid without a reason; Forbidden,
// Conflict, NotFound.
func (s *Service) Reject(ctx context.Context, id int64, reason string) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil {
		reason, err = need("reason", reason, "say why, so that the author knows what to do")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.reject", err)
	}
	return s.write(ctx, who, "change.reject", id, func(c *step) error {
		if c.State == Rejected {
			return nil
		}
		if _, err := decide(c.Change, VerbReject, Rejected); err != nil {
			return err
		}
		j, list, me, _, err := s.bench(c.tx, c.Change, who, c.tx.Now)
		if err != nil {
			return err
		}
		if why := j.involved(me); why != "" {
			return errs.E(errs.Forbidden, "%s; cancel it instead", why).On(c.Key())
		}
		first := true
		for i := range list {
			a := &list[i]
			if a.State != Waiting {
				continue
			}
			state, why := Withdrawn, "the change was rejected"
			if first && j.fits(a.Who, me) {
				first, state, why = false, Refused, reason
				a.Person, a.Via, a.Commit = who.Person, viaOf(who), c.Commit
			}
			if err := c.decideApproval(a, state, why); err != nil {
				return err
			}
		}
		return c.reject(reason)
	})
}

// bench reads all that decides about an actor's approval of a change.
func (s *Service) bench(q db.Querier, c Change, who actor.Actor, now time.Time) (j jury, list []Approval, me approver, from []approver, err error) {
	if j, err = s.juryOf(q, c, now); err != nil {
		return
	}
	if list, err = approvalsOf(q, c.ID); err != nil {
		return
	}
	if who.Person == 0 {
		err = errs.E(errs.Forbidden, "only people approve; this credential belongs to no person").On(c.Key())
		return
	}
	var ok bool
	if me, ok, err = approverOf(q, who.Person); err != nil {
		return
	}
	if !ok {
		err = errs.E(errs.Forbidden, "this person may no longer sign in").On(c.Key())
		return
	}
	me.Responds = me.Responds && who.May(actor.Respond)
	from, err = standsFor(q, who.Person, now)
	return
}

// MayApprove says whether the actor can give an approval that a change waits
// for, as which reviewers, and if not, why not in words. It is for pages and
// messages; Approve checks again. It checks no permission.
func (s *Service) MayApprove(q db.Querier, c Change, who actor.Actor, now time.Time) (as []string, why string, err error) {
	if c.State != Awaiting {
		return nil, "it waits for nobody's approval", nil
	}
	if who.Person == 0 {
		return nil, "only people approve", nil
	}
	j, list, me, from, err := s.bench(q, c, who, now)
	if errs.Is(err, errs.Forbidden) {
		return nil, errs.As(err).Text, nil
	}
	if err != nil {
		return nil, "", err
	}
	give, why := j.grants(list, me, from)
	for _, g := range give {
		as = append(as, list[g.row].Who)
	}
	return as, why, nil
}
