package cmdb

import (
	"context"
	"encoding/json"
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

// Claim is what one source says.
type Claim struct {
	Source string
	Scope  string
	Value  string // JSON for attributes, text for the item's own fields
	Since  time.Time
	Last   time.Time
	Used   bool // what the item shows
}

// Conflict is an attribute on which sources differ.
type Conflict struct {
	Item   Listed
	Field  string // "attributes.size", "env", "team"
	Claims []Claim
}

// Conflicts returns on what sources differ, by item, whom the rules believe,
// and since when each says so. limit is in items.
func (s *Service) Conflicts(ctx context.Context, f ReportFilter, cursor string, limit int) (out []Conflict, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.conflicts", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		var items []Listed
		if items, next, err = f.indexed(q, now, conflictsSQL, cursor, limit); err != nil {
			return err
		}
		out, err = conflictsOf(q, items)
		return err
	})
	return out, next, errs.Wrap("cmdb.conflicts", err)
}

func conflictsOf(q db.Querier, items []Listed) (out []Conflict, err error) {
	ids := make([]int64, len(items))
	for i, l := range items {
		ids[i] = l.ID
	}
	rows, err := rowsByID(q, ids)
	if err != nil {
		return nil, err
	}
	said, err := obsOfItems(q, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range items {
		row := rows[l.ID]
		if row == nil {
			continue
		}
		claims := map[string][]Claim{}
		for _, o := range said[l.ID] {
			if o.absent > 0 {
				continue
			}
			content, err := o.content()
			if err != nil {
				return nil, err
			}
			claim := func(field, value string, used bool) {
				if value != "" {
					claims[field] = append(claims[field], Claim{o.source, o.scope, value, db.Time(o.first), db.Time(o.seen()), used})
				}
			}
			claim("env", content.Env, content.Env == row.env)
			claim("team", content.Team, content.Team == row.team)
			values := valuesOf(row.attributes)
			for name, v := range content.Attributes {
				claim("attributes."+name, string(v), string(v) == string(values[name]))
			}
		}
		for _, field := range slices.Sorted(maps.Keys(claims)) {
			list := claims[field]
			if slices.ContainsFunc(list, func(c Claim) bool { return c.Value != list[0].Value }) {
				slices.SortFunc(list, func(a, b Claim) int { return strings.Compare(a.Source+"\x00"+a.Scope, b.Source+"\x00"+b.Scope) })
				out = append(out, Conflict{l, field, list})
			}
		}
	}
	return out, nil
}

// Dangling is a relation of which nobody knows an end.
type Dangling struct {
	ID       int64
	Source   string
	Scope    string
	From, To string // as the source names them: "key:web", "database=postgresql/db-1/orders"
	FromItem int64  // 0: nobody knows it
	ToItem   int64
	Kind     RelationKind
	Since    time.Time
	LastSeen time.Time
	origin   int64
}

// DanglingRelations returns relations with an end that nobody knows; they join
// the map when it appears.
func (s *Service) DanglingRelations(ctx context.Context, f ReportFilter, cursor string, limit int) (out []Dangling, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.dangling", err)
	}
	after, err := afterNumber(cursor, false)
	if err != nil {
		return nil, "", errs.Wrap("cmdb.dangling", err)
	}
	limit = pageOf(limit)
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		scope, err := f.ready(q, now)
		if err != nil {
			return err
		}
		out, next = nil, ""
		for range maxWindows {
			list, err := danglingRows(q, after, limit+1)
			if err != nil {
				return err
			}
			for i, d := range list {
				if i == limit {
					break
				}
				after = d.ID
				if d.FromItem, err = knownEnd(q, d.origin, d.From); err != nil {
					return err
				}
				if d.ToItem, err = knownEnd(q, d.origin, d.To); err != nil {
					return err
				}
				if f.Source != "" && d.Source != f.Source || scope.part != nil && !scope.part[d.FromItem] && !scope.part[d.ToItem] {
					continue
				}
				if out = append(out, d); len(out) == limit {
					if i < len(list)-1 {
						next = strconv.FormatInt(d.ID, 10)
					}
					return nil
				}
			}
			if len(list) <= limit {
				return nil
			}
		}
		next = strconv.FormatInt(after, 10)
		return nil
	})
	return out, next, errs.Wrap("cmdb.dangling", err)
}

// knownEnd is the item that an end of a relation names; 0 for none.
func knownEnd(q db.Querier, origin int64, text string) (int64, error) {
	e := parseEnd(text)
	if e.Key != "" {
		return itemOfKey(q, origin, e.Key)
	}
	id := Identifier{e.Scheme, e.Value}
	found, err := bearers(q, []Identifier{id})
	for _, b := range found[id] {
		if e.Kind == "" || b.kind == e.Kind {
			return b.item, err
		}
	}
	return 0, err
}

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

// valuesOf parses attributes as stored.
func valuesOf(text string) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &out) // written by us
	return out
}
