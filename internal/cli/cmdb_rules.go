package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// CmdbRulesCmd is the rules of reconciliation.
type CmdbRulesCmd struct {
	Show    CmdbRulesShowCmd    `cmd:"" default:"1" help:"Show the rules, and how far their replay is."`
	Preview CmdbRulesPreviewCmd `cmd:"" help:"Say what the rules in a file would change."`
	Put     CmdbRulesPutCmd     `cmd:"" help:"Replace the rules by what is in a file."`
	Reset   CmdbRulesResetCmd   `cmd:"" help:"Go back to the rules that come with the program."`
}

// CmdbRulesShowCmd shows the rules.
type CmdbRulesShowCmd struct{}

// Run asks the server.
func (CmdbRulesShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printReconciliation(g.Client().Reconciliation(ctx))
}

func (g *Globals) printReconciliation(r client.Reconciliation, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(r, func() [][2]string {
		pairs := [][2]string{{"VERSION", fmt.Sprint(r.Version)}, {"MANAGED BY", r.ManagedBy}, {"SOURCES", strings.Join(r.Sources, " > ")}, {"FRESHNESS", r.Freshness}, {"GRACE", r.Grace}, {"FORGET", r.Forget}}
		for _, a := range r.Attributes {
			pairs = append(pairs, [2]string{"ATTRIBUTE", strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", a.Kind, a.Name, strings.Join(a.Sources, " > "), a.Freshness))})
		}
		for _, i := range r.Identify {
			by := make([]string, len(i.By))
			for k, x := range i.By {
				if by[k] = x.Scheme; x.Weak {
					by[k] += " (weak)"
				}
			}
			pairs = append(pairs, [2]string{"IDENTIFY", i.Kind + ": " + strings.Join(by, ", ")})
		}
		if !r.Replay.Done {
			pairs = append(pairs, [2]string{"REPLAY", fmt.Sprintf("%d %%, %d items changed", r.Replay.Percent, r.Replay.Changed)})
		}
		return pairs
	})
}

// CmdbRulesPreviewCmd previews rules.
type CmdbRulesPreviewCmd struct{ SpecArg }

// Run asks the server.
func (c CmdbRulesPreviewCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.ReconciliationSpec
	if err := c.read(g, &spec); err != nil {
		return err
	}
	p, err := g.Client().PreviewReconciliation(ctx, spec)
	if err != nil {
		return err
	}
	return g.Print(p, func() [][]string {
		lines := [][]string{{fmt.Sprintf("%d of %d items that were looked at would change, in %d fields", p.Items, p.Looked, p.Attributes)}, nil}
		for _, e := range p.Examples {
			for _, x := range e.Changes {
				lines = append(lines, []string{itemText(e.Item), x.Field, orNothing(x.Old) + " → " + orNothing(x.New)})
			}
		}
		return lines
	})
}

// CmdbRulesPutCmd replaces the rules.
type CmdbRulesPutCmd struct{ SpecArg }

// Run replaces the version that is there.
func (c CmdbRulesPutCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.ReconciliationSpec
	if err := c.read(g, &spec); err != nil {
		return err
	}
	now, err := g.Client().Reconciliation(ctx)
	if err != nil {
		return err
	}
	return g.printReconciliation(g.Client().PutReconciliation(ctx, now.Version, spec))
}

// CmdbRulesResetCmd resets the rules.
type CmdbRulesResetCmd struct{}

// Run asks the server.
func (CmdbRulesResetCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().ResetReconciliation(ctx)
}
