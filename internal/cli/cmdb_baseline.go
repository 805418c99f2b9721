package cli

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// CmdbBaselineCmd is baselines.
type CmdbBaselineCmd struct {
	List      CmdbBaselineListCmd      `cmd:"" default:"1" help:"List baselines."`
	Show      CmdbBaselineShowCmd      `cmd:"" help:"Show a baseline."`
	Take      CmdbBaselineTakeCmd      `cmd:"" help:"Take a baseline of the map as it is now."`
	Update    CmdbBaselineUpdateCmd    `cmd:"" help:"Change a baseline; what is not named stays."`
	Move      CmdbBaselineMoveCmd      `cmd:"" help:"Take a baseline anew, of now: all drift is accepted."`
	Delete    CmdbBaselineDeleteCmd    `cmd:"" help:"Remove a baseline; history stays."`
	Verify    CmdbBaselineVerifyCmd    `cmd:"" help:"Work the digest of a baseline out again, and compare."`
	Drift     CmdbBaselineDriftCmd     `cmd:"" help:"List what differs from a baseline now."`
	Accept    CmdbBaselineAcceptCmd    `cmd:"" help:"Accept differences: the baseline means them from now on."`
	Explain   CmdbBaselineExplainCmd   `cmd:"" help:"Explain differences; they stay in the list."`
	Decisions CmdbBaselineDecisionsCmd `cmd:"" help:"List what was decided on drift."`
}

// BaselineArg names a baseline.
type BaselineArg struct {
	Name string `arg:"" help:"Name of the baseline."`
}

// CmdbBaselineListCmd lists baselines.
type CmdbBaselineListCmd struct{}

// Run reads all pages.
func (CmdbBaselineListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.Baseline], error) {
		return g.Client().Baselines(ctx, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "OF", "TAKEN", "ITEMS", "RELATIONS", "DRIFT", "LOOKED"}}
		for _, b := range all {
			of := "the whole map"
			if b.Service != "" {
				of = "service " + b.Service
			}
			lines = append(lines, []string{b.Name, b.Title, of, when(b.At), fmt.Sprint(b.Items), fmt.Sprint(b.Relations), fmt.Sprint(b.Drift), when(deref(b.Looked))})
		}
		return lines
	})
}

// CmdbBaselineShowCmd shows one.
type CmdbBaselineShowCmd struct{ BaselineArg }

// Run asks the server.
func (c CmdbBaselineShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printBaseline(g.Client().Baseline(ctx, c.Name))
}

func (g *Globals) printBaseline(b client.Baseline, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(b, func() [][2]string {
		return [][2]string{{"NAME", b.Name}, {"TITLE", b.Title}, {"SERVICE", b.Service}, {"TAKEN", when(b.At)}, {"ITEMS", fmt.Sprint(b.Items)}, {"RELATIONS", fmt.Sprint(b.Relations)},
			{"DIGEST", b.Digest}, {"DRIFT", fmt.Sprint(b.Drift)}, {"LOOKED", when(deref(b.Looked))}, {"EVERY", b.Every}, {"ALERT", yesNo(b.Alert)}, {"VERSION", fmt.Sprint(b.Version)}, {"MANAGED BY", b.ManagedBy}}
	})
}

// BaselineFlags are what can be set about a baseline.
type BaselineFlags struct {
	Title   *string `help:"Title."`
	Service *string `help:"Only this service and everything it needs; empty: the whole map."`
	Every   *string `help:"How often to look for drift, ISO 8601, like PT1H."`
	Alert   *bool   `help:"Raise an alert when there is drift." negatable:""`
}

func (f BaselineFlags) into(s *client.BaselineSpec) {
	for _, p := range []struct{ to, from *string }{{&s.Title, f.Title}, {&s.Service, f.Service}, {&s.Every, f.Every}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if f.Alert != nil {
		s.Alert = *f.Alert
	}
}

// CmdbBaselineTakeCmd takes one.
type CmdbBaselineTakeCmd struct {
	BaselineArg
	BaselineFlags
}

// Run asks the server.
func (c CmdbBaselineTakeCmd) Run(ctx context.Context, g *Globals) error {
	var s client.BaselineSpec
	c.into(&s)
	return g.printBaseline(g.Client().CreateBaseline(ctx, c.Name, s))
}

// CmdbBaselineUpdateCmd edits one.
type CmdbBaselineUpdateCmd struct {
	BaselineArg
	BaselineFlags
}

// Run reads it, changes what is named, and writes it.
func (c CmdbBaselineUpdateCmd) Run(ctx context.Context, g *Globals) error {
	b, err := g.Client().Baseline(ctx, c.Name)
	if err != nil {
		return err
	}
	c.into(&b.BaselineSpec)
	return g.printBaseline(g.Client().UpdateBaseline(ctx, c.Name, b.Version, b.BaselineSpec))
}

// CmdbBaselineMoveCmd moves one.
type CmdbBaselineMoveCmd struct{ BaselineArg }

// Run asks the server.
func (c CmdbBaselineMoveCmd) Run(ctx context.Context, g *Globals) error {
	b, err := g.Client().Baseline(ctx, c.Name)
	if err != nil {
		return err
	}
	return g.printBaseline(g.Client().MoveBaseline(ctx, c.Name, b.Version))
}

// CmdbBaselineDeleteCmd removes one.
type CmdbBaselineDeleteCmd struct{ BaselineArg }

// Run asks the server.
func (c CmdbBaselineDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteBaseline(ctx, c.Name)
}

// CmdbBaselineVerifyCmd verifies one.
type CmdbBaselineVerifyCmd struct{ BaselineArg }

// Run fails when the digest is another one.
func (c CmdbBaselineVerifyCmd) Run(ctx context.Context, g *Globals) error {
	v, err := g.Client().VerifyBaseline(ctx, c.Name)
	if err != nil {
		return err
	}
	err = g.PrintOne(v, func() [][2]string {
		pairs := [][2]string{{"HOLDS", yesNo(v.OK)}, {"SIGNED", v.Signed}, {"FOUND", v.Found}, {"ITEMS", fmt.Sprint(v.Items)}, {"RELATIONS", fmt.Sprint(v.Relations)}}
		for _, w := range v.Wrong {
			pairs = append(pairs, [2]string{"WRONG", w})
		}
		return pairs
	})
	if err == nil && !v.OK {
		err = errs.E(errs.Conflict, "the baseline %s is not what was signed", c.Name)
	}
	return err
}
