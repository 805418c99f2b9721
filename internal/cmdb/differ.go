package cmdb

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Difference is one item or relation that is not what it was.
type Difference struct {
	What    string // "item:12", "relation:7"; names it in decisions on drift
	Verb    string // "added", "removed", "changed"
	Item    int64  // the item, or the relation's From
	Kind    string // of the item, or of the relation's From
	Name    string
	Other   int64 // the relation's To; 0 for an item
	OtherK  string
	OtherN  string
	Link    RelationKind // empty for an item
	Since   time.Time    // when the present form began; zero when it is gone
	Changes []FieldChange
	Form    string // digest of the present form; empty when it is gone
	Left    bool   // it is still there, but no longer belongs to what is looked at; or was there before
	Note    string // what somebody explained, see Drift
}

// Verbs of differences.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Span says what to compare, and when.
type Span struct {
	From, To time.Time // To zero: now
	Item     int64     // only this item and its relations
	Service  string    // only this service and everything it needs, by name or alias
	Cursor   string
	Limit    int
}

// Differences returns what differs between two times, and the cursor of the
// next page ("": there is none). A page may be short, even empty, and still
// have a next one.
func (s *Service) Differences(ctx context.Context, span Span) (out []Difference, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.diff", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		if span.To.IsZero() {
			span.To = now
		}
		if span.From.IsZero() || !span.From.Before(span.To) {
			return errs.BadField("from", span.From.Format(time.RFC3339), "name a time before "+span.To.Format(time.RFC3339))
		}
		out, next, err = differences(q, span)
		return err
	})
	return out, next, errs.Wrap("cmdb.diff", err)
}

// read reads with the database's time.
func (s *Service) read(ctx context.Context, fn func(q db.Querier, now time.Time) error) error {
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	return s.db.Read(ctx, func(q db.Querier) error { return fn(q, now) })
}

func differences(q db.Querier, span Span) (out []Difference, next string, err error) {
	if span.Limit <= 0 || span.Limit > 1000 {
		span.Limit = 100
	}
	switch {
	case span.Item != 0 && noNumber(span.Item):
		return nil, "", errs.BadField("item", ref.N(ref.Item, span.Item).String(), "there is no such item; look it up on the map")
	case span.Item != 0:
		then, err := around(q, span.Item, span.From)
		if err != nil {
			return nil, "", err
		}
		now, err := around(q, span.Item, span.To)
		if err != nil {
			return nil, "", err
		}
		out, next = cutPage(comparePictures(then, now), span)
	case span.Service != "":
		root, err := theService(q, span.Service)
		if err != nil {
			return nil, "", err
		}
		then, err := partAt(q, root, span.From)
		if err != nil {
			return nil, "", err
		}
		now, err := partAt(q, root, span.To)
		if err != nil {
			return nil, "", err
		}
		list, err := comparePart(q, then, now, span.From, span.To)
		if err != nil {
			return nil, "", err
		}
		out, next = cutPage(list, span)
	default:
		if out, next, err = differAll(q, span); err != nil {
			return nil, "", err
		}
	}
	return out, next, nameEnds(q, out)
}

// theService is the item of a catalog service.
func theService(q db.Querier, name string) (int64, error) {
	id, err := serviceItem(q, strings.ToLower(strings.TrimSpace(name)))
	if err == nil && id == 0 {
		err = errs.BadField("service", name, "there is no such service on the map; name one of the catalog")
	}
	return id, err
}

// nameEnds fills in the names of the ends.
func nameEnds(q db.Querier, list []Difference) error {
	var ids []int64
	for _, d := range list {
		if d.Link != "" {
			ids = append(ids, d.Item, d.Other)
		}
	}
	slices.Sort(ids)
	names, err := itemNames(q, slices.Compact(ids))
	if err != nil {
		return err
	}
	for i := range list {
		if d := &list[i]; d.Link != "" {
			from, to := names[d.Item], names[d.Other]
			d.Kind, d.Name, d.OtherK, d.OtherN = from.Kind, from.Name, to.Kind, to.Name
		}
	}
	return nil
}

