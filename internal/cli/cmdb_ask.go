package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

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
