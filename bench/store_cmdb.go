package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
)

// fillMap writes a generated map into a database, as imports would have left
// it; these are measured apart. Indexes of SQLite are built at the end.
func fillMap(ctx context.Context, d *db.DB, m *estate) error {
	var indexes []string
	err := fill(ctx, d, func(tx *db.Tx) error {
		for _, table := range []string{"ci", "ci_relation", "ci_relation_past"} {
			if !tx.Dialect().SQLite() {
				break
			}
			list, err := withoutIndexes(tx, table)
			if err != nil {
				return err
			}
			indexes = append(indexes, list...)
		}
		return nil
	})
	if err == nil {
		err = fillItems(ctx, d, m)
	}
	if err == nil {
		err = fillRelations(ctx, d, m)
	}
	if err != nil {
		return err
	}
	return fill(ctx, d, func(tx *db.Tx) error {
		for _, sql := range indexes {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		// A snapshot tells by the newest delta up to where it is.
		if _, err := tx.Exec("INSERT INTO ci_delta (id, at, body) VALUES (1, $1, $2)", m.now*1e6, graph.Delta{}.Encode()); err != nil {
			return err
		}
		for kind, table := range map[string]string{"ci": "ci", "cirelation": "ci_relation", "cidelta": "ci_delta"} { // numbers go on behind
			if _, err := tx.Exec("INSERT INTO counter (kind, n) SELECT $1, max(id) FROM "+table+" WHERE TRUE ON CONFLICT (kind) DO UPDATE SET n = excluded.n", kind); err != nil {
				return err
			}
		}
		_, err := tx.Exec("ANALYZE")
		return err
	})
}

// joinService makes applications parts of a service of the catalog.
func joinService(ctx context.Context, d *db.DB, m *estate, service string, parts int) error {
	return fill(ctx, d, func(tx *db.Tx) error {
		var item, last int64
		if err := tx.QueryRow("SELECT item FROM ci_identifier WHERE scheme = 'service' AND value = $1", service).Scan(&item); err != nil {
			return err
		}
		if err := tx.QueryRow("SELECT max(id) FROM ci_relation").Scan(&last); err != nil {
			return err
		}
		for n := range min(parts, len(m.apps)) {
			at := m.now * 1e6
			_, err := tx.Exec("INSERT INTO ci_relation (id, from_item, to_item, kind, hard, grp, need, provenance, flow, state, since, last_seen, next_at, revision, updated_at) VALUES "+db.Values(1, 15),
				last+1+int64(n), int64(m.apps[n]), item, int64(graph.PartOf), true, "", int64(0), int64(1), "", "present", at, at, int64(0), int64(1), at)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func fill(ctx context.Context, d *db.DB, f func(*db.Tx) error) error {
	return d.Write(ctx, actor.Job("bench"), "a map", func(tx *db.Tx) error {
		tx.Unrecorded("a map for measuring")
		if tx.Dialect().SQLite() {
			if _, err := tx.Exec("PRAGMA cache_size = -1000000"); err != nil { // 1 GB, for the indexes
				return err
			}
		}
		return f(tx)
	})
}

// rows collects rows and inserts many at once, each time in a transaction:
// PostgreSQL would end one that waits for the generator.
type rows struct {
	ctx  context.Context
	d    *db.DB
	head string
	cols int
	list [][]any
	err  error
}

func (r *rows) add(values ...any) {
	if r.list = append(r.list, values); len(r.list) == 50_000 {
		r.flush()
	}
}

func (r *rows) flush() {
	if r.err == nil {
		r.err = fill(r.ctx, r.d, func(tx *db.Tx) error {
			for part := range slices.Chunk(r.list, 2048) {
				if err := tx.InsertMany(r.head, "", r.cols, part); err != nil {
					return err
				}
			}
			return nil
		})
	}
	r.list = r.list[:0]
}

func fillItems(ctx context.Context, d *db.DB, m *estate) error {
	r := rows{ctx: ctx, d: d, cols: 18, head: "INSERT INTO ci (id, kind, name, word, env, team, state, attributes, identifiers, origins, conflicts, merged_into, first_seen, last_seen, next_at, version, created_at, updated_at) VALUES "}
	at := (m.now - 400*86400) * 1e6
	for id := 1; id < len(m.kinds); id++ {
		name := fmt.Sprintf("%s-%d", m.kinds[id], id)
		r.add(int64(id), m.kinds[id], name, name, "production", "", "present", `{"size":"large"}`, "[]", "{}", int64(0), int64(0), at, at, int64(0), int64(1), at, at)
	}
	r.flush()
	return r.err
}

func fillRelations(ctx context.Context, d *db.DB, m *estate) error {
	now := rows{ctx: ctx, d: d, cols: 15, head: "INSERT INTO ci_relation (id, from_item, to_item, kind, hard, grp, need, provenance, flow, state, since, last_seen, next_at, revision, updated_at) VALUES "}
	past := rows{ctx: ctx, d: d, cols: 10, head: "INSERT INTO ci_relation_past (relation, until, since, from_item, to_item, kind, hard, grp, need, provenance) VALUES "}
	m.history(.2, func(e graph.Edge, group string) {
		since, until := e.Since*1e6, e.Until*1e6
		if e.Until != 0 {
			past.add(e.ID, until, since, int64(e.From), int64(e.To), int64(e.Kind), e.Hard, group, int64(e.Need), int64(e.Provenance))
			return
		}
		now.add(e.ID, int64(e.From), int64(e.To), int64(e.Kind), e.Hard, group, int64(e.Need), int64(e.Provenance), "", "present", since, since, int64(0), e.Revision, since)
	})
	now.flush()
	past.flush()
	return errors.Join(now.err, past.err)
}

// The recursive query for who needs an item, as good as each engine knows it:
// PostgreSQL allows one mention of what was found, SQLite plans a union best
// as two. Kinds 2 and 6 are those of which From is needed.
const (
	reachSQLite = `WITH RECURSIVE up (id) AS (SELECT $1
		UNION SELECT r.from_item FROM up JOIN ci_relation AS r ON r.to_item = up.id WHERE r.kind IN (0, 1, 3, 4) AND r.state <> 'retired'
		UNION SELECT r.to_item FROM up JOIN ci_relation AS r ON r.from_item = up.id WHERE r.kind IN (2, 6) AND r.state <> 'retired') SELECT COUNT(*) - 1 FROM up`
	reachPostgres = `WITH RECURSIVE up (id) AS (SELECT $1::integer UNION SELECT n.id FROM up CROSS JOIN LATERAL (
		SELECT r.from_item AS id FROM ci_relation AS r WHERE r.to_item = up.id AND r.kind IN (0, 1, 3, 4) AND r.state <> 'retired'
		UNION ALL SELECT r.to_item FROM ci_relation AS r WHERE r.from_item = up.id AND r.kind IN (2, 6) AND r.state <> 'retired') AS n) SELECT COUNT(*) - 1 FROM up`
)

// reachInSQL is how many items reach one, and how long the database takes to tell.
func reachInSQL(ctx context.Context, d *db.DB, item uint32) (n int, took time.Duration, err error) {
	err = d.Read(ctx, func(q db.Querier) error {
		query := reachSQLite
		if !q.Dialect().SQLite() {
			query = reachPostgres
		}
		start := time.Now()
		err := q.QueryRow(query, int64(item)).Scan(&n)
		took = time.Since(start)
		return err
	})
	return n, took, err
}
