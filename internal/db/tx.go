package db

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Rows and Row are the results of queries.
type (
	Rows = sql.Rows
	Row  = sql.Row
)

// Querier reads: a snapshot from Read, or a Tx.
type Querier interface {
	Query(query string, args ...any) (*Rows, error)
	QueryRow(query string, args ...any) *Row
	Context() context.Context
	Dialect() *Dialect
}

// runner is what *sql.Tx, *sql.Conn and the committer's connection share.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Snapshot is a consistent view of the database for reading.
type Snapshot struct {
	ctx context.Context
	d   *DB
	r   runner
}

// Query runs a SELECT; close the rows, or use Collect.
func (s *Snapshot) Query(query string, args ...any) (*Rows, error) {
	rows, err := s.r.QueryContext(s.ctx, s.d.dialect.text(query), args...)
	return rows, translate(err)
}

// QueryRow runs a SELECT of at most one row.
func (s *Snapshot) QueryRow(query string, args ...any) *Row {
	return s.r.QueryRowContext(s.ctx, s.d.dialect.text(query), args...)
}

// Context is the caller's context.
func (s *Snapshot) Context() context.Context { return s.ctx }

// Dialect is the engine's.
func (s *Snapshot) Dialect() *Dialect { return s.d.dialect }

// Tx is a transaction that changes data; see DB.Write.
type Tx struct {
	Snapshot
	Now    time.Time   // one time for the whole transaction, UTC, microseconds
	Actor  actor.Actor // who acts
	Reason string      // why, in the program's fixed words

	entries    []evidence.Entry
	wrote      bool
	unrecorded string
	after      []func()
}

// Exec runs one INSERT, UPDATE or DELETE and returns the number of rows it
// changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	res, err := tx.r.ExecContext(tx.ctx, tx.d.dialect.text(query), args...)
	if err != nil {
		return 0, translate(err)
	}
	n, err := res.RowsAffected()
	if n > 0 {
		tx.wrote = true
	}
	return n, err
}

// Record appends an evidence entry when the transaction commits.
func (tx *Tx) Record(e evidence.Entry) { tx.entries = append(tx.entries, e) }

// Unrecorded says why this transaction needs no evidence: housekeeping that
// changes no state a person can see, such as a session's last-seen time.
func (tx *Tx) Unrecorded(why string) { tx.unrecorded = why }

// After runs f once the transaction is committed; use it to wake workers and
// drop caches.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

// ForUpdate is the clause that locks selected rows; empty on SQLite.
func (tx *Tx) ForUpdate() string { return tx.d.dialect.ForUpdate() }

// SkipLocked is the clause that claims rows nobody else works on.
func (tx *Tx) SkipLocked() string { return tx.d.dialect.SkipLocked() }

// NextID returns a new number of the kind: the 1042 of INC-1042. Numbers grow;
// a rolled back transaction leaves a gap.
func (tx *Tx) NextID(kind ref.Kind) (int64, error) {
	ids, err := tx.d.ids.take(tx, kind, 1)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// NextIDs returns n new numbers of the kind, growing.
func (tx *Tx) NextIDs(kind ref.Kind, n int) ([]int64, error) { return tx.d.ids.take(tx, kind, n) }

// How many parameters one statement takes. SQLite allows 32,766
// (https://www.sqlite.org/limits.html) and runs in this process, so that small
// statements, which stay in its cache, are as good; PostgreSQL allows 65,535
// and every statement is a round trip.
const (
	liteVars     = 1024
	postgresVars = 32 * 1024
)

// InsertMany inserts rows of cols values each in few statements. head ends
// with "VALUES "; tail is "" or an ON CONFLICT clause. Batches are cut to
// powers of two so that the set of prepared statements stays small.
func (tx *Tx) InsertMany(head, tail string, cols int, rows [][]any) error {
	limit, maxVars := 1, liteVars
	if !tx.d.dialect.SQLite() {
		maxVars = postgresVars
	}
	for limit*2*cols <= maxVars {
		limit *= 2
	}
	args := make([]any, 0, min(limit, len(rows))*cols)
	for len(rows) > 0 {
		n := limit
		for n > len(rows) {
			n /= 2
		}
		args = args[:0]
		for _, row := range rows[:n] {
			if len(row) != cols {
				return fmt.Errorf("db: InsertMany %q: row of %d values, want %d", head, len(row), cols)
			}
			args = append(args, row...)
		}
		if _, err := tx.Exec(head+Values(n, cols)+tail, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// Values is "($1,$2),($3,$4)" for rows × cols parameters.
func Values(rows, cols int) string {
	var b strings.Builder
	n := 1
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j := range cols {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			n++
		}
		b.WriteByte(')')
	}
	return b.String()
}

// In is "($first,$first+1,…)" for n parameters, for use after IN. n must be at
// least 1; cut long lists into chunks, see Chunks.
func In(first, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

// Collect runs a query and scans every row.
func Collect[T any](q Querier, scan func(*Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, translate(rows.Err())
}

// Read runs fn on a consistent snapshot.
func (d *DB) Read(ctx context.Context, fn func(q Querier) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if !d.dialect.SQLite() {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.read.BeginTx(ctx, opts)
	if err != nil {
		return translate(err)
	}
	defer tx.Rollback() // a read has nothing to commit
	return translate(fn(&Snapshot{ctx: ctx, d: d, r: tx}))
}
