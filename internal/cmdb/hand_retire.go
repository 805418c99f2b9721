package cmdb

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// RetireItem says by hand that an item is not there any more, with the
// relations it has. If a source sees it again, it is back. It can be undone
// with RestoreItem. Errors: Conflict at another version than the one read.
func (s *Service) RetireItem(ctx context.Context, id, version int64, note string) (out Detail, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.retire", err)
	}
	err = s.db.Write(ctx, who, "item retired by hand", func(tx *db.Tx) error {
		old, err := editable(tx, id, version)
		if err != nil {
			return err
		}
		if err := checkNote(note, false); err != nil {
			return err
		}
		if old.kind == KindService {
			return errs.BadField("kind", old.kind, "services are retired in the catalog; do it there")
		}
		g := Regroup{Verb: RegroupRetire, Item: id, Note: note}
		all, err := obsOfItems(tx, []int64{id})
		if err != nil {
			return err
		}
		var lost []int64
		for _, o := range all[id] {
			if o.absent == 0 && !o.partial() {
				g.moves.Observations = append(g.moves.Observations, obsMove{Observation: o.id, From: id, To: id, Pinned: o.pinned})
				lost = append(lost, o.id)
			}
		}
		list, err := liveSightingsAt(tx, id)
		if err != nil {
			return err
		}
		g.moves.Sightings = list
		rules, err := rulesIn(tx)
		if err != nil {
			return err
		}
		since := tx.Now.Add(-time.Duration(rules.Grace)) // so the grace is over
		g.moves.Absent = moment(since)
		if err := loseObs(tx, lost, moment(since)); err != nil {
			return err
		}
		if err := loseSightings(tx, list, moment(since)); err != nil {
			return err
		}
		return s.regroup(tx, &g, "item.retire", []int64{id})
	})
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.retire", err)
	}
	return s.Get(ctx, id)
}

// RestoreItem takes back that an item was retired by hand. Errors: Conflict
// when it was not: then only its sources bring it back.
func (s *Service) RestoreItem(ctx context.Context, id, version int64) (out Detail, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.restore", err)
	}
	err = s.db.Write(ctx, who, "item restored by hand", func(tx *db.Tx) error {
		if _, err := editable(tx, id, version); err != nil {
			return err
		}
		list, err := regroupsOf(tx, id, 0, 100)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(g Regroup) bool { return g.Verb == RegroupRetire && g.Undone.IsZero() })
		if i < 0 {
			return errs.E(errs.Conflict, "nobody retired it by hand; it is back as soon as a source sees it").On(ref.N(ref.Item, id).String())
		}
		return s.undo(tx, list[i])
	})
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.restore", err)
	}
	return s.Get(ctx, id)
}
