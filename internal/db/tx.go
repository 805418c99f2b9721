package db

import (
	"context"
	"database/sql"
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

	memory memory
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

	line       *pipeline // PostgreSQL: statements that wait; nil on SQLite
	failed     error     // of statements that waited, where the query after them cannot say it
	entries    []evidence.Entry
	wrote      bool
	unrecorded string
	after      []func()
}

// Query runs a SELECT that sees what the transaction did so far; close the
// rows, or use Collect.
func (tx *Tx) Query(query string, args ...any) (*Rows, error) {
	if err := tx.Flush(); err != nil {
		return nil, err
	}
	return tx.Snapshot.Query(query, args...)
}

// QueryRow runs a SELECT of at most one row.
func (tx *Tx) QueryRow(query string, args ...any) *Row {
	if err := tx.Flush(); err != nil {
		tx.failed = err // a Row carries no error of ours: this query fails too, and the transaction says why
	}
	return tx.Snapshot.QueryRow(query, args...)
}

// Later runs one INSERT, UPDATE or DELETE whose answer nobody needs: on
// PostgreSQL it is sent together with the next statement or the commit, and its
// error arises there. What others may collide with and the caller wants to put
// into words goes through Exec.
func (tx *Tx) Later(query string, args ...any) error {
	if tx.line == nil {
		_, err := tx.Exec(query, args...)
		return err
	}
	tx.line.waiting = append(tx.line.waiting, statement{query, args})
	return nil
}

// Flush sends what Later and InsertMany left waiting, and returns its error.
func (tx *Tx) Flush() error {
	if tx.line == nil {
		return nil
	}
	changed, err := tx.line.flush(tx.ctx)
	if changed > 0 {
		tx.wrote = true
	}
	return translate(err)
}

// Exec runs one INSERT, UPDATE or DELETE and returns the number of rows it
// changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if err := tx.Flush(); err != nil {
		return 0, err
	}
	tx.memory.forget()
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

// Args is a list as parameters of a statement, for use with In.
func Args[T any](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
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
