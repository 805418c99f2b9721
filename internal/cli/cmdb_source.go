package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// CmdbSourceCmd is where items come from.
type CmdbSourceCmd struct {
	List   CmdbSourceListCmd   `cmd:"" default:"1" help:"List sources on a schedule."`
	Types  CmdbSourceTypesCmd  `cmd:"" help:"List what items can come from."`
	Show   CmdbSourceShowCmd   `cmd:"" help:"Show a source on a schedule."`
	Create CmdbSourceCreateCmd `cmd:"" help:"Put a source on a schedule, from a file."`
	Update CmdbSourceUpdateCmd `cmd:"" help:"Replace a source on a schedule by what is in a file."`
	Delete CmdbSourceDeleteCmd `cmd:"" help:"Take a source off the schedule; what it found stays."`
	Run    CmdbSourceRunCmd    `cmd:"" help:"Let a source run now."`
	Try    CmdbSourceTryCmd    `cmd:"" help:"Read a source and say what a run would change."`
}

// CmdbSourceTypesCmd lists connectors.
type CmdbSourceTypesCmd struct{}

// Run asks the server.
func (CmdbSourceTypesCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().ItemSources(ctx)
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"NAME", "FILES", "PLANS", "SCHEDULE", "SETTINGS", "SECRETS"}}
		for _, s := range l.Items {
			lines = append(lines, []string{s.Name, yesNo(s.File), yesNo(s.Plan), yesNo(s.Scheduled), strings.Join(s.Config, ", "), strings.Join(s.Secrets, ", ")})
		}
		return lines
	})
}

// CmdbSourceListCmd lists discoveries.
type CmdbSourceListCmd struct{}

// Run reads all pages.
func (CmdbSourceListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.Discovery], error) {
		return g.Client().Discoveries(ctx, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "SOURCE", "SCOPE", "EVERY", "LAST", "RUN", "NEXT", "ERROR"}}
		for _, d := range all {
			next := "disabled"
			if d.Busy {
				next = "running"
			} else if d.Next != nil {
				next = when(*d.Next)
			}
			lines = append(lines, []string{d.Name, d.Source, d.Scope, d.Every, when(deref(d.Last)), d.Run, next, d.Error})
		}
		return lines
	})
}

// DiscoveryArg names a source on a schedule.
type DiscoveryArg struct {
	Name string `arg:"" help:"Name of the source on the schedule."`
}

// CmdbSourceShowCmd shows one.
type CmdbSourceShowCmd struct{ DiscoveryArg }

// Run asks the server.
func (c CmdbSourceShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printDiscovery(g.Client().Discovery(ctx, c.Name))
}

func (g *Globals) printDiscovery(d client.Discovery, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(d, func() [][2]string {
		pairs := [][2]string{{"NAME", d.Name}, {"TITLE", d.Title}, {"SOURCE", d.Source}, {"SCOPE", d.Scope}, {"EVERY", d.Every}, {"COMPLETE", yesNo(d.Complete)}, {"DISABLED", yesNo(d.Disabled)},
			{"LAST", when(deref(d.Last))}, {"RUN", d.Run}, {"NEXT", when(deref(d.Next))}, {"ERROR", d.Error}, {"SECRETS", strings.Join(d.SecretsSet, ", ")}, {"VERSION", fmt.Sprint(d.Version)}, {"MANAGED BY", d.ManagedBy}}
		for _, k := range slices.Sorted(maps.Keys(d.Config)) {
			pairs = append(pairs, [2]string{"SETTING", k + "=" + d.Config[k]})
		}
		return pairs
	})
}

// DiscoveryFile is what is written of a source on a schedule.
type DiscoveryFile struct {
	DiscoveryArg
	SpecArg
	Secret []string `help:"A secret as name=VARIABLE of the environment; repeat it. Those not named stay." placeholder:"NAME=VARIABLE"`
}

// spec reads the file. Secrets come from the environment: arguments are seen by
// everybody on the machine.
func (c DiscoveryFile) spec(g *Globals) (spec client.DiscoverySpec, err error) {
	if err := c.read(g, &spec); err != nil {
		return spec, err
	}
	for _, s := range c.Secret {
		name, variable, ok := strings.Cut(s, "=")
		value, set := os.LookupEnv(variable)
		if !ok || !set {
			return spec, errs.BadField("secret", name, "write it as name=VARIABLE, and set the variable in the environment")
		}
		if spec.Secrets == nil {
			spec.Secrets = map[string]string{}
		}
		spec.Secrets[name] = value
	}
	return spec, nil
}

// CmdbSourceCreateCmd adds one.
type CmdbSourceCreateCmd struct{ DiscoveryFile }

// Run asks the server.
func (c CmdbSourceCreateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	return g.printDiscovery(g.Client().CreateDiscovery(ctx, c.Name, spec))
}

// CmdbSourceUpdateCmd replaces one.
type CmdbSourceUpdateCmd struct{ DiscoveryFile }

// Run replaces the version that is there; another edit meanwhile is a conflict.
func (c CmdbSourceUpdateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	now, err := g.Client().Discovery(ctx, c.Name)
	if err != nil {
		return err
	}
	return g.printDiscovery(g.Client().UpdateDiscovery(ctx, c.Name, now.Version, spec))
}

// CmdbSourceDeleteCmd removes one.
type CmdbSourceDeleteCmd struct{ DiscoveryArg }

// Run asks the server.
func (c CmdbSourceDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteDiscovery(ctx, c.Name)
}

// CmdbSourceRunCmd runs one.
type CmdbSourceRunCmd struct{ DiscoveryArg }

// Run asks the server.
func (c CmdbSourceRunCmd) Run(ctx context.Context, g *Globals) error {
	return g.printDiscovery(g.Client().RunDiscovery(ctx, c.Name))
}

// CmdbSourceTryCmd tries one.
type CmdbSourceTryCmd struct{ DiscoveryArg }

// Run asks the server.
func (c CmdbSourceTryCmd) Run(ctx context.Context, g *Globals) error {
	r, err := g.Client().TryDiscovery(ctx, c.Name)
	if err != nil {
		return err
	}
	return g.printRun(r)
}
