package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// CmdbCmd is the map: configuration items, what they are to each other, and
// where that is known from.
type CmdbCmd struct {
	List    CmdbListCmd    `cmd:"" help:"List items."`
	Show    CmdbShowCmd    `cmd:"" help:"Show an item with its relations, and what each source says."`
	Find    CmdbFindCmd    `cmd:"" help:"Find the item that a text means."`
	History CmdbHistoryCmd `cmd:"" help:"List what an item was."`
	AsOf    CmdbAsOfCmd    `cmd:"" name:"asof" help:"Show an item as it was at a time, with its relations then."`
	Diff    CmdbDiffCmd    `cmd:"" help:"List what differs between two times."`

	Impact     CmdbImpactCmd     `cmd:"" help:"Say what breaks if items do, and whose it is."`
	Why        CmdbWhyCmd        `cmd:"" help:"Say why an item is touched if others break."`
	Needs      CmdbNeedsCmd      `cmd:"" help:"List what an item needs."`
	Contents   CmdbContentsCmd   `cmd:"" help:"List what is part of an item or runs on it."`
	Neighbours CmdbNeighboursCmd `cmd:"" help:"List what is around an item."`
	Reach      CmdbReachCmd      `cmd:"" help:"Count what needs an item, without regard to redundancy."`
	Path       CmdbPathCmd       `cmd:"" help:"Find a shortest way by which one item needs another."`
	Roots      CmdbRootsCmd      `cmd:"" help:"Find what explains that several items are unwell."`

	Import  CmdbImportCmd  `cmd:"" help:"Take files of a source."`
	Bulk    CmdbBulkCmd    `cmd:"" help:"Take records, one a line."`
	Plan    CmdbPlanCmd    `cmd:"" help:"Say what a Terraform plan touches on the map, and what that breaks."`
	Runs    CmdbRunsCmd    `cmd:"" help:"List runs of sources, newest first."`
	OneRun  CmdbRunCmd     `cmd:"" name:"run" help:"Show a run, also how far it is."`
	Confirm CmdbConfirmCmd `cmd:"" help:"Let a run that asks go on."`
	Refuse  CmdbRefuseCmd  `cmd:"" help:"End a run that asks, or say of a proposed pair that they are two."`

	Add      CmdbAddCmd      `cmd:"" help:"Add an item by hand."`
	Set      CmdbSetCmd      `cmd:"" help:"Set attributes by hand."`
	Unset    CmdbUnsetCmd    `cmd:"" help:"Take back what was set by hand."`
	Retire   CmdbRetireCmd   `cmd:"" help:"Say that an item is not there any more."`
	Restore  CmdbRestoreCmd  `cmd:"" help:"Take back that an item was retired by hand."`
	Relate   CmdbRelateCmd   `cmd:"" help:"Say that there is a relation, or how strong it is."`
	Unrelate CmdbUnrelateCmd `cmd:"" help:"Take back what was said of a relation by hand."`

	Proposals CmdbProposalsCmd `cmd:"" help:"List pairs of items that may be one."`
	Proposal  CmdbProposalCmd  `cmd:"" help:"Compare the two sides of a pair."`
	Merge     CmdbMergeCmd     `cmd:"" help:"Say that two items, or a proposed pair, are one."`
	Split     CmdbSplitCmd     `cmd:"" help:"Make a new item of some of what sources say of one."`
	Regroups  CmdbRegroupsCmd  `cmd:"" help:"List merges, splits and retirements of an item."`
	Undo      CmdbUndoCmd      `cmd:"" help:"Take a merge, a split or a retirement back."`

	Kind     CmdbKindCmd     `cmd:"" aliases:"kinds" help:"Kinds of items."`
	Rules    CmdbRulesCmd    `cmd:"" help:"Rules of reconciliation: whom to believe."`
	Source   CmdbSourceCmd   `cmd:"" aliases:"sources" help:"Sources, also those on a schedule."`
	Baseline CmdbBaselineCmd `cmd:"" aliases:"baselines" help:"Baselines, and the drift from them."`
	Report   CmdbReportCmd   `cmd:"" aliases:"reports" help:"Reports: orphans, unowned, stale, duplicates, conflicts, dangling, edges."`
}

