package changeweb

import (
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/web"
)

// buttons are what the page of a change offers: the next step first and filled,
// the rest in the menu. Nothing is filled when waiting is best.
func buttons(v *web.View, c change.View, mayApprove bool) ([]web.Button, web.Menu) {
	to := c.Ref().Path() + "/"
	var out []web.Button
	more := web.Menu{Title: "More actions", Icon: "dots", Only: true}
	if !responds(v) {
		return out, more
	}
	show := func(ok bool, b web.Button) {
		if b.Path = to + b.Path; ok {
			out = append(out, b)
		}
	}
	rest := func(ok bool, b web.Button) {
		if b.Path = to + b.Path; ok {
			more.Items = append(more.Items, b)
		}
	}
	before := c.State.Open() && !c.State.Running()
	review := !c.ReviewDue.IsZero() && c.Reviewed.IsZero() && c.AuthorPerson != v.Actor.Person
	show(review, web.Button{Title: "Record review…", Icon: "checklist", Tone: "primary", Path: "review"})
	switch c.State {
	case change.Draft:
		show(true, web.Button{Title: "Ask the gate", Icon: "send", Tone: "primary", Post: true, Path: "ask"})
	case change.Assessed:
		show(true, web.Button{Title: "Ask again", Icon: "refresh", Post: true, Path: "ask"})
	case change.Awaiting:
		if mayApprove {
			show(true, web.Button{Title: "Approve…", Icon: "check", Tone: "primary", Path: "approve"})
			show(true, web.Button{Title: "Reject…", Icon: "x", Path: "reject"})
		}
		rest(true, web.Button{Title: "Ask policy again", Icon: "refresh", Post: true, Path: "ask"})
	case change.Approved, change.Scheduled:
		show(true, web.Button{Title: "Start…", Icon: "player-play", Path: "start"})
	case change.InProgress:
		show(true, web.Button{Title: "Complete…", Icon: "check", Path: "deployed"})
		rest(true, web.Button{Title: "Close with an outcome…", Icon: "flag", Path: "close"})
	case change.Verifying:
		show(c.RollbackRef != "", web.Button{Title: "Roll back…", Icon: "arrow-back-up", Tone: "danger", Path: "rollback"})
		show(true, web.Button{Title: "Close early…", Path: "close"})
	case change.Succeeded, change.Failed:
		show(c.RollbackRef != "" && c.TakenBackBy == 0, web.Button{Title: "Roll back…", Icon: "arrow-back-up", Tone: "danger", Path: "rollback"})
	}
	if before {
		rest(true, web.Button{Title: "Plan…", Icon: "calendar", Path: "plan"})
		rest(true, web.Button{Title: "Edit…", Icon: "edit", Path: "edit"})
	}
	rest(true, web.Button{Title: "Add a note…", Icon: "notes", Path: "note"})
	rest(c.State.Completed(), web.Button{Title: "Correct the outcome…", Icon: "edit", Path: "correct"})
	rest((c.State.Completed() || c.State.Running()) && c.TakenBackBy == 0, web.Button{Title: "It was rolled back…", Icon: "arrow-back-up", Path: "taken-back"})
	if c.Can[change.VerbCancel] {
		more.Items = append(more.Items, web.Button{})
		rest(true, web.Button{Title: "Cancel…", Icon: "ban", Tone: "danger", Path: "cancel"})
	}
	return out, more
}

// notice is the one thing to know first.
func (p *ShowPage) notice() *web.Notice {
	c, v, d := p.Change, p.V, p.decided
	to := c.Ref().Path()
	switch {
	case !c.ReviewDue.IsZero() && c.Reviewed.IsZero():
		n := &web.Notice{Fact: "This emergency is not reviewed yet.", Effect: "Due " + v.Local(c.ReviewDue) + ". The next change of " + c.Main() + " that is none waits for it."}
		if v.Now.After(c.ReviewDue) {
			n.Tone, n.Effect = "red", "It was due "+v.Local(c.ReviewDue)+". The next change of "+c.Main()+" that is none waits for it."
		}
		return n
	case c.Bypass && c.State.Running():
		return &web.Notice{Tone: "red", Fact: "It began without being allowed.", Effect: "What happened is recorded as it was; the decision below says what was asked for."}
	case p.callFailed != "":
		return &web.Notice{Tone: "red", Fact: "The pipeline could not be told.", Effect: p.callFailed}
	case c.State == change.Assessed && d.Result.Outcome == policy.Deny:
		n := &web.Notice{Tone: "red", Icon: "hand-stop", Fact: "It is held.", Effect: "The rules below say by what."}
		if !c.RecheckAt.IsZero() {
			n.Effect = "Policy is asked again by itself " + v.Local(c.RecheckAt) + "."
		}
		return n
	case p.collision != nil:
		return p.collision
	case len(c.Pending) > 0 && c.Type != change.Emergency && c.State.Open() && !c.State.Running():
		return &web.Notice{Fact: c.Pending[0] + " was an emergency that nobody reviewed.", Effect: "This change waits for that.", Buttons: []web.Button{{Title: "Open " + c.Pending[0], Small: true, Path: "/changes/" + c.Pending[0]}}}
	case c.State == change.Awaiting && p.Approvals != nil && p.Approvals.May:
		return &web.Notice{Tone: "accent", Icon: "hand-stop", Fact: "It waits for you.", Effect: "You can approve it as " + p.Approvals.As + ".", Buttons: []web.Button{{Title: "What is asked", Small: true, Path: to + "#decision"}}}
	case c.TakenBackBy != 0:
		return &web.Notice{Icon: "arrow-back-up", Fact: "Taken back by " + c.ReplacedBy.Key() + ".", Effect: c.ReplacedBy.Title, Buttons: []web.Button{{Title: "Open " + c.ReplacedBy.Key(), Small: true, Path: "/changes/" + c.ReplacedBy.Key()}}}
	}
	return nil
}
