package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// ChangeCmd is changes: ask, look, decide, report.
type ChangeCmd struct {
	Gate      ChangeGateCmd      `cmd:"" help:"Ask whether a change may ship; the exit code answers (see --help)."`
	Preview   ChangePreviewCmd   `cmd:"" help:"Say what the gate would answer; nothing is kept."`
	State     ChangeStateCmd     `cmd:"" help:"Say where the gate stands on a change; exit codes as of gate."`
	Again     ChangeAgainCmd     `cmd:"" help:"Ask policy anew about a change that has not started."`
	Report    ChangeReportCmd    `cmd:"" help:"Tell what a pipeline did."`
	Reconcile ChangeReconcileCmd `cmd:"" help:"Tell what passed while the gate could not be asked."`
	Upload    ChangeUploadCmd    `cmd:"" help:"Tell what is known of a commit: tests, findings, plans."`

	List      ChangeListCmd      `cmd:"" help:"List changes, newest first; by default those that are not over."`
	Show      ChangeShowCmd      `cmd:"" help:"Show a change: decision, approvals, what you can do."`
	History   ChangeHistoryCmd   `cmd:"" help:"Show what happened to a change, oldest first."`
	Decisions ChangeDecisionsCmd `cmd:"" help:"Show what policy said about a change, newest first."`
	Decision  ChangeDecisionCmd  `cmd:"" help:"Show one answer of policy with the facts that it stood on."`
	Approvals ChangeApprovalsCmd `cmd:"" help:"Show all approvals that a change ever needed."`
	Calls     ChangeCallsCmd     `cmd:"" help:"Show what pipelines were told about a change."`
	Running   ChangeRunningCmd   `cmd:"" help:"Show what runs on a service, and how its changes went."`

	Waiting    ChangeWaitingCmd    `cmd:"" help:"List what waits for your approval."`
	Board      ChangeBoardCmd      `cmd:"" help:"List what waits for the board."`
	Approve    ChangeApproveCmd    `cmd:"" help:"Approve a change."`
	Reject     ChangeRejectCmd     `cmd:"" help:"Say no to a change that has not started."`
	Delegation ChangeDelegationCmd `cmd:"" help:"Let somebody approve in the place of a person who is away."`

	Open       ChangeOpenCmd       `cmd:"" help:"Record a change by hand."`
	Edit       ChangeEditCmd       `cmd:"" help:"Edit fields; what is not named stays."`
	Schedule   ChangeScheduleCmd   `cmd:"" help:"Say when it shall start and be over."`
	Cancel     ChangeCancelCmd     `cmd:"" help:"End a change that has not begun."`
	Start      ChangeStartCmd      `cmd:"" help:"Its work began, where no pipeline says so."`
	Deployed   ChangeDeployedCmd   `cmd:"" help:"Its work is complete; health is watched from now on."`
	Finish     ChangeFinishCmd     `cmd:"" help:"Set the outcome of a change that is under way."`
	Correct    ChangeCorrectCmd    `cmd:"" help:"The outcome was another."`
	RollBack   ChangeRollBackCmd   `cmd:"" help:"Start its automated rollback."`
	RolledBack ChangeRolledBackCmd `cmd:"" help:"Another change took this one back."`
	Note       ChangeNoteCmd       `cmd:"" help:"Add a note to the record."`
	Review     ChangeReviewCmd     `cmd:"" help:"Record what the review of an emergency change found."`

	Model       ChangeModelCmd       `cmd:"" help:"Models of standard changes."`
	Settings    ChangeSettingsCmd    `cmd:"" help:"How the organisation works with changes."`
	Credentials ChangeCredentialsCmd `cmd:"" help:"By what pipelines are called: answers, rollbacks."`

	ChangeMoreCmds `embed:""`
}

// ChangeArg names a change.
type ChangeArg struct {
	Key string `arg:"" help:"Key of the change, like CHG-7."`
}

// ChangeListCmd lists changes.
type ChangeListCmd struct {
	All         bool          `help:"Also those that are over."`
	State       string        `help:"Only these states, separated by commas."`
	Type        string        `help:"Only these types, separated by commas: standard, normal, emergency."`
	Kind        string        `help:"Only these kinds, separated by commas."`
	Service     string        `help:"Only of this service."`
	Team        string        `help:"Only of this team."`
	Environment string        `help:"Only to this environment."`
	Model       string        `help:"Only of this model."`
	Author      string        `help:"Only of this person: key, handle or me."`
	Risk        string        `help:"low, medium or high." enum:"low,medium,high," default:""`
	Bad         bool          `help:"Only those that failed, were taken back, or caused an incident."`
	Bypass      bool          `help:"Only those that began without being allowed."`
	Review      bool          `help:"Only emergencies that nobody reviewed yet."`
	Commit      string        `help:"Only of this commit: the full hash."`
	Text        string        `short:"q" help:"Words of the title, a key, or the beginning of a commit."`
	Since       time.Duration `help:"Only those of the last, like 72h."`
	Max         int           `help:"At most so many." default:"100"`
}

