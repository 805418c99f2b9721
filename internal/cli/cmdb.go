package cli

import (
	"fmt"
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
