package cmdb

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// surveyAtOnce is how many rows of an origin are read at once.
const surveyAtOnce = 5000

// missing finds what a complete run does not see.
func (v *survey) missing(ctx context.Context, s *Service) error {
	after, more := "", true
	for more {
		err := s.db.Read(ctx, func(q db.Querier) error {
			list, err := liveObsAfter(q, v.origin.id, after, surveyAtOnce)
			if err != nil || len(list) == 0 {
				more = false
				return err
			}
			after = list[len(list)-1].key
			v.present += len(list)
			var lost []liveObs
			for _, o := range list {
				if _, ok := slices.BinarySearch(v.seen, o.id); !ok {
					lost = append(lost, o)
					v.absent = append(v.absent, o.id)
				}
			}
			return v.turning(q, lost)
		})
		if err != nil {
			return err
		}
	}
	at, more := liveSighting{}, true
	for more {
		err := s.db.Read(ctx, func(q db.Querier) error {
			list, err := liveSightingsAfter(q, v.origin.id, at, surveyAtOnce)
			if err != nil || len(list) == 0 {
				more = false
				return err
			}
			at = list[len(list)-1]
			for _, x := range list {
				if _, ok := slices.BinarySearch(v.linked, x.id); !ok {
					v.gone = append(v.gone, x.id)
					v.run.Counts.RelationsStale++
					keep(&v.run.Diff.RelationsStale, RelationChange{From: x.from, Kind: RelationKinds[x.kind], To: x.to})
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// turning counts items that nobody else sees either.
func (v *survey) turning(q db.Querier, lost []liveObs) error {
	items := make([]int64, len(lost))
	for i, o := range lost {
		items[i] = o.item
	}
	live, err := liveOfItems(q, items)
	if err != nil {
		return err
	}
	var shown []int64
	for _, o := range lost {
		if len(live[o.item]) > 1 {
			continue
		}
		v.run.Counts.Stale++
		if len(v.run.Diff.Stale) < DiffShown {
			v.run.Diff.Stale = append(v.run.Diff.Stale, ItemChange{Item: o.item, Key: o.key})
			shown = append(shown, o.item)
		}
	}
	rows, err := rowsByID(q, shown)
	if err != nil {
		return err
	}
	for i := range v.run.Diff.Stale {
		if r := rows[v.run.Diff.Stale[i].Item]; r != nil {
			v.run.Diff.Stale[i].Kind, v.run.Diff.Stale[i].Name = r.kind, r.name
		}
	}
	return nil
}

// asks says why the run must be confirmed; "" when it need not.
func (v *survey) asks(most float64) string {
	share := float64(v.run.Counts.Stale) / float64(max(v.present, 1))
	if v.run.Counts.Stale == 0 || share <= cmp.Or(most, DefaultMaxShare) {
		return ""
	}
	return fmt.Sprintf("it would turn %d of %d items of this source and scope stale (%.0f %%), more than the %.0f %% that need no consent; confirm it if they are gone, refuse it if the source did not see all",
		v.run.Counts.Stale, v.present, 100*share, 100*cmp.Or(most, DefaultMaxShare))
}

// chunks are what the run has to apply beside its records.
func (v *survey) chunks() (out []stagedChunk, err error) {
	for _, x := range []struct {
		base int
		list []int64
	}{{stageAbsent, v.absent}, {stageGone, v.gone}} {
		n := 0
		for part := range slices.Chunk(x.list, chunkAbsent) {
			var p packer
			for _, id := range part {
				p.number(uint64(id))
			}
			body, err := p.take()
			if err != nil {
				return nil, err
			}
			out = append(out, stagedChunk{x.base + n, body})
			n++
		}
	}
	return out, nil
}
