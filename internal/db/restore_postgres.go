package db

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// loadPostgres copies every table of a SQLite file into an empty PostgreSQL
// database, in one transaction: either all of it is there or nothing.
func loadPostgres(ctx context.Context, work, target string) error {
	d, err := Open(ctx, Config{URL: target, NoFeed: true, Patience: -1, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return err
	}
	defer d.Close()
	lite, err := openFile(work, true)
	if err != nil {
		return err
	}
	defer lite.Close()
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		tx, err := driver.(*stdlib.Conn).Conn().Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(context.WithoutCancel(ctx))
		if err := loadTables(ctx, tx, d, lite, target); err != nil {
			return err
		}
		return tx.Commit(ctx)
	})
}

func loadTables(ctx context.Context, tx pgx.Tx, d *DB, lite *sql.DB, target string) error {
	from, err := liteTables(ctx, lite)
	if err != nil {
		return err
	}
	to, err := pgTables(ctx, d.read)
	if err != nil {
		return err
	}
	tables := common(to, from)
	if err := emptyOnly(ctx, d.read, tables, target); err != nil {
		return err
	}
	if tables, err = parentsFirst(ctx, d.read, tables); err != nil {
		return err
	}
	all := make([]string, len(tables))
	for i, t := range tables {
		all[i] = t.name
	}
	if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = 0"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "TRUNCATE "+quoted(all)); err != nil { // what migrations put there
		return err
	}
	for _, t := range tables {
		var want int64
		if err := lite.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(t.name)).Scan(&want); err != nil {
			return err
		}
		rows, err := lite.QueryContext(ctx, "SELECT "+quoted(t.columns)+" FROM "+quote(t.name))
		if err != nil {
			return err
		}
		n, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, newCopySource(rows, t))
		rows.Close()
		if err != nil {
			return fmt.Errorf("copying table %s: %w", t.name, err)
		}
		if n != want {
			return fmt.Errorf("copying table %s: %d of %d rows arrived", t.name, n, want)
		}
	}
	// Numbers go on where the backup left them; the counter table says where
	// (see ids.go). Leaves need a number above every row of the log.
	if _, err := tx.Exec(ctx, `INSERT INTO counter (kind, n) SELECT 'leaf', COALESCE(MAX(leaf_id), 0) + 1 FROM evidence
		ON CONFLICT (kind) DO UPDATE SET n = GREATEST(counter.n, excluded.n)`); err != nil {
		return err
	}
	return nil
}

// parentsFirst sorts tables so that those which others refer to come first.
func parentsFirst(ctx context.Context, pg runner, tables []table) ([]table, error) {
	rows, err := pg.QueryContext(ctx, `SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
		WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND conrelid <> confrelid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	parents := map[string][]string{}
	for rows.Next() {
		var child, parent string
		if err := rows.Scan(&child, &parent); err != nil {
			return nil, err
		}
		parents[child] = append(parents[child], parent)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var out []table
	for len(tables) > 0 {
		var wait []table
		for _, t := range tables {
			if slices.ContainsFunc(tables, func(w table) bool { return slices.Contains(parents[t.name], w.name) }) {
				wait = append(wait, t)
			} else {
				out = append(out, t)
			}
		}
		if len(wait) == len(tables) {
			return nil, errs.E(errs.Internal, "the tables refer to each other in a circle; they cannot be copied")
		}
		tables = wait
	}
	return out, nil
}

// copySource feeds rows of SQLite to COPY, in PostgreSQL's types.
type copySource struct {
	rows         *sql.Rows
	t            table
	values, into []any
	err          error
}

func newCopySource(rows *sql.Rows, t table) *copySource {
	c := &copySource{rows: rows, t: t}
	c.values, c.into = scanRow(len(t.columns))
	return c
}

func (c *copySource) Next() bool { return c.err == nil && c.rows.Next() }

func (c *copySource) Err() error {
	if c.err != nil {
		return c.err
	}
	return c.rows.Err()
}

func (c *copySource) Values() ([]any, error) {
	if err := c.rows.Scan(c.into...); err != nil {
		return nil, err
	}
	out := make([]any, len(c.values))
	for i, v := range c.values {
		out[i] = asType(v, c.t.types[i])
	}
	return out, nil
}

// asType turns what SQLite stores (it is free with types) into what the
// PostgreSQL column takes; COPY reports what does not fit.
func asType(v any, kind string) any {
	switch x := v.(type) {
	case []byte:
		if kind == "text" {
			return string(x)
		}
		if x == nil { // an empty blob, not NULL
			return []byte{}
		}
	case string:
		if kind == "bytea" {
			return []byte(x)
		}
	case int64:
		switch kind {
		case "boolean":
			return x != 0
		case "double precision":
			return float64(x)
		}
	case bool:
		if kind == "bigint" || kind == "integer" {
			if x {
				return int64(1)
			}
			return int64(0)
		}
	}
	return v
}
