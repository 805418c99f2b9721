package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

// spreadDue makes one ladder of each team due, spread evenly over the second
// after a time, as if they had begun so much earlier.
func spreadDue(ctx context.Context, d *db.DB, at time.Time, wait time.Duration) error {
	step := time.Second.Microseconds() / dueAtOnce
	return d.Write(ctx, actor.Job("bench"), "due", func(tx *db.Tx) error {
		tx.Unrecorded("deadlines for measuring")
		var first int64
		if err := tx.QueryRow("SELECT min(incident) FROM escalation_ladder WHERE policy = 'wait'").Scan(&first); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE escalation_ladder SET next_at = $1 + (incident - $3) * $4, began_at = $2 + (incident - $3) * $4, round_at = $2 + (incident - $3) * $4 WHERE incident >= $3 AND incident < $5",
			db.Micros(at), db.Micros(at.Add(-wait)), first, step, first+dueAtOnce)
		return err
	})
}

// lateness waits until so many ladders that were due since a time have
// committed their step, and returns how late each was seen to be committed,
// in order. It looks every few milliseconds.
func lateness(ctx context.Context, d *db.DB, since time.Time, want int) ([]time.Duration, error) {
	seen := map[int64]time.Duration{}
	for end := time.Now().Add(30 * time.Second); len(seen) < want; time.Sleep(4 * time.Millisecond) {
		if time.Now().After(end) {
			return nil, fmt.Errorf("%d of %d ladders fired in half a minute", len(seen), want)
		}
		now, err := d.Now(ctx)
		if err != nil {
			return nil, err
		}
		err = d.Read(ctx, func(q db.Querier) error {
			rows, err := q.Query("SELECT incident, due_at FROM escalation_fired WHERE due_at >= $1", db.Micros(since))
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var incident, due int64
				if err := rows.Scan(&incident, &due); err != nil {
					return err
				}
				if _, ok := seen[incident]; !ok {
					seen[incident] = now.Sub(db.Time(due))
				}
			}
			return rows.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	out := slices.Collect(maps.Values(seen))
	slices.Sort(out)
	return out, nil
}
