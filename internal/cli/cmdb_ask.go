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

// AskFlags narrow a question about what is around an item.
type AskFlags struct {
	At    Past `help:"As it was then: 2026-11-13T18:00, or how long ago: 7d."`
	Depth int  `help:"Steps; 0: all the way." default:"0"`
	Limit int  `help:"Most items to list." default:"500"`
}

func (f AskFlags) ask() client.ItemAsk {
	return client.ItemAsk{At: f.At.Time, Depth: f.Depth, Limit: f.Limit}
}

// CmdbNeedsCmd lists what an item needs.
type CmdbNeedsCmd struct {
	ItemArg
	AskFlags
}

// Run asks the server.
func (c CmdbNeedsCmd) Run(ctx context.Context, g *Globals) error {
	return g.printNeeded(g.Client().ItemNeeds(ctx, c.Item, c.ask()))
}

// CmdbContentsCmd lists what is in an item.
type CmdbContentsCmd struct {
	ItemArg
	AskFlags
	Up bool `help:"What it is part of or runs on."`
}

// Run asks the server.
func (c CmdbContentsCmd) Run(ctx context.Context, g *Globals) error {
	return g.printNeeded(g.Client().ItemContents(ctx, c.Item, c.Up, c.ask()))
}

// printNeeded shows a tree by depth; what alone takes the item down is marked.
func (g *Globals) printNeeded(n client.NeededItems, err error) error {
	if err != nil {
		return err
	}
	if g.Output != "table" || len(n.Items) == 0 {
		return g.Print(n, func() [][]string { return [][]string{nil} })
	}
	w := bufio.NewWriter(g.Out)
	for _, x := range n.Items {
		mark := "·"
		if x.Hard {
			mark = "!"
		}
		fmt.Fprintf(w, "%s%s %s  %s%s\n", strings.Repeat("  ", max(x.Depth-1, 0)), mark, itemText(x.Item), x.Relation.Kind, how(x.Relation))
	}
	if n.Hidden > 0 {
		fmt.Fprintf(w, "and %d more at least\n", n.Hidden)
	}
	fmt.Fprintln(w, "! alone takes it down")
	return w.Flush()
}

// CmdbNeighboursCmd lists what is around an item.
type CmdbNeighboursCmd struct {
	ItemArg
	At    Past `help:"As it was then."`
	Depth int  `help:"Steps." default:"1"`
	Limit int  `help:"Most items to list." default:"500"`
}

// Run asks the server.
func (c CmdbNeighboursCmd) Run(ctx context.Context, g *Globals) error {
	s, err := g.Client().ItemNeighbours(ctx, c.Item, client.ItemAsk{At: c.At.Time, Depth: c.Depth, Limit: c.Limit})
	if err != nil {
		return err
	}
	return g.Print(s, func() [][]string {
		names := map[string]string{}
		for _, i := range s.Items {
			names[i.Key] = itemText(i)
		}
		lines := [][]string{{"FROM", "RELATION", "TO", "HOW"}}
		for _, r := range s.Relations {
			lines = append(lines, []string{names[r.From], r.Kind, names[r.To], strings.Trim(how(r), " ()")})
		}
		if s.Hidden > 0 {
			lines = append(lines, []string{fmt.Sprintf("and %d more relations", s.Hidden)})
		}
		return lines
	})
}

// CmdbReachCmd counts what needs an item.
type CmdbReachCmd struct {
	ItemArg
	Hard bool `help:"Only by hard needs."`
	At   Past `help:"As it was then."`
}

// Run asks the server.
func (c CmdbReachCmd) Run(ctx context.Context, g *Globals) error {
	n, err := g.Client().ItemReach(ctx, c.Item, c.Hard, c.At.Time)
	if err != nil {
		return err
	}
	return g.PrintOne(map[string]int{"items": n}, func() [][2]string { return [][2]string{{"ITEMS", fmt.Sprint(n)}} })
}

// CmdbPathCmd finds a way.
type CmdbPathCmd struct {
	From string `arg:"" help:"An item."`
	To   string `arg:"" help:"An item that it may need."`
	At   Past   `help:"As it was then."`
}

