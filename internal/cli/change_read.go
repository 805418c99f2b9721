package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// ChangeHistoryCmd shows the entries.
type ChangeHistoryCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeHistoryCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.ChangeEntry], error) {
		return g.Client().ChangeEntries(ctx, c.Key, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NO", "AT", "KIND", "WHO", "WHAT"}}
		for _, e := range all {
			text := e.Text
			if e.Detail != "" {
				text += ": " + e.Detail
			}
			lines = append(lines, []string{fmt.Sprint(e.Number), when(e.At), e.Kind, changePerson(e.Person, "-"), text})
		}
		return lines
	})
}

// ChangeDecisionsCmd shows what policy said.
type ChangeDecisionsCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeDecisionsCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.Decision], error) {
		return g.Client().ChangeDecisions(ctx, c.Key, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"KEY", "AT", "MODE", "POLICY", "OUTCOME", "RISK", "BECAUSE OF"}}
		for _, d := range all {
			lines = append(lines, []string{d.Key, when(deref(d.At)), d.Mode, d.Policy, d.Outcome, riskText(d.Risk, d.RiskLevel), strings.Join(ruling(d), ", ")})
		}
		return lines
	})
}

// ruling are the rules that did something.
func ruling(d client.Decision) (rules []string) {
	for _, r := range d.Reasons {
		if r.Effect != "none" {
			rules = append(rules, r.Rule)
		}
	}
	return rules
}

// ChangeDecisionCmd shows one decision.
type ChangeDecisionCmd struct {
	Decision string `arg:"" help:"Key of the decision, like DEC-12."`
}

// Run asks the server; the facts are in -o json and yaml.
func (c ChangeDecisionCmd) Run(ctx context.Context, g *Globals) error {
	d, err := g.Client().Decision(ctx, c.Decision)
	if err != nil || g.Output != "table" {
		if err == nil {
			err = g.Print(d, nil)
		}
		return err
	}
	g.Say("%s %s about %s by %s, risk %s by %s, in %.1f ms", d.Key, d.Outcome, cmp.Or(d.Change, "nothing"), d.Policy, riskText(d.Risk, d.RiskLevel), d.Weights, d.Took)
	if err := g.Print(d, func() [][]string { return reasonLines(d) }); err != nil || len(d.Factors) == 0 {
		return err
	}
	g.Say("")
	return g.Print(d, func() [][]string {
		lines := [][]string{{"POINTS", "FACTOR", "TEXT"}}
		for _, f := range d.Factors {
			lines = append(lines, []string{fmt.Sprintf("%+.1f", f.Points), f.Name, f.Text})
		}
		return lines
	})
}

// ChangeApprovalsCmd shows all approvals.
type ChangeApprovalsCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeApprovalsCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().ChangeApprovals(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"NO", "WHO", "STATE", "BY", "VIA", "RULE", "ASKED", "DECIDED", "COMMIT", "REASON"}}
		for _, a := range l.Items {
			lines = append(lines, []string{fmt.Sprint(a.Number), a.Who, a.State, cmp.Or(changePerson(a.Person, a.Outside), "-"), cmp.Or(a.Via, "-"), a.Rule, when(deref(a.AskedAt)), cmp.Or(when(deref(a.DecidedAt)), "-"), cmp.Or(cut(a.Commit), "-"), a.Reason})
		}
		return lines
	})
}

// ChangeCallsCmd shows what pipelines were told.
type ChangeCallsCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeCallsCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().ChangeCalls(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"AT", "KIND", "INTEGRATION", "STATE", "SAID", "TRIES", "ERROR"}}
		for _, x := range l.Items {
			lines = append(lines, []string{when(deref(x.CreatedAt)), x.Kind, x.Integration, x.State, cmp.Or(x.Said, "-"), fmt.Sprint(x.Attempts), x.Error})
		}
		return lines
	})
}

// ChangeRunningCmd shows what runs.
type ChangeRunningCmd struct {
	Service     string `arg:"" help:"Service, by name or alias."`
	Environment string `help:"Default: production."`
}

// Run asks the server.
func (c ChangeRunningCmd) Run(ctx context.Context, g *Globals) error {
	s, err := g.Client().ServiceChanges(ctx, c.Service, c.Environment)
	if err != nil {
		return err
	}
	return g.PrintOne(s, func() [][2]string {
		pairs := [][2]string{{"RUNNING", "nobody told"}}
		if r := s.Running; r != nil {
			pairs = [][2]string{{"RUNNING", r.Artefact}, {"BY", r.Key + " " + r.Title}, {"SINCE", when(deref(r.DeployedAt))}}
		}
		return append(pairs, [2]string{"COMPLETED", fmt.Sprint(s.Completed)}, [2]string{"FAILED", fmt.Sprint(s.Failed)}, [2]string{"LAST ENDED", when(deref(s.LastEnded))})
	})
}

func (g *Globals) printWaiting(l client.List[client.WaitingChange], err error) error {
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"KEY", "WAITS FOR", "WAITED", "RISK", "TITLE", "SERVICE", "AUTHOR", "YOU"}}
		for _, w := range l.Items {
			var who []string
			for _, a := range w.Approvals {
				if a.State == "waiting" {
					who = append(who, a.Who)
				}
			}
			you := w.ApproveWhy
			if len(w.ApproveAs) > 0 {
				you = "as " + strings.Join(w.ApproveAs, ", ")
			}
			x := w.Change
			lines = append(lines, []string{x.Key, strings.Join(who, ", "), long(time.Duration(w.Waited) * time.Second), riskText(x.Risk, x.RiskLevel), x.Title, strings.Join(x.Services, ", "), changePerson(x.AuthorPerson, x.Author), you})
		}
		return lines
	})
}

// ChangeWaitingCmd lists what waits for oneself.
type ChangeWaitingCmd struct{}

// Run asks the server.
func (ChangeWaitingCmd) Run(ctx context.Context, g *Globals) error {
	return g.printWaiting(g.Client().WaitingChanges(ctx))
}

// ChangeBoardCmd lists the agenda of the board.
type ChangeBoardCmd struct{}

// Run asks the server.
func (ChangeBoardCmd) Run(ctx context.Context, g *Globals) error {
	return g.printWaiting(g.Client().BoardAgenda(ctx))
}