// Run reads pages until there are enough.
func (c ChangeListCmd) Run(ctx context.Context, g *Globals) error {
	f := client.ChangeFilter{State: c.State, Type: c.Type, Kind: c.Kind, Service: c.Service, Team: c.Team, Environment: c.Environment, Model: c.Model, Author: c.Author, Risk: c.Risk,
		Bad: c.Bad, Bypass: c.Bypass, Review: c.Review, Commit: c.Commit, Text: c.Text}
	if !c.All && c.State+c.Text+c.Commit == "" && c.Since == 0 && !c.Bad && !c.Bypass && !c.Review {
		f.Open = "true"
	}
	if c.Since > 0 {
		f.From = time.Now().Add(-c.Since)
	}
	all, err := pages(max(1, c.Max), func(cursor string, n int) (client.List[client.Change], error) {
		f.Cursor, f.Limit = cursor, n
		return g.Client().Changes(ctx, f)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"KEY", "TYPE", "STATE", "RISK", "TITLE", "SERVICE", "ENVIRONMENT", "ARTEFACT", "AT"}}
		for _, x := range all {
			lines = append(lines, []string{x.Key, x.Type, x.State, riskText(x.Risk, x.RiskLevel), x.Title, strings.Join(x.Services, ", "), x.Environment, cut(x.Artefact), when(changeAt(x))})
		}
		return lines
	})
}

// changeAt is when a change began, or else is planned or was made.
func changeAt(c client.Change) time.Time {
	return deref(cmp.Or(c.StartedAt, c.PlannedFrom, c.CreatedAt))
}

// cut shows a commit or a digest by its beginning.
func cut(artefact string) string {
	if len(artefact) >= 40 && !strings.ContainsAny(artefact, "/:") {
		return artefact[:8]
	}
	return artefact
}

func riskText(score *int, level string) string {
	if score == nil {
		return "unknown"
	}
	return fmt.Sprintf("%s %d", cmp.Or(level, "-"), *score)
}

// ChangeShowCmd shows one change.
type ChangeShowCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeShowCmd) Run(ctx context.Context, g *Globals) error {
	d, err := g.Client().Change(ctx, c.Key)
	if err != nil {
		return err
	}
	var why []client.DecisionReason
	if d.Decision != "" {
		dec, err := g.Client().Decision(ctx, d.Decision)
		if err != nil {
			return err
		}
		why = dec.Reasons
	}
	return g.PrintOne(d, func() [][2]string {
		pairs := append(changePairs(d.Change), [2]string{"APPROVE", approveText(d)}, [2]string{"CAN", strings.Join(d.Can, ", ")})
		for _, r := range why {
			pairs = append(pairs, [2]string{"REASON", r.Text + " (" + r.Rule + ")"})
		}
		for _, a := range d.Approvals {
			pairs = append(pairs, [2]string{"APPROVAL", approvalText(a)})
		}
		for _, o := range d.Obligations {
			pairs = append(pairs, [2]string{"OBLIGATION", o.Do + ": " + cmp.Or(o.Text, o.For, strings.Join(o.Whom, ", "))})
		}
		for _, p := range d.Pending {
			pairs = append(pairs, [2]string{"REVIEW FIRST", p})
		}
		return pairs
	})
}

func approveText(d client.ChangeDetail) string {
	if d.Approvable {
		return "you can, as " + strings.Join(d.ApproveAs, ", ") + ": evenkeel change approve " + d.Key
	}
	return d.ApproveWhy
}

func approvalText(a client.Approval) string {
	text := a.Who + " " + a.State
	switch {
	case a.Person != nil:
		text += " by " + cmp.Or(a.Person.Name, a.Person.Key)
	case a.Outside != "":
		text += " by " + a.Outside
	}
	return text + " (" + a.Rule + ")"
}

func changePerson(p *client.ChangePerson, other string) string {
	if p == nil {
		return other
	}
	return cmp.Or(p.Name, p.Key)
}

func changePairs(x client.Change) [][2]string {
	bypass := ""
	if x.Bypass {
		bypass = "it began without being allowed"
	}
	return [][2]string{{"KEY", x.Key}, {"TITLE", x.Title}, {"STATE", x.State}, {"TYPE", x.Type}, {"MODEL", x.Model}, {"KIND", x.Kind}, {"PURPOSE", x.Purpose},
		{"SERVICES", strings.Join(x.Services, ", ")}, {"TEAM", x.Team}, {"ENVIRONMENT", x.Environment}, {"COMMIT", x.Commit}, {"ARTEFACT", x.Artefact}, {"PREVIOUS", x.Previous},
		{"PULL REQUEST", x.PullRequest}, {"RUN", x.Link}, {"AUTHOR", changePerson(x.AuthorPerson, x.Author)}, {"RISK", riskText(x.Risk, x.RiskLevel)}, {"POLICY", strings.TrimSpace(x.Outcome + " " + x.Decision)},
		{"BYPASS", bypass}, {"ROLLBACK PLAN", x.RollbackPlan}, {"ROLLBACK BY", x.RollbackRef}, {"TAKES BACK", x.RollbackOf}, {"TAKEN BACK BY", x.TakenBackBy},
		{"PLANNED", planned(x.PlannedFrom, x.PlannedTo)}, {"STARTED", when(deref(x.StartedAt))}, {"DEPLOYED", when(deref(x.DeployedAt))}, {"VERIFIED UNTIL", when(deref(x.VerifyUntil))},
		{"ENDED", when(deref(x.EndedAt))}, {"OUTCOME", strings.Trim(x.OutcomeBy+": "+x.OutcomeReason, ": ")}, {"REVIEW DUE", when(deref(x.ReviewDue))}, {"REVIEW", x.Review},
		{"ASKED AGAIN", when(deref(x.RecheckAt))}}
}

func planned(from, to *time.Time) string {
	if from == nil {
		return ""
	}
	return when(*from) + " to " + when(deref(to))
}

func (g *Globals) printChange(x client.Change, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(x, func() [][2]string { return changePairs(x) })
}
