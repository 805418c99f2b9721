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
// copies get numbers, keys and times of their own; everything else, and so
// every index, is as the practices wrote it. SQLite only.
func multiply(ctx context.Context, d *db.DB, incidents, alerts int) error {
	if err := grow(ctx, d, "incident", "id", incidents, func(tx *db.Tx, shift int64) error {
		for _, c := range []struct {
			table string
			exprs map[string]string
		}{
			{"incident", map[string]string{"id": "id + $1", "triggered_at": "triggered_at - $1 * 7000000", "started_at": "started_at - $1 * 7000000", "group_key": "''"}},
			{"incident_entry", map[string]string{"incident": "incident + $1"}},
			{"incident_word", map[string]string{"incident": "incident + $1"}},
		} {
			where := ""
			if c.table == "incident" {
				where = " WHERE id <= $1"
			} else {
				where = " WHERE incident <= $1"
			}
			if err := copyRows(tx, c.table, c.exprs, where, shift); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return grow(ctx, d, "alert", "id", alerts, func(tx *db.Tx, shift int64) error {
		if err := copyRows(tx, "alert", map[string]string{"id": "id + $1", "dedup": "dedup || '~' || $1", "episode_id": "episode_id + $1 * 2"}, " WHERE id <= $1", shift); err != nil {
			return err
		}
		return copyRows(tx, "alert_episode", map[string]string{"id": "id + $1 * 2", "alert_id": "alert_id + $1"}, " WHERE alert_id <= $1", shift)
	})
}

// grow doubles a table until it has at least want rows.
func grow(ctx context.Context, d *db.DB, table, id string, want int, double func(tx *db.Tx, shift int64) error) error {
	for {
		var top int64
		err := d.Read(ctx, func(q db.Querier) error {
			return q.QueryRow("SELECT COALESCE(max(" + id + "), 0) FROM " + table).Scan(&top)
		})
		if err != nil || top >= int64(want) || top == 0 {
			return err
		}
		err = d.Write(ctx, actor.Job("bench"), "multiply", func(tx *db.Tx) error {
			tx.Unrecorded("copies for measuring")
			return double(tx, top)
		})
		if err != nil {
			return err
		}
		fmt.Printf("    %s: %d\n", table, 2*top)
	}
}

func copyRows(tx *db.Tx, table string, exprs map[string]string, where string, shift int64) error {
	cols, err := db.Collect(tx, func(r *db.Rows) (name string, err error) { return name, r.Scan(&name) },
		"SELECT name FROM pragma_table_info('"+table+"')")
	if err != nil {
		return err
	}
	values := make([]string, len(cols))
	for i, c := range cols {
		values[i] = c
		if e, ok := exprs[c]; ok {
			values[i] = e
		}
	}
	_, err = tx.Exec("INSERT INTO "+table+" ("+strings.Join(cols, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+table+where, shift)
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