// Run asks the server.
func (c CmdbPathCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().ItemWay(ctx, c.From, c.To, c.At.Time)
	if err != nil {
		return err
	}
	if g.Output == "table" && len(l.Items) == 0 {
		g.Say("%s does not need %s", c.From, c.To)
		return nil
	}
	return g.Print(l.Items, func() [][]string { return hopLines(l.Items) })
}

func hopLines(hops []client.Hop) [][]string {
	lines := [][]string{{"FROM", "RELATION", "TO", "HOW"}}
	for _, x := range hops {
		lines = append(lines, []string{itemText(x.From), x.Relation.Kind, itemText(x.To), strings.Trim(how(x.Relation), " ()")})
	}
	return lines
}

// CmdbRootsCmd finds common causes.
type CmdbRootsCmd struct {
	Items     []string `arg:"" help:"Items that alert."`
	Unhealthy []string `help:"A further item that is known to be unwell; repeat it." placeholder:"ITEM"`
	At        Past     `help:"As it was then."`
}

// Run asks the server.
func (c CmdbRootsCmd) Run(ctx context.Context, g *Globals) error {
	r, err := g.Client().Roots(ctx, c.Items, c.Unhealthy, c.At.Time)
	if err != nil {
		return err
	}
	return g.Print(r, func() [][]string {
		lines := [][]string{{"ROOT", "COVERS", "UNWELL", "DEPTH", "BY WAY OF"}}
		for _, x := range r.Items {
			way := ""
			if len(x.Ways) > 0 {
				parts := []string{x.Ways[0].From.Name}
				for _, h := range x.Ways[0].Hops {
					next := h.To.Name
					if next == parts[len(parts)-1] {
						next = h.From.Name
					}
					parts = append(parts, next)
				}
				way = strings.Join(parts, " → ")
			}
			lines = append(lines, []string{itemText(x.Item), fmt.Sprintf("%d of %d", x.Covers, len(c.Items)), yesNo(x.Unhealthy), fmt.Sprint(x.Depth), way})
		}
		return lines
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// CmdbDiffCmd compares two times.
type CmdbDiffCmd struct {
	From    Past   `arg:"" help:"The earlier time: 2026-11-13T18:00, or how long ago: 7d."`
	To      Past   `arg:"" optional:"" help:"The later time; default: now."`
	Item    string `help:"Only this item and its relations."`
	Service string `help:"Only this service and everything it needs."`
	Limit   int    `help:"Most differences to list; 0: all." default:"1000"`
}

// Run reads as many pages as it takes.
func (c CmdbDiffCmd) Run(ctx context.Context, g *Globals) error {
	s := client.MapSpan{From: c.From.Time, To: c.To.Time, Item: c.Item, Service: c.Service}
	all, err := pages(c.Limit, func(cursor string, n int) (client.List[client.MapDifference], error) {
		return g.Client().MapDifferences(ctx, s, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string { return differenceLines(all) })
}

var differenceMarks = map[string]string{"added": "+", "removed": "-", "changed": "~"}

func differenceLines(all []client.MapDifference) [][]string {
	lines := [][]string{{"", "WHAT", "CHANGES", "SINCE", "NAMED", "NOTE"}}
	for _, d := range all {
		text := d.Kind + " " + d.Name + " " + d.Item
		if d.Relation != "" {
			text = fmt.Sprintf("%s %s %s %s %s", d.Kind, d.Name, d.Relation, d.OtherKind, d.OtherName)
		}
		var changes []string
		for _, x := range d.Changes {
			changes = append(changes, fmt.Sprintf("%s: %s → %s", x.Field, orNothing(x.Old), orNothing(x.New)))
		}
		note := d.Note
		if d.Left {
			note = strings.TrimSpace("only the need came or went. " + note)
		}
		since := ""
		if d.Since != nil {
			since = when(*d.Since)
		}
		lines = append(lines, []string{differenceMarks[d.Verb], text, strings.Join(changes, ", "), since, d.What, note})
	}
	return lines
}