// ItemArg names an item.
type ItemArg struct {
	Item string `arg:"" help:"CI-12, kind:name, scheme=value, or a name that means one item."`
}

// Past is a time on the command line: as Moment, or how long ago, as 2h or 7d.
type Past struct{ time.Time }

// UnmarshalText reads it.
func (p *Past) UnmarshalText(text []byte) error {
	if ago, err := span(string(text)); err == nil {
		p.Time = time.Now().Add(-ago)
		return nil
	}
	var m Moment
	if err := m.UnmarshalText(text); err != nil {
		return fmt.Errorf("%w, or as how long ago: 90m, 7d", err)
	}
	p.Time = m.Time
	return nil
}

// CmdbListCmd lists items.
type CmdbListCmd struct {
	Kind      string `help:"Of this kind."`
	State     string `help:"present, stale or retired; else all that are not retired." enum:",present,stale,retired" default:""`
	Env       string `help:"In this environment."`
	Team      string `help:"Of this team, as sources say."`
	Source    string `help:"Seen by this source."`
	Text      string `help:"The name begins with it."`
	All       bool   `help:"Also retired ones."`
	Conflicts bool   `help:"Only those on which sources differ."`
	Limit     int    `help:"Most items to list; 0: all." default:"1000"`
}

// Run reads as many pages as it takes.
func (c CmdbListCmd) Run(ctx context.Context, g *Globals) error {
	f := client.ItemFilter{Kind: c.Kind, State: c.State, Env: c.Env, Team: c.Team, Source: c.Source, Text: c.Text, All: c.All, Conflicts: c.Conflicts}
	all, err := pages(c.Limit, func(cursor string, n int) (client.List[client.Item], error) {
		return g.Client().Items(ctx, f, cursor, n)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"ITEM", "KIND", "NAME", "ENV", "TEAM", "STATE", "LAST SEEN"}}
		for _, i := range all {
			lines = append(lines, []string{i.Key, i.Kind, i.Name, i.Env, i.Team, i.State, when(i.LastSeen)})
		}
		return lines
	})
}

// CmdbShowCmd shows an item.
type CmdbShowCmd struct{ ItemArg }

// Run asks the server.
func (c CmdbShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printItem(g.Client().Item(ctx, c.Item, time.Time{}))
}

// CmdbAsOfCmd shows an item as it was.
type CmdbAsOfCmd struct {
	ItemArg
	Time Past `arg:"" help:"When: 2026-11-13T18:00, or how long ago: 7d."`
}

// Run asks the server.
func (c CmdbAsOfCmd) Run(ctx context.Context, g *Globals) error {
	return g.printItem(g.Client().Item(ctx, c.Item, c.Time.Time))
}

func (g *Globals) printItem(d client.ItemDetail, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(d, func() [][2]string {
		pairs := [][2]string{{"ITEM", d.Key}, {"KIND", d.Kind}, {"NAME", d.Name}, {"ENV", d.Env}, {"TEAM", d.Team}, {"STATE", d.State}, {"MERGED INTO", d.MergedInto},
			{"FIRST SEEN", when(d.FirstSeen)}, {"LAST SEEN", when(d.LastSeen)}, {"VERSION", fmt.Sprint(d.Version)}}
		for _, id := range d.Identifiers {
			pairs = append(pairs, [2]string{"KNOWN AS", id.Scheme + "=" + id.Value})
		}
		for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
			text := name + " = " + string(d.Attributes[name])
			if o, ok := d.Origins[name]; ok {
				text += "  (" + o.Source
				if o.Other > 0 {
					text += fmt.Sprintf("; %d other sources differ", o.Other)
				}
				text += ")"
			}
			pairs = append(pairs, [2]string{"ATTRIBUTE", text})
		}
		for _, r := range d.Relations {
			pairs = append(pairs, [2]string{"RELATION", relatedText(r)})
		}
		if d.More {
			pairs = append(pairs, [2]string{"", "and more: evenkeel cmdb neighbours " + d.Key})
		}
		for _, o := range d.Observations {
			text := fmt.Sprintf("%d %s %s %s, seen %s", o.ID, o.Source, o.Scope, o.Key, when(o.LastSeen))
			if o.AbsentAt != nil {
				text += ", not any more since " + when(*o.AbsentAt)
			}
			pairs = append(pairs, [2]string{"OBSERVATION", text})
		}
		return pairs
	})
}

