package cmdb

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Regroups returns merges, splits and retirements of an item, newest first,
// before one (0: from the newest), and says whether there are more.
func (s *Service) Regroups(ctx context.Context, item, before int64, limit int) (out []Regroup, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.regroups", err)
	}
	if noNumber(item) {
		return nil, false, errs.Wrap("cmdb.regroups", noItem(ref.N(ref.Item, item).String()))
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = regroupsOf(q, item, before, limit+1); len(out) > limit {
			out, more = out[:limit], true
		}
		return err
	})
	return out, more, errs.Wrap("cmdb.regroups", err)
}

// Undo takes a merge or split back: every item is worked out as if it had never
// been. Errors: Conflict, with the reason, when what happened since stands in
// the way.
func (s *Service) Undo(ctx context.Context, regroup int64) (out Regroup, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Regroup{}, errs.Wrap("cmdb.undo", err)
	}
	err = s.db.Write(ctx, who, "merge or split undone", func(tx *db.Tx) error {
		if err := lockMap(tx); err != nil {
			return err
		}
		g, err := findRegroup(tx, regroup, "")
		if err != nil {
			return err
		}
		if err := s.undo(tx, g); err != nil {
			return err
		}
		out, err = findRegroup(tx, regroup, "")
		return err
	})
	return out, errs.Wrap("cmdb.undo", err)
}

// undo takes a regrouping back; the map is locked.
func (s *Service) undo(tx *db.Tx, g Regroup) error {
	item := ref.N(ref.Item, g.Item).String()
	if !g.Undone.IsZero() {
		return errs.E(errs.Conflict, "this was undone on %s already", g.Undone.Format("2006-01-02 15:04 UTC")).On(item)
	}
	if err := undoable(tx, g); err != nil {
		return err
	}
	for _, m := range g.moves.Observations {
		if err := pinObs(tx, m.Observation, m.From, m.Pinned); err != nil {
			return err
		}
	}
	items := []int64{g.Item}
	switch g.Verb {
	case RegroupMerge:
		items = append(items, g.Other)
		if err := setMerged(tx, g.Other, 0); err != nil {
			return err
		}
		if g.moves.Proposal != 0 && g.moves.Was != "" {
			if err := reopen(tx, g.moves); err != nil {
				return err
			}
		}
	case RegroupSplit:
		items = append(items, g.Other)
		if err := setMerged(tx, g.Other, g.Item); err != nil { // its number leads back
			return err
		}
		if g.moves.Proposal != 0 {
			if err := dropProposal(tx, g.moves.Proposal); err != nil {
				return err
			}
		}
	default:
		var back []int64
		for _, m := range g.moves.Observations {
			back = append(back, m.Observation)
		}
		if err := findAgain(tx, back, g.moves.Sightings, g.moves.Absent); err != nil {
			return err
		}
	}
	if err := setUndone(tx, g.ID, tx.Now); err != nil {
		return err
	}
	if _, err := s.Resolve(tx, items); err != nil {
		return err
	}
	return s.recordRegroup(tx, g, "item."+g.Verb+".undo")
}

// reopen gives a proposal back the state it had before a merge.
func reopen(tx *db.Tx, m moves) error {
	p, err := findProposal(tx, m.Proposal, "")
	if err != nil {
		return err
	}
	return decide(tx, p, m.Was)
}

// undoable says what stands in the way of undoing.
func undoable(tx *db.Tx, g Regroup) error {
	refuse := func(format string, args ...any) error {
		return errs.E(errs.Conflict, "it cannot be undone: "+format, args...).On(ref.N(ref.Item, g.Item).String())
	}
	ids := make([]int64, len(g.moves.Observations))
	for i, m := range g.moves.Observations {
		ids[i] = m.Observation
	}
	list, err := obsByID(tx, ids)
	if err != nil {
		return err
	}
	have := map[int64]*obs{}
	for _, o := range list {
		have[o.id] = o
	}
	for _, m := range g.moves.Observations {
		o := have[m.Observation]
		switch {
		case o == nil:
			return refuse("one of the %d observations it was about was taken back since", len(g.moves.Observations))
		case o.item != m.To:
			return refuse("what %s says was moved on to %s since; undo that first", said1(o), ref.N(ref.Item, o.item))
		}
	}
	rows, err := rowsByID(tx, []int64{g.Item, g.Other})
	if err != nil {
		return err
	}
	switch keep, other := rows[g.Item], rows[g.Other]; {
	case keep == nil || g.Other != 0 && other == nil:
		return refuse("an item is not there any more")
	case keep.merged != 0:
		return refuse("%s was merged into %s since; undo that first", ref.N(ref.Item, g.Item), ref.N(ref.Item, keep.merged))
	case g.Verb == RegroupMerge && other.merged != g.Item:
		return refuse("%s does not lead to it any more", ref.N(ref.Item, g.Other))
	case g.Verb == RegroupSplit && other.merged != 0:
		return refuse("%s was merged into %s since; undo that first", ref.N(ref.Item, g.Other), ref.N(ref.Item, other.merged))
	}
	if g.Verb != RegroupSplit {
		return nil
	}
	// What came to the new item since would be left without an item.
	all, err := obsOfItems(tx, []int64{g.Other})
	if err != nil {
		return err
	}
	for _, o := range all[g.Other] {
		moved := false
		for _, m := range g.moves.Observations {
			moved = moved || m.Observation == o.id
		}
		if !moved {
			return refuse("%s tells of %s since; merge the two instead", said1(o), ref.N(ref.Item, g.Other))
		}
	}
	return nil
}

// said1 names whoever made an observation.
func said1(o *obs) string {
	if o.scope == "" {
		return o.source
	}
	return fmt.Sprintf("%s (%s)", o.source, o.scope)
}
