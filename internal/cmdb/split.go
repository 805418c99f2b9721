package cmdb

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Split makes a new item of what some observations of one say. note says why.
// The two are never proposed as one again. Errors: Invalid unless something is
// left on both sides.
func (s *Service) Split(ctx context.Context, id int64, observations []int64, note string) (out Regroup, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Regroup{}, errs.Wrap("cmdb.split", err)
	}
	err = s.db.Write(ctx, who, "item split", func(tx *db.Tx) (err error) {
		out, err = s.split(tx, id, observations, note)
		return err
	})
	return out, errs.Wrap("cmdb.split", err)
}

func (s *Service) split(tx *db.Tx, id int64, observations []int64, note string) (Regroup, error) {
	if err := checkNote(note, true); err != nil {
		return Regroup{}, err
	}
	if err := lockMap(tx); err != nil {
		return Regroup{}, err
	}
	old, err := mustRow(tx, id)
	if err != nil {
		return Regroup{}, err
	}
	if old.merged != 0 {
		return Regroup{}, errs.E(errs.Conflict, "it was merged into %s; split that", ref.N(ref.Item, old.merged)).On(ref.N(ref.Item, id).String())
	}
	g := Regroup{Verb: RegroupSplit, Item: id, Note: note}
	all, err := obsOfItems(tx, []int64{id})
	if err != nil {
		return Regroup{}, err
	}
	stay, kind := 0, ""
	var ids []int64
	for _, o := range all[id] {
		content, err := o.content()
		switch {
		case err != nil:
			return Regroup{}, err
		case slices.Contains(observations, o.id):
			g.moves.Observations = append(g.moves.Observations, obsMove{Observation: o.id, From: id, Pinned: o.pinned})
			ids = append(ids, o.id)
			if kind == "" {
				kind = content.Kind
			}
		case content.Kind != "":
			stay++
		}
	}
	if err := g.checkSplit(observations, ids, stay, kind, old.kind); err != nil {
		return Regroup{}, err
	}
	if g.Other, err = tx.NextID(ref.Item); err != nil {
		return Regroup{}, err
	}
	now := moment(tx.Now)
	if err := insertRows(tx, []*row{{id: g.Other, kind: kind, name: old.name, env: old.env, state: Retired, attributes: "{}", origins: "{}", first: now, last: now, created: now, updated: now}}); err != nil {
		return Regroup{}, err
	}
	if err := tx.Flush(); err != nil {
		return Regroup{}, err
	}
	for i := range g.moves.Observations {
		g.moves.Observations[i].To = g.Other
	}
	if err := moveObs(tx, ids, g.Other, true); err != nil {
		return Regroup{}, err
	}
	if g.moves.Proposal, err = refusePair(tx, id, g.Other, "split by hand"); err != nil {
		return Regroup{}, err
	}
	err = s.regroup(tx, &g, "item.split", []int64{id, g.Other})
	return g, err
}

func (g Regroup) checkSplit(asked, found []int64, stay int, kind, was string) error {
	key := ref.N(ref.Item, g.Item).String()
	switch {
	case len(asked) == 0 || len(found) != len(asked):
		return errs.BadField("observations", "", "name observations of "+key+", as its page lists them, each once")
	case kind == "":
		return errs.BadField("observations", "", "name at least one that a source gave; what was set by hand alone makes no item")
	case stay == 0:
		return errs.BadField("observations", "", "leave at least one observation on "+key)
	case was == KindService:
		return errs.BadField("item", key, "services are one to one with the catalog; edit it there")
	}
	return nil
}
