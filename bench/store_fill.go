package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// multiply copies the finished records of a database until there are enough:
// making ten million alerts one by one would take longer than measuring. The
// copies get numbers, keys and times of their own; everything else is as the
// practices wrote it. Indexes are taken away meanwhile and built again at the
// end, by sorting. SQLite only.
func multiply(ctx context.Context, d *db.DB, incidents, alerts int) error {
	if err := grow(ctx, d, "incident", incidents, []copied{
		{"incident", map[string]string{"id": "id + $1", "triggered_at": "triggered_at - $1 * 7000000", "started_at": "started_at - $1 * 7000000", "group_key": "''"}, "id"},
		{"incident_entry", map[string]string{"incident": "incident + $1"}, "incident"},
		{"incident_word", map[string]string{"incident": "incident + $1"}, "incident"},
	}); err != nil {
		return err
	}
	return grow(ctx, d, "alert", alerts, []copied{
		{"alert", map[string]string{"id": "id + $1", "dedup": "dedup || '~' || $1", "episode_id": "episode_id + $1 * 2"}, "id"},
		{"alert_episode", map[string]string{"id": "id + $1 * 2", "alert_id": "alert_id + $1"}, "alert_id"},
	})
}

// copied is a table to copy: what its columns become, $1 being the distance,
// and the column that tells which record a row belongs to.
type copied struct {
	table string
	exprs map[string]string
	of    string
}

// grow doubles a table, and those that hang on it, until there are want rows.
func grow(ctx context.Context, d *db.DB, table string, want int, tables []copied) error {
	return d.Write(ctx, actor.Job("bench"), "multiply", func(tx *db.Tx) error {
		tx.Unrecorded("copies for measuring")
		if _, err := tx.Exec("PRAGMA cache_size = -4000000"); err != nil { // 4 GB: unique keys come in no order
			return err
		}
		var indexes []string
		for _, t := range tables {
			list, err := withoutIndexes(tx, t.table)
			if err != nil {
				return err
			}
			indexes = append(indexes, list...)
		}
		var top int
		if err := tx.QueryRow("SELECT COALESCE(max(id), 0) FROM " + table).Scan(&top); err != nil {
			return err
		}
		for top > 0 && top < want {
			more := min(top, want-top)
			for _, t := range tables {
				if err := copyRows(tx, t, top, more); err != nil {
					return err
				}
			}
			top += more
			fmt.Printf("    %s: %d\n", table, top)
		}
		for _, sql := range indexes {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// withoutIndexes drops a table's indexes and returns how to make them.
func withoutIndexes(tx *db.Tx, table string) ([]string, error) {
	type index struct{ name, sql string }
	list, err := db.Collect(tx, func(r *db.Rows) (i index, err error) { return i, r.Scan(&i.name, &i.sql) },
		"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL", table)
	var out []string
	for _, i := range list {
		if _, err := tx.Exec("DROP INDEX " + i.name); err != nil {
			return nil, err
		}
		out = append(out, i.sql)
	}
	return out, err
}

func copyRows(tx *db.Tx, t copied, shift, limit int) error {
	return copyFrom(tx, t, int64(shift), 1, int64(limit)+1)
}

// copyFrom copies the rows of records from one number up to another one.
func copyFrom(tx *db.Tx, t copied, shift, from, to int64) error {
	cols, err := columnsOf(tx, t.table)
	if err != nil {
		return err
	}
	values := make([]string, len(cols))
	for i, c := range cols {
		values[i] = c
		if e, ok := t.exprs[c]; ok {
			values[i] = e
		}
	}
	_, err = tx.Exec("INSERT INTO "+t.table+" ("+strings.Join(cols, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+t.table+
		" WHERE "+t.of+" >= $2 AND "+t.of+" < $3", shift, from, to)
	return err
}

// raiseNumbers lets new records be numbered behind the copies.
func raiseNumbers(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, actor.Job("bench"), "numbers", func(tx *db.Tx) error {
		tx.Unrecorded("copies for measuring")
		for kind, query := range map[string]string{
			"inc": "SELECT max(id) FROM incident", "alr": "SELECT max(id) FROM alert", "ep": "SELECT max(id) FROM alert_episode",
		} {
			if _, err := tx.Exec("INSERT INTO counter (kind, n) SELECT $1, ("+query+") WHERE TRUE ON CONFLICT (kind) DO UPDATE SET n = max(n, excluded.n)", kind); err != nil {
				return err
			}
		}
		return nil
	})
}

// analyze gathers statistics, as PostgreSQL's autovacuum does within a minute:
// a server that has run for a while is what is measured.
func analyze(ctx context.Context, url string) error {
	d, err := db.Open(ctx, db.Config{URL: url, NoMigrate: true, NoFeed: true, Log: quiet()})
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Write(ctx, actor.Job("bench"), "statistics", func(tx *db.Tx) error {
		tx.Unrecorded("statistics are no data")
		_, err := tx.Exec("ANALYZE")
		return err
	})
}
