package dora

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// rebuildAtOnce is how many changes one transaction of a rebuild measures.
const rebuildAtOnce = 500

// Rebuild measures all changes anew and returns how many facts there are. The
// figures can be asked for meanwhile.
func (s *Service) Rebuild(ctx context.Context) (facts int, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return 0, errs.Wrap("dora.rebuild", err)
	}
	for after := int64(0); ; {
		var last int64
		var n int
		err := s.db.Write(ctx, who, "measures rebuilt", func(tx *db.Tx) error {
			tx.Unrecorded("derived from changes, whose own writes are recorded")
			rows, end, err := readRows(tx, after, rebuildAtOnce)
			if err != nil {
				return err
			}
			var list []fact
			var times []int64
			n, last = 0, end
			for _, r := range rows {
				if f, ok := factOf(r); ok {
					list, times, n = append(list, f), append(times, f.At), n+1
				}
			}
			if len(rows) == 0 {
				return nil
			}
			old, err := dropRange(tx, after, end)
			if err != nil {
				return err
			}
			if err := putFacts(tx, list); err != nil {
				return err
			}
			return closedDays(tx, 0, append(times, old...)...)
		})
		if err != nil {
			return facts, errs.Wrap("dora.rebuild", err)
		}
		facts += n
		if last == 0 {
			break
		}
		after = last
	}
	err = s.db.Write(ctx, who, "measures rebuilt", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "dora.rebuild", Record: ref.S(ref.System, "measures"), Data: map[string]int{"facts": facts}})
		return nil
	})
	if s.Kick != nil {
		s.Kick(SourceName)
	}
	return facts, errs.Wrap("dora.rebuild", err)
}
