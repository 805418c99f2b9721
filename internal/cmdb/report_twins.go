package cmdb

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Twin is a pair of items that may be one.
type Twin struct {
	A, B     Listed
	Why      string
	Proposal int64 // 0: nobody proposed it; they only bear the same name
}

// Duplicates returns pairs that may be one: proposals first, then items of the
// same kind, name and environment of which nobody said that they are two.
func (s *Service) Duplicates(ctx context.Context, f ReportFilter, cursor string, limit int) (out []Twin, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.duplicates", err)
	}
	limit = pageOf(limit)
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		scope, err := f.ready(q, now)
		if err == nil {
			out, next, err = twins(q, scope, cursor, limit)
		}
		return err
	})
	return out, next, errs.Wrap("cmdb.duplicates", err)
}

// twins: the cursor is "p" and a proposal's number, or "n" and an item's.
func twins(q db.Querier, scope reportScope, cursor string, limit int) (out []Twin, next string, err error) {
	names, after := strings.HasPrefix(cursor, "n"), int64(0)
	if cursor != "" {
		if after, err = afterNumber(cursor[1:], names); err != nil || !names && cursor[0] != 'p' {
			return nil, "", errs.BadField("cursor", cursor, "use the cursor of the page before, unchanged")
		}
	}
	if !names {
		list, err := collectProposals(q, openProposalsSQL, after, limit+1)
		if err != nil {
			return nil, "", err
		}
		more := len(list) > limit
		list = list[:min(len(list), limit)]
		var found []Twin
		for _, p := range list {
			found = append(found, Twin{A: Listed{ID: p.A}, B: Listed{ID: p.B}, Why: p.Why, Proposal: p.ID})
			after = p.ID
		}
		if out, err = fillTwins(q, scope, found); err != nil {
			return nil, "", err
		}
		if more {
			return out, "p" + strconv.FormatInt(after, 10), nil
		}
		if len(out) > 0 {
			return out, "n0", nil
		}
		after = 0
	}
	end, err := newestItem(q)
	if err != nil {
		return nil, "", err
	}
	for range maxWindows {
		reached := min(after+window, math.MaxInt32)
		pairs, err := namesakePairs(q, after, reached, 4*limit)
		if err != nil {
			return nil, "", err
		}
		if len(pairs) == 4*limit { // the last item's pairs may be cut: leave them to the next page, unless they are all there is
			last := pairs[len(pairs)-1][0]
			if whole := slices.DeleteFunc(slices.Clone(pairs), func(p [2]int64) bool { return p[0] == last }); len(whole) > 0 {
				pairs, reached = whole, whole[len(whole)-1][0]
			} else {
				reached = last
			}
		}
		var found []Twin
		for _, p := range pairs {
			found = append(found, Twin{A: Listed{ID: p[0]}, B: Listed{ID: p[1]}, Why: "same kind, name and environment"})
		}
		if found, err = fillTwins(q, scope, found); err != nil {
			return nil, "", err
		}
		out = append(out, found...)
		if after = reached; after >= end {
			return out, "", nil
		}
		if len(out) >= limit {
			return out, "n" + strconv.FormatInt(after, 10), nil
		}
	}
	return out, "n" + strconv.FormatInt(after, 10), nil
}

// fillTwins shows both items, as they are after merges, and drops pairs that
// the filter does not let through or that have become one.
func fillTwins(q db.Querier, scope reportScope, list []Twin) ([]Twin, error) {
	var ids []int64
	for i, t := range list {
		var err error
		if list[i].A.ID, err = finalItem(q, t.A.ID); err != nil {
			return nil, err
		}
		if list[i].B.ID, err = finalItem(q, t.B.ID); err != nil {
			return nil, err
		}
		ids = append(ids, list[i].A.ID, list[i].B.ID)
	}
	slices.Sort(ids)
	items, err := listedByID(q, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	kept, err := scope.keep(q, slices.Collect(maps.Values(items)))
	if err != nil {
		return nil, err
	}
	shown := map[int64]Listed{}
	for _, l := range kept {
		shown[l.ID] = l
	}
	out := list[:0]
	for _, t := range list {
		a, hasA := shown[t.A.ID]
		b, hasB := shown[t.B.ID]
		if t.A.ID == t.B.ID || !hasA && !hasB {
			continue
		}
		if !hasA {
			a = items[t.A.ID]
		}
		if !hasB {
			b = items[t.B.ID]
		}
		if a.ID != 0 && b.ID != 0 {
			t.A, t.B = a, b
			out = append(out, t)
		}
	}
	return out, nil
}
