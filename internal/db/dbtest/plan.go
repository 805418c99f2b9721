package dbtest

import (
	"context"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
)

func lockThread() { runtime.LockOSThread() }

var (
	// "SCAN t" without "USING INDEX" reads the whole table; a temporary B-tree sorts it.
	liteBad = regexp.MustCompile(`(?m)^\s*SCAN (\w+)( AS \w+)?$|USE TEMP B-TREE FOR ORDER BY`)
	pgBad   = regexp.MustCompile(`Seq Scan|Sort\b`)
)

// UsesIndex fails the test when the engine would read a whole table or sort
// for the query. On PostgreSQL sequential scans and sorts are made
// unattractive first, because on a small table they are the right plan: what
// is asked is whether an index could serve.
func UsesIndex(t testing.TB, d *db.DB, query string, args ...any) {
	t.Helper()
	plan := Plan(t, d, query, args...)
	bad := liteBad
	if !d.Dialect().SQLite() {
		bad = pgBad
	}
	if m := bad.FindString(plan); m != "" {
		t.Errorf("%s reads or sorts a whole table (%s):\n%s\n%s", d.Dialect().Name(), strings.TrimSpace(m), query, plan)
	}
}

// Plan returns the engine's plan for a query.
func Plan(t testing.TB, d *db.DB, query string, args ...any) string {
	t.Helper()
	var lines []string
	err := d.Read(context.Background(), func(q db.Querier) (err error) {
		if d.Dialect().SQLite() {
			lines, err = db.Collect(q, func(r *db.Rows) (string, error) {
				var id, parent, unused int
				var detail string
				err := r.Scan(&id, &parent, &unused, &detail)
				return detail, err
			}, "EXPLAIN QUERY PLAN "+query, args...)
			return err
		}
		for _, set := range []string{"SET LOCAL enable_seqscan = off", "SET LOCAL enable_sort = off"} {
			rows, err := q.Query(set)
			if err != nil {
				return err
			}
			rows.Close()
		}
		lines, err = db.Collect(q, func(r *db.Rows) (line string, err error) { return line, r.Scan(&line) }, "EXPLAIN "+query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("explain: %v\n%s", err, query)
	}
	return strings.Join(lines, "\n")
}
