package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// tellOfChange turns what happened to a change into messages: to those who may
// approve it, to its author, and to its team when something is owed or broke.
func (a *App) tellOfChange(tx *db.Tx, e change.Event) error {
	c := e.Change
	n := notify.Notice{Key: e.Key(), Record: c.Ref(), Reason: "change " + string(e.Kind), Text: e.Entry.Text}
	switch e.Kind {
	case change.EventAsked:
		return a.askApprovers(tx, c, n)
	case change.EventApproved:
		n.Title, n.Persons = c.Key()+" is approved: "+c.Title, author(c)
	case change.EventRejected:
		n.Title, n.Persons = c.Key()+" was rejected: "+c.Title, author(c)
	case change.EventStartSoon:
		n.Title, n.Persons = c.Key()+" starts soon: "+c.Title, author(c)
	case change.EventStarted:
		return a.tellObliged(tx, c, n)
	case change.EventEnded:
		if c.State == change.Succeeded {
			return nil
		}
		n.Title, n.Persons, n.Team = fmt.Sprintf("%s %s: %s", c.Key(), c.State, c.Title), author(c), a.ownerTeam(tx, c)
		n.Text = c.OutcomeReason
	case change.EventReviewDue:
		n.Title, n.Team = "An emergency change is to be reviewed: "+c.Title, a.ownerTeam(tx, c)
		n.Text = "The next change of " + c.Main() + " that is no emergency waits for it."
		n.Facts = []notify.Fact{{Name: "Due", Value: c.ReviewDue.Format(time.DateOnly)}}
	case change.EventOverdue:
		n.Title, n.Team, n.TeamRoles = "The review of an emergency change is overdue: "+c.Title, a.ownerTeam(tx, c), []string{"lead", "manager"}
		n.Text = "Until it is reviewed, no other change of " + c.Main() + " may ship but emergencies and rollbacks."
	default:
		return nil
	}
	if n.Title == "" || n.Team == "" && len(n.Persons) == 0 {
		return nil
	}
	return a.Notify.Notify(tx, n)
}

// askApprovers tells those who may approve, with links that do it. A link
// stands on the decision, so that it approves the commit that was shown.
func (a *App) askApprovers(tx *db.Tx, c change.Change, n notify.Notice) (err error) {
	if n.Persons, err = a.Changes.Summoned(tx, c, tx.Now); err != nil || len(n.Persons) == 0 {
		return err
	}
	n.Title = "Approval is asked: " + c.Key() + " " + c.Title
	n.Urgent = c.Type == change.Emergency
	if n.Urgent {
		n.Priority = "P2"
	}
	n.Facts = append(n.Facts, notify.Fact{Name: "Services", Value: strings.Join(c.Services, ", ")})
	if c.Artefact != "" {
		n.Facts = append(n.Facts, notify.Fact{Name: "Artefact", Value: c.Artefact})
	}
	if c.Risk >= 0 {
		n.Facts = append(n.Facts, notify.Fact{Name: "Risk", Value: fmt.Sprintf("%d of 100, %s", c.Risk, c.RiskLevel)})
	}
	if c.Decision != 0 {
		n.Record = ref.N(ref.Decision, c.Decision)
	}
	n.Actions = []notify.Action{{Verb: "approve", Label: "Approve"}, {Verb: "reject", Label: "Reject"}}
	return a.Notify.Notify(tx, n)
}

// tellObliged tells those whom the decision names that a change begins.
func (a *App) tellObliged(tx *db.Tx, c change.Change, n notify.Notice) error {
	list, err := change.Obligations(tx, c)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.Do != policy.Notify {
			continue
		}
		for _, whom := range o.Whom {
			if name, ok := strings.CutPrefix(whom, "channel:"); ok {
				n.Named = append(n.Named, name)
			} else if team, ok := strings.CutPrefix(whom, policy.Team); ok && n.Team == "" {
				n.Team = team
			} else if n.Team == "" {
				n.Team = a.ownerTeam(tx, c)
			}
		}
		if n.Text == "" {
			n.Text = o.Text
		}
	}
	if n.Team == "" && len(n.Named) == 0 {
		return nil
	}
	n.Title = c.Key() + " begins: " + c.Title
	return a.Notify.Notify(tx, n)
}

// author is who made a change, if it is somebody here.
func author(c change.Change) []int64 {
	if c.AuthorPerson == 0 {
		return nil
	}
	return []int64{c.AuthorPerson}
}

// ownerTeam owns the main service now; "" when nobody does.
func (a *App) ownerTeam(q db.Querier, c change.Change) string {
	k, ok, err := a.Catalog.Lookup(q, c.Main())
	if err != nil || !ok {
		return ""
	}
	return k.Team
}

// changeVerb makes a link's verb of one on the change of a decision.
func (a *App) changeVerb(do func(ctx context.Context, id int64, commit string) error) func(context.Context, ref.Ref) error {
	return func(ctx context.Context, record ref.Ref) error {
		id, commit, err := a.decided(ctx, record)
		if err != nil {
			return err
		}
		return do(ctx, id, commit)
	}
}

// decided is the change of a decision, or of its own key, and the commit that
// the decision was about.
func (a *App) decided(ctx context.Context, record ref.Ref) (id int64, commit string, err error) {
	if record.Kind == ref.Change {
		id, err = ref.ID(ref.Change, record.String())
		return id, "", err
	}
	n, err := ref.ID(ref.Decision, record.String())
	if err != nil {
		return 0, "", err
	}
	d, err := a.Changes.DecisionByID(ctx, n)
	return d.Change, d.Input.Change.Commit, err
}

// describeChange tells the page behind a link about its change.
func (a *App) describeChange(ctx context.Context, record ref.Ref) (notify.Subject, error) {
	id, _, err := a.decided(ctx, record)
	if err != nil {
		return notify.Subject{}, err
	}
	c, err := a.Changes.Get(ctx, id)
	s := notify.Subject{Title: c.Key() + " " + c.Title, State: string(c.State)}
	if c.State == change.Awaiting {
		s.Verbs = []string{"approve", "reject"}
	}
	return s, err
}