// cutPage is a page of a list that was worked out whole; its cursor is the last
// difference shown.
func cutPage(list []Difference, span Span) ([]Difference, string) {
	if span.Cursor != "" {
		after := sortKey(span.Cursor)
		list = list[slices.IndexFunc(append(list, Difference{What: "relation:9223372036854775807"}), func(d Difference) bool { return sortKey(d.What).after(after) }):]
	}
	if len(list) <= span.Limit {
		return list, ""
	}
	return list[:span.Limit], list[span.Limit-1].What
}

type whatKey struct {
	relation bool
	id       int64
}

func sortKey(what string) whatKey {
	relation, id, _ := parseKey(what)
	return whatKey{relation, id}
}

func (k whatKey) after(o whatKey) bool {
	if k.relation != o.relation {
		return k.relation
	}
	return k.id > o.id
}

// differAll walks the four lists of candidates. Its cursor is "list.time.id".
func differAll(q db.Querier, span Span) (out []Difference, next string, err error) {
	// What ended at From exactly was over by then, so it is no candidate.
	start := candidate{at: span.From.Add(time.Microsecond)}
	list, after := 0, start
	if span.Cursor != "" {
		if list, after, err = parseDiffCursor(span.Cursor); err != nil {
			return nil, "", err
		}
	}
	for looked := 0; ; {
		page, err := candidates(q, list, span.From, after, 500)
		if err != nil {
			return nil, "", err
		}
		found, err := differCandidates(q, list, page, span)
		if err != nil {
			return nil, "", err
		}
		for _, c := range page {
			after = c
			looked++
			if d, ok := found[c.id]; ok {
				out = append(out, d)
				if len(out) == span.Limit {
					return out, diffCursor(list, after), nil
				}
			}
		}
		if len(page) < 500 {
			if list++; list == len(candidateSQL) {
				return out, "", nil
			}
			after = start
		} else if looked >= 20_000 {
			return out, diffCursor(list, after), nil
		}
	}
}

// differCandidates compares candidates at both times.
func differCandidates(q db.Querier, list int, page []candidate, span Span) (map[int64]Difference, error) {
	ids := make([]int64, len(page))
	for i, c := range page {
		ids[i] = c.id
	}
	out := map[int64]Difference{}
	if list < 2 {
		then, err := formsAt(q, ids, span.From)
		if err != nil {
			return nil, err
		}
		now, err := formsAt(q, ids, span.To)
		for _, id := range ids {
			a, had := then[id]
			b, has := now[id]
			if d, ok := differItem(a, b, had, has); ok {
				out[id] = d
			}
		}
		return out, err
	}
	then, err := relationFormsAt(q, ids, span.From)
	if err != nil {
		return nil, err
	}
	now, err := relationFormsAt(q, ids, span.To)
	for _, id := range ids {
		a, had := then[id]
		b, has := now[id]
		if d, ok := differRelation(a, b, had, has); ok {
			out[id] = d
		}
	}
	return out, err
}

func diffCursor(list int, c candidate) string {
	return fmt.Sprintf("%d.%d.%d", list, db.Micros(c.at), c.id)
}

func parseDiffCursor(s string) (list int, c candidate, err error) {
	parts := strings.Split(s, ".")
	if len(parts) == 3 {
		at, err1 := strconv.ParseInt(parts[1], 10, 64)
		id, err2 := strconv.ParseInt(parts[2], 10, 64)
		list, err = strconv.Atoi(parts[0])
		if cmp.Or(err, err1, err2) == nil && list >= 0 && list < len(candidateSQL) && (list > 1 || id <= math.MaxInt32) {
			return list, candidate{db.Time(at), id}, nil
		}
	}
	return 0, c, errs.BadField("cursor", s, "use the cursor of the page before, unchanged")
}

// ItemRef is the record of a difference: the item, or the relation's From.
func (d Difference) ItemRef() ref.Ref { return ref.N(ref.Item, d.Item) }
