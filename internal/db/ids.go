package db

import (
	"context"
	"strings"
	"sync"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// ids hands out record numbers. On SQLite they live in memory (there is one
// process) and are saved with each commit; on PostgreSQL each kind is a
// sequence, so that taking a number never serialises transactions.
type ids struct {
	mu    sync.Mutex
	next  map[string]int64 // SQLite: last number given
	dirty map[string]bool
	known map[string]bool    // PostgreSQL: sequences that exist
	block map[string][]int64 // PostgreSQL: numbers fetched ahead for busy kinds
}

// ahead are the kinds whose numbers people do not read in order; they are
// fetched in blocks, so a restart leaves a gap.
var ahead = map[string]bool{"leaf": true, "epi": true, string(ref.Message): true}

const blockSize = 256

func (g *ids) load(ctx context.Context, d *DB) error {
	g.next, g.dirty = map[string]int64{}, map[string]bool{}
	g.known, g.block = map[string]bool{}, map[string][]int64{}
	rows, err := d.read.QueryContext(ctx, "SELECT kind, n FROM counter")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return err
		}
		g.next[kind] = n
	}
	return rows.Err()
}

// take returns n growing numbers of a kind.
func (g *ids) take(tx *Tx, kind ref.Kind, n int) ([]int64, error) {
	name := strings.ToLower(string(kind))
	out := make([]int64, n)
	if tx.d.dialect.SQLite() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for i := range out {
			g.next[name]++
			out[i] = g.next[name]
		}
		g.dirty[name] = true
		return out, nil
	}
	if err := g.ensure(tx.ctx, tx.d, name); err != nil {
		return nil, err
	}
	if !ahead[name] && !ahead[string(kind)] || n > blockSize {
		return fetch(tx, name, n)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range out {
		if len(g.block[name]) == 0 {
			more, err := fetch(tx, name, blockSize)
			if err != nil {
				return nil, err
			}
			g.block[name] = more
		}
		out[i], g.block[name] = g.block[name][0], g.block[name][1:]
	}
	return out, nil
}

func fetch(tx *Tx, name string, n int) ([]int64, error) {
	return Collect(tx, func(r *Rows) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT nextval('id_"+name+"') FROM generate_series(1, $1)", n)
}

// ensure makes the kind's sequence at its first use, outside the transaction,
// because a failed statement would end it. It starts behind what a restore
// left in the counter table.
func (g *ids) ensure(ctx context.Context, d *DB, name string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known[name] {
		return nil
	}
	if _, err := d.side.ExecContext(ctx, "CREATE SEQUENCE IF NOT EXISTS id_"+name); err != nil && !IsUnique(err) {
		return translate(err) // a unique violation: another replica made it at the same moment
	}
	if n := g.next[name]; n > 0 {
		if _, err := d.side.ExecContext(ctx, "SELECT setval('id_"+name+"', greatest($1, nextval('id_"+name+"')))", n); err != nil {
			return translate(err)
		}
	}
	g.known[name] = true
	return nil
}

// save writes the numbers given since the last commit (SQLite).
func (g *ids) save(c *conn) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for kind := range g.dirty {
		if _, err := c.ExecContext(context.Background(),
			"INSERT INTO counter (kind, n) VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE SET n = excluded.n", kind, g.next[kind]); err != nil {
			return err
		}
	}
	clear(g.dirty) // if the commit fails, the next number taken marks it dirty again and saves a larger one
	return nil
}
