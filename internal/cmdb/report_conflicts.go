package cmdb

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

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

// valuesOf parses attributes as stored.
func valuesOf(text string) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &out) // written by us
	return out
}
