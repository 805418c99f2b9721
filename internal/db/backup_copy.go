package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// table is one table as both engines see it. Tables and columns that only one
// engine has (marked "-- only:" in the migrations: search indexes, generated
// columns) are derived from the others and are not copied.
type table struct {
	name    string
	columns []string
	types   []string // as the engine calls them, lower case
}

// liteTables lists the ordinary tables of a SQLite file.
func liteTables(ctx context.Context, lite runner) (map[string]table, error) {
	return listTables(ctx, lite, `SELECT t.name, c.name, lower(c.type)
		FROM pragma_table_list AS t JOIN pragma_table_xinfo(t.name) AS c
		WHERE t.schema = 'main' AND t.type = 'table' AND c.hidden = 0 AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND t.name <> 'goose_db_version'
		ORDER BY t.name, c.cid`)
}

// pgTables lists the ordinary tables of the connection's schema.
func pgTables(ctx context.Context, pg runner) (map[string]table, error) {
	return listTables(ctx, pg, `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND c.relname <> 'goose_db_version'
		ORDER BY c.relname, a.attnum`)
}

func listTables(ctx context.Context, r runner, query string) (map[string]table, error) {
	rows, err := r.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]table{}
	for rows.Next() {
		var name, column, kind string
		if err := rows.Scan(&name, &column, &kind); err != nil {
			return nil, err
		}
		t := out[name]
		t.name, t.columns, t.types = name, append(t.columns, column), append(t.types, kind)
		out[name] = t
	}
	return out, rows.Err()
}

// common returns the tables that both have, with the columns both have and
// the types of a, by name.
func common(a, b map[string]table) []table {
	var out []table
	for name, t := range a {
		other, ok := b[name]
		if !ok {
			continue
		}
		c := table{name: name}
		for i, column := range t.columns {
			if slices.Contains(other.columns, column) {
				c.columns, c.types = append(c.columns, column), append(c.types, t.types[i])
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b table) int { return strings.Compare(a.name, b.name) })
	return out
}

// dumpTables copies every table from a PostgreSQL snapshot into a SQLite file
// with an empty schema.
func dumpTables(ctx context.Context, pg *sql.Tx, part string) (map[string]int64, error) {
	lite, err := openFile(part, false)
	if err != nil {
		return nil, err
	}
	defer lite.Close()
	if _, err := lite.ExecContext(ctx, "PRAGMA journal_mode = OFF"); err != nil {
		return nil, err // the file is not anybody's yet
	}
	from, err := pgTables(ctx, pg)
	if err != nil {
		return nil, err
	}
	to, err := liteTables(ctx, lite)
	if err != nil {
		return nil, err
	}
	tx, err := lite.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	counts := map[string]int64{}
	for _, t := range common(from, to) {
		if counts[t.name], err = dumpTable(ctx, pg, tx, t); err != nil {
			return nil, fmt.Errorf("copying table %s: %w", t.name, err)
		}
	}
	n, err := dumpCounters(ctx, pg, tx)
	if err != nil {
		return nil, err
	}
	counts["counter"] = n
	return counts, tx.Commit()
}

func dumpTable(ctx context.Context, pg, lite *sql.Tx, t table) (int64, error) {
	if _, err := lite.ExecContext(ctx, "DELETE FROM "+quote(t.name)); err != nil { // what migrations put there
		return 0, err
	}
	names := quoted(t.columns)
	query := "SELECT " + names + " FROM " + quote(t.name)
	if t.name == "evidence" {
		// On SQLite the leaf's identity is its index (see sequence.go), so it
		// is numbered like that in the file; what has no index yet follows.
		query = "SELECT " + strings.Replace(names, quote("leaf_id"), "row_number() OVER (ORDER BY idx NULLS LAST, leaf_id) - 1", 1) +
			" FROM evidence ORDER BY idx NULLS LAST, leaf_id"
	}
	rows, err := pg.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	insert, err := lite.PrepareContext(ctx, "INSERT INTO "+quote(t.name)+" ("+names+") VALUES "+strings.ReplaceAll(Values(1, len(t.columns)), "$", "?"))
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	values, into := scanRow(len(t.columns))
	var n int64
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// dumpCounters turns PostgreSQL's sequences into rows of the counter table.
// They are read after the snapshot began, so they are never behind it.
func dumpCounters(ctx context.Context, pg, lite *sql.Tx) (int64, error) {
	rows, err := pg.QueryContext(ctx, `SELECT substr(sequencename::text, 4), COALESCE(last_value, 0) FROM pg_sequences
		WHERE schemaname = current_schema() AND sequencename LIKE 'id\_%'`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var last int64
		if err := rows.Scan(&kind, &last); err != nil {
			return 0, err
		}
		if _, err := lite.ExecContext(ctx, "INSERT INTO counter (kind, n) VALUES (?1, ?2) ON CONFLICT (kind) DO UPDATE SET n = max(n, excluded.n)", kind, last); err != nil {
			return 0, err
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	var n int64
	return n, lite.QueryRowContext(ctx, "SELECT count(*) FROM counter").Scan(&n)
}

func scanRow(n int) (values, into []any) {
	values, into = make([]any, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	return values, into
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}
