package cmdb

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// What may differ since a time, in four lists, each by time and number: past
// forms of items that ended after it (only the first of each item), items that
// are newer and have no such form, and the same for relations.
var candidateSQL = [...]string{
	`SELECT p.until, p.item FROM ci_past AS p WHERE (p.until, p.item) > ($2, $3)
		AND NOT EXISTS (SELECT 1 FROM ci_past AS e WHERE e.item = p.item AND e.until > $1 AND e.until < p.until) ORDER BY p.until, p.item LIMIT $4`,
	`SELECT c.created_at, c.id FROM ci AS c WHERE (c.created_at, c.id) > ($2, $3)
		AND NOT EXISTS (SELECT 1 FROM ci_past AS e WHERE e.item = c.id AND e.until > $1) ORDER BY c.created_at, c.id LIMIT $4`,
	`SELECT p.until, p.relation FROM ci_relation_past AS p WHERE (p.until, p.relation) > ($2, $3)
		AND NOT EXISTS (SELECT 1 FROM ci_relation_past AS e WHERE e.relation = p.relation AND e.until > $1 AND e.until < p.until) ORDER BY p.until, p.relation LIMIT $4`,
	`SELECT c.since, c.id FROM ci_relation AS c WHERE (c.since, c.id) > ($2, $3)
		AND NOT EXISTS (SELECT 1 FROM ci_relation_past AS e WHERE e.relation = c.id AND e.until > $1) ORDER BY c.since, c.id LIMIT $4`,
}

// candidate is one thing that may differ.
type candidate struct {
	at time.Time
	id int64
}

// candidates returns what may differ since a time, of one of the four lists,
// after a candidate.
func candidates(q db.Querier, list int, since time.Time, after candidate, limit int) ([]candidate, error) {
	return db.Collect(q, func(r *db.Rows) (c candidate, err error) {
		var at int64
		err = r.Scan(&at, &c.id)
		c.at = db.Time(at)
		return c, err
	}, candidateSQL[list], db.Micros(since), db.Micros(after.at), after.id, limit)
}

// itemNames returns kind and name of items as they are now.
func itemNames(q db.Querier, ids []int64) (map[int64]itemName, error) {
	out := make(map[int64]itemName, len(ids))
	for part := range slices.Chunk(ids, 500) {
		list, err := db.Collect(q, func(r *db.Rows) (n itemName, err error) { return n, r.Scan(&n.id, &n.Kind, &n.Name, &n.Env, &n.Team) },
			"SELECT id, kind, name, env, team FROM ci WHERE id IN "+db.In(1, len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			out[n.id] = n
		}
	}
	return out, nil
}

type itemName struct {
	id         int64
	Kind, Name string
	Env, Team  string
}

// serviceItem returns the item of a catalog service by its name or an alias; 0
// for none.
func serviceItem(q db.Querier, service string) (int64, error) {
	ids, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		`SELECT i.item FROM ci_identifier AS i JOIN ci AS c ON c.id = i.item
		WHERE i.scheme = $1 AND i.value = $2 AND c.kind = $3 AND c.merged_into = 0 ORDER BY i.item LIMIT 1`, SchemeService, service, KindService)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}
