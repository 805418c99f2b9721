package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// CmdbImpactCmd asks what breaks.
type CmdbImpactCmd struct {
	Items    []string `arg:"" help:"Items that break: CI-12, kind:name, scheme=value, or a name that means one."`
	Degraded bool     `help:"They work badly, and are not down."`
	Exposed  bool     `help:"Also list what merely reaches them."`
	At       Past     `help:"As it was then: 2026-11-13T18:00, or how long ago: 7d."`
	Limit    int      `help:"Most items to list." default:"500"`
}

// Run asks the server.
func (c CmdbImpactCmd) Run(ctx context.Context, g *Globals) error {
	var i client.Impact
	var err error
	ask := client.ImpactAsk{At: c.At.Time, Exposed: c.Exposed, Limit: c.Limit}
	if len(c.Items) == 1 && !c.Degraded && !strings.Contains(c.Items[0], ",") && ask == (client.ImpactAsk{Limit: 500}) {
		i, err = g.Client().ImpactOf(ctx, c.Items[0])
	} else {
		i, err = g.Client().Impact(ctx, causes(c.Items, c.Degraded), ask)
	}
	if err != nil {
		return err
	}
	return g.printImpact(i)
}

func causes(items []string, degraded bool) []client.Cause {
	out := make([]client.Cause, len(items))
	for i, item := range items {
		out[i].Item = item
		if degraded {
			out[i].Level = "degraded"
		}
	}
	return out
}

// printImpact groups what breaks by how badly, each with why.
func (g *Globals) printImpact(i client.Impact) error {
	if g.Output != "table" {
		return g.Print(i, nil)
	}
	w := bufio.NewWriter(g.Out)
	fmt.Fprintf(w, "%d down, %d degraded, %d at risk", i.Down, i.Degraded, i.AtRisk)
	if i.Exposed > 0 {
		fmt.Fprintf(w, ", %d exposed", i.Exposed)
	}
	fmt.Fprintln(w)
	for _, s := range i.Services {
		fmt.Fprintf(w, "  %-8s  service %s", s.Level, s.Service)
		if s.Promise != "" {
			fmt.Fprintf(w, ": %q", s.Promise)
		}
		if s.Tier != nil {
			fmt.Fprintf(w, ", tier %d", *s.Tier)
		}
		if s.Team != "" {
			fmt.Fprintf(w, ", team %s", s.Team)
		}
		fmt.Fprintln(w)
	}
	if len(i.Teams) > 0 {
		fmt.Fprintln(w, "to tell:", strings.Join(i.Teams, ", "))
	}
	level := ""
	for _, h := range i.Hits {
		if h.Level != level {
			level = h.Level
			fmt.Fprintf(w, "\n%s\n", strings.ToUpper(level))
		}
		fmt.Fprintf(w, "  %s%s\n", itemText(h.Item), because(h.Why))
	}
	if i.Hidden > 0 {
		fmt.Fprintf(w, "\nand %d more; --limit lists up to 5000\n", i.Hidden)
	}
	return w.Flush()
}

// because is the path that explains a hit, in one line.
func because(why []client.ImpactStep) string {
	var b strings.Builder
	for _, s := range why {
		if s.On == nil {
			if len(why) == 1 {
				b.WriteString("  (asked about)")
			}
			continue
		}
		b.WriteString("  ← " + s.On.Kind + " " + s.On.Name + " " + onWhat(s))
	}
	return b.String()
}

func onWhat(s client.ImpactStep) string {
	text := "is " + s.OnLevel
	if s.Relation != nil {
		text += " [" + s.Relation.Kind
		if s.Relation.Strength != "" {
			text += ", " + s.Relation.Strength
		}
		text += "]"
	}
	if gr := s.Group; gr != nil {
		text += fmt.Sprintf(" [%d of %d of %s left, %d needed]", gr.Of-gr.Gone, gr.Of, gr.Name, gr.Need)
	}
	return text
}

// CmdbWhyCmd asks why an item is touched.
type CmdbWhyCmd struct {
	ItemArg
	Down     []string `help:"An item that is down; repeat it." placeholder:"ITEM"`
	Degraded []string `help:"An item that is degraded; repeat it." placeholder:"ITEM"`
	At       Past     `help:"As it was then."`
}

// Run asks the server.
func (c CmdbWhyCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().Why(ctx, c.Item, append(causes(c.Down, false), causes(c.Degraded, true)...), c.At.Time)
	if err != nil {
		return err
	}
	if g.Output == "table" && len(l.Items) == 0 {
		g.Say("%s is not touched", c.Item)
		return nil
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"ITEM", "IS", "BECAUSE"}}
		for _, s := range l.Items {
			why := "it is the cause"
			if s.On != nil {
				why = itemText(*s.On) + " " + onWhat(s)
			}
			lines = append(lines, []string{itemText(s.Item), s.Level, why})
		}
		return lines
	})
}
