package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// doChange runs a verb and prints the change.
func (g *Globals) doChange(ctx context.Context, key, verb string, body map[string]string) error {
	return g.printChange(g.Client().ChangeVerb(ctx, key, verb, body))
}

// ChangeApproveCmd approves.
type ChangeApproveCmd struct {
	ChangeArg
	Commit string `help:"The commit that you looked at; refused when another came meanwhile."`
	Reason string `short:"m" help:"A sentence for the record."`
}

// Run asks the server.
func (c ChangeApproveCmd) Run(ctx context.Context, g *Globals) error {
	return g.printChange(g.Client().ApproveChange(ctx, c.Key, c.Commit, c.Reason))
}

// ChangeRejectCmd rejects.
type ChangeRejectCmd struct {
	ChangeArg
	Reason string `short:"m" required:"" help:"Why, so that the author knows what to do."`
}

// Run asks the server.
func (c ChangeRejectCmd) Run(ctx context.Context, g *Globals) error {
	return g.printChange(g.Client().RejectChange(ctx, c.Key, c.Reason))
}

// ChangeCancelCmd cancels.
type ChangeCancelCmd struct {
	ChangeArg
	Reason string `short:"m" help:"Why."`
}

// Run asks the server.
func (c ChangeCancelCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "cancel", map[string]string{"reason": c.Reason})
}

// ChangeStartCmd starts.
type ChangeStartCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeStartCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "start", nil)
}

// ChangeDeployedCmd completes.
type ChangeDeployedCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeDeployedCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "deployed", nil)
}

// OutcomeArgs are how a change ended.
type OutcomeArgs struct {
	ChangeArg
	Outcome string `arg:"" enum:"succeeded,failed,rolled-back" help:"succeeded, failed or rolled-back."`
	Reason  string `short:"m" help:"What shows it."`
}

func (c OutcomeArgs) body() map[string]string {
	return map[string]string{"outcome": strings.ReplaceAll(c.Outcome, "-", " "), "reason": c.Reason}
}

// ChangeFinishCmd sets the outcome.
type ChangeFinishCmd struct{ OutcomeArgs }

// Run asks the server.
func (c ChangeFinishCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "finish", c.body())
}

// ChangeCorrectCmd corrects the outcome.
type ChangeCorrectCmd struct{ OutcomeArgs }

// Run asks the server.
func (c ChangeCorrectCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "correct", c.body())
}

// ChangeRollBackCmd starts the rollback.
type ChangeRollBackCmd struct {
	ChangeArg
	Reason string `short:"m" help:"Why."`
}

// Run asks the server.
func (c ChangeRollBackCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "roll-back", map[string]string{"reason": c.Reason})
}

// ChangeRolledBackCmd names what took it back.
type ChangeRolledBackCmd struct {
	ChangeArg
	By     string `arg:"" help:"The change that did, like CHG-8."`
	Reason string `short:"m" help:"Why."`
}

// Run asks the server.
func (c ChangeRolledBackCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "rolled-back", map[string]string{"by": c.By, "reason": c.Reason})
}

// ChangeNoteCmd adds a note.
type ChangeNoteCmd struct {
	ChangeArg
	Text []string `arg:"" help:"What you want to say; quotes are not needed."`
}

// Run asks the server.
func (c ChangeNoteCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "notes", map[string]string{"text": strings.Join(c.Text, " ")})
}

// ChangeReviewCmd records a review.
type ChangeReviewCmd struct {
	ChangeArg
	Finding []string `arg:"" help:"What the review of the emergency change found."`
}

// Run asks the server.
func (c ChangeReviewCmd) Run(ctx context.Context, g *Globals) error {
	return g.doChange(ctx, c.Key, "review", map[string]string{"finding": strings.Join(c.Finding, " ")})
}

// ChangeOpenCmd records a change by hand.
type ChangeOpenCmd struct {
	Title []string `arg:"" help:"What is done, in one line; quotes are not needed."`
	HandFlags
}

// HandFlags describe a change that no pipeline does.
type HandFlags struct {
	Service      []string `required:"" help:"Service of the catalog; repeat it, the first is the main one."`
	Summary      string   `help:"More about it."`
	Environment  string   `help:"Default: production."`
	Type         string   `help:"standard, normal or emergency." enum:"standard,normal,emergency," default:""`
	Kind         string   `help:"deploy, config, infrastructure, schema or flag." enum:"deploy,config,infrastructure,schema,flag," default:""`
	Purpose      string   `help:"feature, fix, security, reliability or rollback." enum:"feature,fix,security,reliability,rollback," default:""`
	Model        string   `help:"Model of a standard change."`
	Repository   string   `help:"As the forge names it."`
	Ref          string   `help:"Commit: the full hash." placeholder:"SHA"`
	Artefact     string   `help:"Version, tag or digest."`
	PullRequest  string   `help:"Its address."`
	Link         string   `help:"Where more is to be read."`
	RollbackPlan string   `help:"How it is taken back."`
	RollbackRef  string   `help:"What takes it back by itself."`
	From         Moment   `help:"Planned start."`
	To           Moment   `help:"Planned end."`
}

