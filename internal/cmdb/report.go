package cmdb

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Listed is an item as reports show it.
type Listed struct {
	ID       int64
	Kind     string
	Name     string
	Env      string
	Team     string
	State    State
	LastSeen time.Time
	Sources  []string // who tells of it, by name
}

// ReportFilter narrows a report.
type ReportFilter struct {
	Service string // this service and everything it needs, by name or alias
	Source  string // this source tells of it
	Env     string
	Kind    string
	Team    string
}

// window is how many numbers one query walks, maxWindows how many queries one
// page costs at most; then the page is given with what was found, and its
// cursor goes on from there.
const (
	window     = 20_000
	maxWindows = 10
)

// reportScope is a filter made ready.
type reportScope struct {
	ReportFilter
	part map[int64]bool // nil: no service asked for
}

func (f ReportFilter) ready(q db.Querier, now time.Time) (reportScope, error) {
	s := reportScope{ReportFilter: f}
	if f.Service == "" {
		return s, nil
	}
	root, err := theService(q, f.Service)
	if err != nil {
		return s, err
	}
	p, err := partAt(q, root, now)
	s.part = map[int64]bool{}
	for id := range p.items {
		s.part[id] = true
	}
	return s, err
}

// keep returns those of the items that the filter lets through, with sources.
func (s reportScope) keep(q db.Querier, list []Listed) ([]Listed, error) {
	list = slices.DeleteFunc(list, func(l Listed) bool {
		return s.part != nil && !s.part[l.ID] || s.Env != "" && l.Env != s.Env || s.Kind != "" && l.Kind != s.Kind || s.Team != "" && l.Team != s.Team
	})
	ids := make([]int64, len(list))
	for i, l := range list {
		ids[i] = l.ID
	}
	sources, err := sourcesOf(q, ids)
	for i := range list {
		list[i].Sources = sources[list[i].ID]
	}
	if s.Source != "" {
		list = slices.DeleteFunc(list, func(l Listed) bool { return !slices.Contains(l.Sources, s.Source) })
	}
	return list, err
}

// pageOf is the size of a page that was asked for.
func pageOf(limit int) int {
	if limit <= 0 || limit > 1000 {
		return 100
	}
	return limit
}

// afterNumber reads a cursor that is a number; "" is the start. Numbers of items
// have 32 bits.
func afterNumber(cursor string, limit32 bool) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt32 && limit32 {
		return 0, errs.BadField("cursor", cursor, "use the cursor of the page before, unchanged")
	}
	return n, nil
}

// walkItems collects a page of a report over items by number. query takes after,
// until and limit; more drops what the query could not tell.
func walkItems(q db.Querier, query string, s reportScope, cursor string, limit int, more func(list []Listed) ([]Listed, error)) (out []Listed, next string, err error) {
	after, err := afterNumber(cursor, true)
	if err != nil {
		return nil, "", err
	}
	end, err := newestItem(q)
	if err != nil {
		return nil, "", err
	}
	limit = pageOf(limit)
	for range maxWindows {
		until := min(after+window, math.MaxInt32)
		list, err := listItems(q, query, after, until, 2*limit)
		if err != nil {
			return nil, "", err
		}
		reached := until
		if len(list) == 2*limit {
			reached = list[len(list)-1].ID
		}
		if list, err = more(list); err != nil {
			return nil, "", err
		}
		if list, err = s.keep(q, list); err != nil {
			return nil, "", err
		}
		for _, l := range list {
			if out = append(out, l); len(out) == limit {
				return out, strconv.FormatInt(l.ID, 10), nil
			}
		}
		if after = reached; after >= end {
			return out, "", nil
		}
	}
	return out, strconv.FormatInt(after, 10), nil
}

func keepAll(list []Listed) ([]Listed, error) { return list, nil }

// Orphans returns items that need nothing, that nothing needs, and that belong
// to nothing: either nobody uses them or the map does not know it. A page may be
// short and still have a next one.
func (s *Service) Orphans(ctx context.Context, f ReportFilter, cursor string, limit int) (out []Listed, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.orphans", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		scope, err := f.ready(q, now)
		if err != nil {
			return err
		}
		out, next, err = walkItems(q, orphanSQL, scope, cursor, limit, keepAll)
		return err
	})
	return out, next, errs.Wrap("cmdb.orphans", err)
}

// Ownerless returns items that name no team, are owned by nobody, and are no
// part of anything that has an owner.
func (s *Service) Ownerless(ctx context.Context, f ReportFilter, cursor string, limit int) (out []Listed, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.ownerless", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		scope, err := f.ready(q, now)
		if err != nil {
			return err
		}
		out, next, err = walkItems(q, ownerlessSQL, scope, cursor, limit, func(list []Listed) ([]Listed, error) { return withoutOwnerAbove(q, list) })
		return err
	})
	return out, next, errs.Wrap("cmdb.ownerless", err)
}

// withoutOwnerAbove drops items of which something that they are part of has an
// owner, up to eight levels up.
func withoutOwnerAbove(q db.Querier, list []Listed) ([]Listed, error) {
	above := make(map[int64][]int64, len(list)) // item → what it is part of, at the present level
	for _, l := range list {
		above[l.ID] = []int64{l.ID}
	}
	owned := map[int64]bool{}
	for range 8 {
		at := map[int64]bool{}
		for id, list := range above {
			if !owned[id] {
				for _, w := range list {
					at[w] = true
				}
			}
		}
		wholes, err := wholesOf(q, slices.Sorted(maps.Keys(at)))
		if err != nil {
			return nil, err
		}
		if len(wholes) == 0 {
			break
		}
		var up []int64
		for _, list := range wholes {
			up = append(up, list...)
		}
		slices.Sort(up)
		names, err := itemNames(q, slices.Compact(up))
		if err != nil {
			return nil, err
		}
		for id, list := range above {
			var further []int64
			for _, w := range list {
				for _, whole := range wholes[w] {
					owned[id] = owned[id] || names[whole].Team != ""
					further = append(further, whole)
				}
			}
			slices.Sort(further)
			above[id] = slices.Compact(further)
		}
	}
	return slices.DeleteFunc(list, func(l Listed) bool { return owned[l.ID] }), nil
}

// Stale returns items that their sources do not see any more and that are not
// retired yet.
func (s *Service) Stale(ctx context.Context, f ReportFilter, cursor string, limit int) (out []Listed, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.stale", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		out, next, err = f.indexed(q, now, staleSQL, cursor, limit)
		return err
	})
	return out, next, errs.Wrap("cmdb.stale", err)
}

// indexed is a page of a list that has an index of its own.
func (f ReportFilter) indexed(q db.Querier, now time.Time, query, cursor string, limit int) (out []Listed, next string, err error) {
	scope, err := f.ready(q, now)
	if err != nil {
		return nil, "", err
	}
	after, err := afterNumber(cursor, true)
	if err != nil {
		return nil, "", err
	}
	limit = pageOf(limit)
	for range maxWindows {
		list, err := listItems(q, query, after, limit+1)
		if err != nil || len(list) == 0 {
			return out, "", err
		}
		more := len(list) > limit
		after = list[len(list)-1].ID
		kept, err := scope.keep(q, list)
		if err != nil {
			return nil, "", err
		}
		for _, l := range kept {
			if len(out) == limit {
				return out, strconv.FormatInt(out[limit-1].ID, 10), nil
			}
			out = append(out, l)
		}
		if !more {
			return out, "", nil
		}
	}
	return out, strconv.FormatInt(after, 10), nil
}
