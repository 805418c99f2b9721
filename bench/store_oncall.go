package main

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// moreLadders copies the open incidents of the ladders until there are enough.
func moreLadders(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, actor.Job("bench"), "multiply", func(tx *db.Tx) error {
		tx.Unrecorded("copies for measuring")
		var first, last int64
		if err := tx.QueryRow("SELECT min(incident), max(incident) FROM escalation_ladder WHERE policy = 'wait'").Scan(&first, &last); err != nil {
			return err
		}
		for n := last - first + 1; n < ladders; {
			more := min(n, ladders-n)
			for _, t := range []copied{
				{"incident", map[string]string{"id": "id + $1", "group_key": "''"}, "id"},
				{"incident_entry", map[string]string{"incident": "incident + $1"}, "incident"},
				{"escalation_ladder", map[string]string{"incident": "incident + $1"}, "incident"},
			} {
				if err := copyFrom(tx, t, n, first, first+more); err != nil {
					return err
				}
			}
			n += more
		}
		return nil
	})
}

// columnsOf are the names of a table's columns.
func columnsOf(tx *db.Tx, table string) ([]string, error) {
	query := "SELECT name FROM pragma_table_info($1)"
	if !tx.Dialect().SQLite() {
		query = "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 AND table_schema = current_schema()"
	}
	return db.Collect(tx, func(r *db.Rows) (name string, err error) { return name, r.Scan(&name) }, query, table)
}

// dueAt makes one ladder of each team due at a time, as if it had begun so much
// earlier.
func dueAt(ctx context.Context, d *db.DB, at time.Time, wait time.Duration) error {
	return d.Write(ctx, actor.Job("bench"), "due", func(tx *db.Tx) error {
		tx.Unrecorded("deadlines for measuring")
		_, err := tx.Exec("UPDATE escalation_ladder SET next_at = $1, began_at = $2, round_at = $2 WHERE incident < (SELECT min(incident) FROM escalation_ladder WHERE policy = 'wait') + $3 AND policy = 'wait'",
			db.Micros(at), db.Micros(at.Add(-wait)), dueAtOnce)
		return err
	})
}

// firedBy waits until so many ladders that were due at a time have committed
// their step, and returns when that was.
func firedBy(ctx context.Context, d *db.DB, due time.Time, want int) (time.Time, error) {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		var n int
		err := d.Read(ctx, func(q db.Querier) error {
			return q.QueryRow("SELECT COUNT(*) FROM escalation_fired WHERE due_at = $1", db.Micros(due)).Scan(&n)
		})
		if err != nil {
			return time.Time{}, err
		}
		if n >= want {
			return time.Now(), nil
		}
	}
	return time.Time{}, fmt.Errorf("not %d ladders fired in half a minute", want)
}