// Run asks the server.
func (c ChangeOpenCmd) Run(ctx context.Context, g *Globals) error {
	n := client.NewChange{Title: strings.Join(c.Title, " "), Summary: c.Summary, Services: c.Service, Environment: c.Environment, Type: c.Type, Kind: c.Kind, Purpose: c.Purpose, Model: c.Model,
		Repository: c.Repository, Commit: c.Ref, Artefact: c.Artefact, PullRequest: c.PullRequest, Link: c.Link, RollbackPlan: c.RollbackPlan, RollbackRef: c.RollbackRef,
		PlannedFrom: c.From.Time, PlannedTo: c.To.Time}
	x, err := g.Client().OpenChange(ctx, n)
	if err != nil {
		return err
	}
	if err := g.printChange(x, nil); err != nil {
		return err
	}
	g.Say("\nAsk policy about it: evenkeel change again %s", x.Key)
	return nil
}

// ChangeEditCmd edits fields.
type ChangeEditCmd struct {
	ChangeArg
	Title        *string `help:"One line."`
	Summary      *string `help:"More about it."`
	RollbackPlan *string `help:"How it is taken back."`
	RollbackRef  *string `help:"What takes it back by itself."`
	Model        *string `help:"Model of a standard change."`
	Type         string  `help:"standard, normal or emergency." enum:"standard,normal,emergency," default:""`
	Purpose      string  `help:"feature, fix, security, reliability or rollback." enum:"feature,fix,security,reliability,rollback," default:""`
}

// Run reads the version and edits it; another edit meanwhile is a conflict.
func (c ChangeEditCmd) Run(ctx context.Context, g *Globals) error {
	now, err := g.Client().Change(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.printChange(g.Client().EditChange(ctx, c.Key, now.Version, client.ChangeEdit{Title: c.Title, Summary: c.Summary, RollbackPlan: c.RollbackPlan, RollbackRef: c.RollbackRef,
		Model: c.Model, Type: c.Type, Purpose: c.Purpose}))
}

// ChangeScheduleCmd plans.
type ChangeScheduleCmd struct {
	ChangeArg
	From Moment `help:"Start; without both it starts as soon as it is allowed."`
	To   Moment `help:"End."`
}

// Run asks the server.
func (c ChangeScheduleCmd) Run(ctx context.Context, g *Globals) error {
	return g.printChange(g.Client().PlanChange(ctx, c.Key, c.From.Time, c.To.Time))
}

// ChangeDelegationCmd is delegations of approvals.
type ChangeDelegationCmd struct {
	List DelegationListCmd `cmd:"" default:"1" help:"List delegations, newest first."`
	Add  DelegationAddCmd  `cmd:"" help:"Hand approvals over for a while."`
	End  DelegationEndCmd  `cmd:"" help:"Take one back before its time."`
}

// DelegationListCmd lists delegations.
type DelegationListCmd struct {
	Max int `help:"At most so many." default:"50"`
}

// Run asks the server.
func (c DelegationListCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().Delegations(ctx, "", min(200, max(1, c.Max)))
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"NO", "PERSON", "DELEGATE", "FROM", "UNTIL", "ENDED", "REASON"}}
		for _, d := range l.Items {
			ended := "-"
			if d.Ended != nil {
				ended = when(*d.Ended)
			}
			lines = append(lines, []string{fmt.Sprint(d.Number), changePerson(&d.Person, ""), changePerson(&d.Delegate, ""), when(d.From), when(d.Until), ended, d.Reason})
		}
		return lines
	})
}

// DelegationAddCmd hands over.
type DelegationAddCmd struct {
	Delegate string `arg:"" help:"Who approves instead: key or handle."`
	Person   string `help:"Who is away: key or handle; default: you."`
	From     Moment `help:"Default: now."`
	Until    Moment `required:"" help:"When it ends."`
	Reason   string `short:"m" help:"Why."`
}

// Run asks the server.
func (c DelegationAddCmd) Run(ctx context.Context, g *Globals) error {
	d, err := g.Client().Delegate(ctx, client.NewDelegation{Person: c.Person, Delegate: c.Delegate, From: c.From.Time, Until: c.Until.Time, Reason: c.Reason})
	if err != nil {
		return err
	}
	return g.PrintOne(d, func() [][2]string {
		return [][2]string{{"NO", fmt.Sprint(d.Number)}, {"PERSON", changePerson(&d.Person, "")}, {"DELEGATE", changePerson(&d.Delegate, "")}, {"FROM", when(d.From)}, {"UNTIL", when(d.Until)}}
	})
}

// DelegationEndCmd takes one back.
type DelegationEndCmd struct {
	Number int64 `arg:"" help:"Number of the delegation."`
}

// Run asks the server.
func (c DelegationEndCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().EndDelegation(ctx, c.Number)
}
