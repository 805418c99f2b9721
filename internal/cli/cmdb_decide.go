package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// CmdbProposalsCmd lists proposals.
type CmdbProposalsCmd struct {
	All   bool   `help:"Also decided ones."`
	Item  string `help:"Only of this item."`
	Limit int    `help:"Most to list; 0: all." default:"1000"`
}

// Run reads as many pages as it takes.
func (c CmdbProposalsCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(c.Limit, func(cursor string, n int) (client.List[client.Proposal], error) {
		return g.Client().Proposals(ctx, c.All, c.Item, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"PAIR", "ONE", "OTHER", "WHY", "STATE"}}
		for _, p := range all {
			lines = append(lines, []string{p.Key, itemText(p.A), itemText(p.B), p.Why, p.State})
		}
		return lines
	})
}

// CmdbProposalCmd shows a proposal.
type CmdbProposalCmd struct {
	Pair string `arg:"" help:"The pair, like PAIR-3."`
}

// Run asks the server.
func (c CmdbProposalCmd) Run(ctx context.Context, g *Globals) error {
	p, err := g.Client().Proposal(ctx, c.Pair)
	if err != nil {
		return err
	}
	return g.printProposal(p)
}

func (g *Globals) printProposal(p client.Proposal) error {
	return g.Print(p, func() [][]string {
		lines := [][]string{{p.Key + " " + p.State, itemText(p.A), itemText(p.B)}, {"", p.Why}}
		for _, x := range p.Compare {
			mark := "≠ "
			if x.Same {
				mark = "  "
			}
			lines = append(lines, []string{mark + x.Field, x.A, x.B})
		}
		return lines
	})
}

// CmdbMergeCmd merges items or a proposal.
type CmdbMergeCmd struct {
	Keep  string `arg:"" help:"The item that stays, or a proposed pair like PAIR-3."`
	Other string `arg:"" optional:"" help:"The item that goes into it; of a pair: the one to keep, default the older one."`
	Note  string `short:"m" help:"Why, for whoever wonders later."`
}

// Run asks the server.
func (c CmdbMergeCmd) Run(ctx context.Context, g *Globals) error {
	if strings.HasPrefix(strings.ToUpper(c.Keep), "PAIR-") {
		return g.printRegroup(g.Client().MergeProposal(ctx, c.Keep, c.Other, c.Note))
	}
	if c.Other == "" {
		return errs.BadField("other", "", "name the item that goes into "+c.Keep)
	}
	return g.printRegroup(g.Client().MergeItems(ctx, c.Keep, c.Other, c.Note))
}

// CmdbSplitCmd splits an item.
type CmdbSplitCmd struct {
	ItemArg
	Observations []int64 `arg:"" help:"Numbers of the observations that are something else; evenkeel cmdb show lists them."`
	Note         string  `short:"m" required:"" help:"Why, for whoever wonders later."`
}

// Run asks the server.
func (c CmdbSplitCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRegroup(g.Client().SplitItem(ctx, c.Item, c.Observations, c.Note))
}

// CmdbUndoCmd takes one back.
type CmdbUndoCmd struct {
	Number int64 `arg:"" help:"As merge, split and regroups say it."`
}

// Run asks the server.
func (c CmdbUndoCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRegroup(g.Client().UndoRegroup(ctx, c.Number))
}

func (g *Globals) printRegroup(r client.Regroup, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(r, func() [][2]string {
		pairs := [][2]string{{"NUMBER", fmt.Sprint(r.ID)}, {"WHAT", r.Verb}, {"ITEM", r.Item}, {"OTHER", r.Other}, {"WHY", r.Note}, {"AT", when(r.At)}}
		if r.Undone != nil {
			pairs = append(pairs, [2]string{"UNDONE", when(*r.Undone)})
		}
		return pairs
	})
}

// CmdbRegroupsCmd lists what was done to an item.
type CmdbRegroupsCmd struct{ ItemArg }

// Run reads all pages.
func (c CmdbRegroupsCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.Regroup], error) {
		return g.Client().Regroups(ctx, c.Item, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NUMBER", "WHAT", "ITEM", "OTHER", "AT", "UNDONE", "WHY"}}
		for _, r := range all {
			lines = append(lines, []string{fmt.Sprint(r.ID), r.Verb, r.Item, r.Other, when(r.At), when(deref(r.Undone)), r.Note})
		}
		return lines
	})
}
