package cmdb

import (
	"context"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

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