// relatedText is a relation as seen from one of its ends.
func relatedText(r client.RelatedItem) string {
	other := itemText(r.Other)
	if r.Out {
		return r.Kind + " " + other + how(r.ItemRelation)
	}
	return other + " " + r.Kind + " it" + how(r.ItemRelation)
}

// how says what else is known of a relation.
func how(r client.ItemRelation) string {
	var words []string
	for _, w := range append([]string{r.Strength}, r.Provenance...) {
		if w != "" {
			words = append(words, w)
		}
	}
	if r.Group != "" {
		words = append(words, fmt.Sprintf("needs %d of group %s", max(r.Need, 1), r.Group))
	}
	if r.State != "" && r.State != "present" {
		words = append(words, r.State)
	}
	if r.Flow.PerSecond > 0 {
		words = append(words, fmt.Sprintf("%.3g/s, %.2g%% errors", r.Flow.PerSecond, 100*r.Flow.Errors))
	}
	if len(words) == 0 {
		return ""
	}
	return "  (" + strings.Join(words, ", ") + ")"
}

// itemText names an item for people.
func itemText(i client.ItemBrief) string {
	text := i.Kind + " " + i.Name
	if i.Env != "" {
		text += "@" + i.Env
	}
	return text + " " + i.Key
}

// CmdbFindCmd finds an item.
type CmdbFindCmd struct {
	Text []string `arg:"" help:"CI-12, kind:name, scheme=value, or a name; quotes are not needed."`
}

// Run asks the server.
func (c CmdbFindCmd) Run(ctx context.Context, g *Globals) error {
	i, err := g.Client().FindItem(ctx, strings.Join(c.Text, " "))
	return g.printItem(client.ItemDetail{Item: i}, err)
}

// CmdbHistoryCmd lists what an item was.
type CmdbHistoryCmd struct {
	ItemArg
	Limit int `help:"Most forms to list." default:"100"`
}

// Run asks the server.
func (c CmdbHistoryCmd) Run(ctx context.Context, g *Globals) error {
	l, err := g.Client().ItemHistory(ctx, c.Item, c.Limit)
	if err != nil {
		return err
	}
	return g.Print(l.Items, func() [][]string {
		lines := [][]string{{"SINCE", "UNTIL", "STATE", "NAME", "CHANGED"}}
		for i, f := range l.Items {
			until, changed := "now", "first seen"
			if f.Until != nil {
				until = when(*f.Until)
			}
			if i+1 < len(l.Items) {
				changed = changedAttributes(l.Items[i+1], f)
			}
			lines = append(lines, []string{when(f.Since), until, f.State, f.Name, changed})
		}
		return lines
	})
}

// changedAttributes says in which attributes two forms differ.
func changedAttributes(old, is client.ItemForm) string {
	var out []string
	names := maps.Clone(is.Attributes)
	if names == nil {
		names = map[string]json.RawMessage{}
	}
	maps.Copy(names, old.Attributes)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if a, b := string(old.Attributes[n]), string(is.Attributes[n]); a != b {
			out = append(out, fmt.Sprintf("%s: %s → %s", n, orNothing(a), orNothing(b)))
		}
	}
	return strings.Join(out, ", ")
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// pages reads pages until there are limit items (0: all).
func pages[T any](limit int, page func(cursor string, n int) (client.List[T], error)) ([]T, error) {
	all := []T{}
	for cursor := ""; ; {
		n := 200
		if limit > 0 {
			n = min(n, limit-len(all))
		}
		l, err := page(cursor, n)
		if err != nil {
			return nil, err
		}
		all = append(all, l.Items...)
		if cursor = l.Next; cursor == "" || limit > 0 && len(all) >= limit {
			return all, nil
		}
	}
}
