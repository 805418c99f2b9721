package cmdb

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Filter narrows a list of items; the zero Filter lists all that are not
// retired.
type Filter struct {
	Kind      string
	State     State // "": present and stale
	All       bool  // with State "": also retired ones
	Env       string
	Team      string
	Source    string // seen by this source now
	Text      string // the name begins with it
	Conflicts bool   // sources differ about it
}

// MostListed bounds a page of a list.
const MostListed = 500

// List returns items after a cursor ("": from the start), and the cursor of the
// next page ("": there is none). The order is by name; of stale, retired and
// conflicting ones by number; of a source by its keys.
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) (out []Item, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.list", err)
	}
	if limit < 1 || limit > MostListed {
		limit = MostListed
	}
	after, err := parseCursor(cursor)
	if err == nil && f.State != "" && !slices.Contains(States, f.State) {
		err = errs.BadField("state", string(f.State), "use one of "+joined(States))
	}
	if err != nil {
		return nil, "", errs.Wrap("cmdb.list", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		out, next = nil, ""
		var bySource []int64
		if f.Source != "" {
			if bySource, err = originsOfSource(q, f.Source); err != nil || len(bySource) == 0 {
				return err
			}
		}
		rows, places, err := listed(q, f, after, bySource, limit+1)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows, next = rows[:limit], places[limit-1].cursor()
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.id
		}
		seen, err := lastSeen(q, ids)
		if err != nil {
			return err
		}
		told := map[int64]bool{} // a source may see an item under two keys
		for _, r := range rows {
			if told[r.id] {
				continue
			}
			told[r.id] = true
			i, err := r.whole()
			if err != nil {
				return err
			}
			i.LastSeen = at(max(r.last, seen[r.id]))
			out = append(out, i)
		}
		return nil
	})
	return out, next, errs.Wrap("cmdb.list", err)
}

func (p place) cursor() string {
	text, _ := json.Marshal([]any{p.word, p.id, p.origin}) // texts and numbers cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(s string) (p place, err error) {
	if s == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(text, &[]any{&p.word, &p.id, &p.origin})
	}
	if err != nil {
		return place{}, errs.BadField("cursor", s, "use the one that the page before gave")
	}
	return p, nil
}
