package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// CmdbBaselineDriftCmd lists drift.
type CmdbBaselineDriftCmd struct {
	BaselineArg
	Limit    int  `help:"Most differences to list; 0: all." default:"1000"`
	ExitCode bool `help:"Exit with code 10 when there is drift that nobody explained, for scripts."`
}

// Run reads as many pages as it takes.
func (c CmdbBaselineDriftCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(c.Limit, func(cursor string, n int) (client.List[client.MapDifference], error) {
		return g.Client().Drift(ctx, c.Name, cursor, n)
	})
	if err != nil {
		return err
	}
	if err := g.Print(all, func() [][]string { return differenceLines(all) }); err != nil {
		return err
	}
	if c.ExitCode && slices.ContainsFunc(all, func(d client.MapDifference) bool { return d.Note == "" }) {
		return exitCode(changesExit)
	}
	return nil
}

// DriftArgs name differences.
type DriftArgs struct {
	BaselineArg
	What []string `arg:"" help:"Differences as drift names them, like item:12; all means every one."`
}

// decide reads the drift as it is now and decides on what is named.
func (a DriftArgs) decide(ctx context.Context, g *Globals, accept bool, note string) error {
	drift, err := pages(0, func(cursor string, n int) (client.List[client.MapDifference], error) {
		return g.Client().Drift(ctx, a.Name, cursor, n)
	})
	if err != nil {
		return err
	}
	every := slices.Contains(a.What, "all")
	var list []client.DriftDecision
	for _, d := range drift {
		if every || slices.Contains(a.What, d.What) {
			list = append(list, client.DriftDecision{What: d.What, Form: d.Form, Accept: accept, Note: note})
		}
	}
	if !every && len(list) < len(a.What) {
		return errs.BadField("what", strings.Join(a.What, " "), "some of it does not differ from the baseline now; evenkeel cmdb baseline drift "+a.Name+" lists what does")
	}
	if len(list) == 0 {
		list = append(list, client.DriftDecision{What: a.What[0], Accept: accept, Note: note}) // the server says what is wrong
	}
	return g.printBaseline(g.Client().DecideDrift(ctx, a.Name, list))
}

// CmdbBaselineAcceptCmd accepts drift.
type CmdbBaselineAcceptCmd struct {
	DriftArgs
	Note string `short:"m" help:"Why."`
}

// Run asks the server.
func (c CmdbBaselineAcceptCmd) Run(ctx context.Context, g *Globals) error {
	return c.decide(ctx, g, true, c.Note)
}

// CmdbBaselineExplainCmd explains drift.
type CmdbBaselineExplainCmd struct {
	DriftArgs
	Note string `short:"m" required:"" help:"Why it differs."`
}

// Run asks the server.
func (c CmdbBaselineExplainCmd) Run(ctx context.Context, g *Globals) error {
	return c.decide(ctx, g, false, c.Note)
}

// CmdbBaselineDecisionsCmd lists decisions.
type CmdbBaselineDecisionsCmd struct{ BaselineArg }

// Run asks the server.
func (c CmdbBaselineDecisionsCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().DriftDecisions(ctx, c.Name)
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"WHAT", "DECISION", "AT", "BY", "NOTE"}}
		for _, d := range l.Items {
			verb := "explained"
			if d.Accepted {
				verb = "accepted"
			}
			lines = append(lines, []string{d.What, verb, when(d.At), d.Actor, d.Note})
		}
		return lines
	})
}
