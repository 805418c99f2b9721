package cmdb

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
)

// ReplaySource is the due work that replays changed rules: a batch of items to
// a transaction, so that it goes on where it was after any stop.
func (s *Service) ReplaySource() job.Source {
	return job.Source{Name: ReplayDue, Next: nextReplay, Run: func(ctx context.Context, d *db.DB) (done int, err error) {
		err = d.Write(ctx, actor.Job(ReplayDue), "replay of the rules", func(tx *db.Tx) error {
			tx.Unrecorded("a replay that changed nothing in this part")
			done = 0
			r, ok, err := dueReplay(tx)
			if err != nil || !ok {
				return err
			}
			done = 1
			ids, err := itemsAfter(tx, r.Replay.Reached, replayBatch)
			if err != nil {
				return err
			}
			p := r.Replay
			if len(ids) == 0 {
				p.Reached, p.Next = max(p.Last, p.Reached), time.Time{}
				tx.Record(evidence.Entry{Action: "reconcile.replayed", Record: r.Ref(), Version: r.Version, After: r.digest(), Data: map[string]int64{"changed": p.Changed, "items": p.Last}})
				return setReplay(tx, p)
			}
			effect, err := s.Resolve(tx, ids)
			if err != nil {
				return err
			}
			pairs, err := proposeAgain(tx, ids)
			if err != nil {
				return err
			}
			p.Reached, p.Changed, p.Next = ids[len(ids)-1], p.Changed+int64(len(effect.Items)), tx.Now
			if len(effect.Items)+effect.RelationsAdded+effect.RelationsChanged+effect.RelationsStale+pairs > 0 {
				counts := effect.Counts
				counts.Proposals += pairs
				tx.Record(evidence.Entry{Action: "reconcile.replay", Record: r.Ref(), Version: r.Version, After: r.digest(),
					Data: map[string]any{"from": ids[0], "to": p.Reached, "items": len(effect.Items), "counts": counts}})
			}
			return setReplay(tx, p)
		})
		return done, errs.Wrap(ReplayDue, err)
	}}
}

// proposeAgain proposes items that rules of identification hold for the same
// now; it merges none, not even by a certain identifier, because people have
// worked with both. It returns how many pairs are new.
func proposeAgain(tx *db.Tx, items []int64) (int, error) {
	rules, err := rulesIn(tx)
	if err != nil {
		return 0, err
	}
	rows, err := rowsByID(tx, items)
	if err != nil {
		return 0, err
	}
	var ask []Identifier
	each := func(r *row, fn func(id Identifier)) {
		by := rules.identify(r.kind)
		for _, id := range r.identifiers {
			if slices.ContainsFunc(by, func(b IdentifyBy) bool { return b.Scheme == id.Scheme && b.Scheme != SchemeName }) {
				fn(id)
			}
		}
	}
	for _, id := range items {
		if rows[id] != nil && rows[id].state != Retired {
			each(rows[id], func(id Identifier) { ask = append(ask, id) })
		}
	}
	who, err := bearers(tx, ask)
	if err != nil {
		return 0, err
	}
	var list []doubt
	known := map[[2]int64]bool{}
	for _, n := range items {
		r := rows[n]
		if r == nil || r.state == Retired {
			continue
		}
		each(r, func(id Identifier) {
			others := who[id]
			if len(others) > namesakesMost {
				return // so many bear it that it says nothing
			}
			for _, b := range others {
				pair := [2]int64{min(n, b.item), max(n, b.item)}
				if b.item != n && b.state != Retired && compatible(b.kind, r.kind) && !known[pair] {
					known[pair] = true
					list = append(list, doubt{a: pair[0], b: pair[1], why: "both have " + id.String()})
				}
			}
		})
	}
	made, err := insertProposals(tx, list)
	return len(made), err
}
