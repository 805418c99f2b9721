package fault

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// faults are queries that find what must never be: each returns nothing on a
// whole database, whatever was done to the program. They are plain SQL of both
// engines, apart from the program's own code.
var faults = []struct{ what, query string }{
	{"an alert twice", `SELECT dedup FROM alert GROUP BY integration_id, dedup HAVING COUNT(*) > 1`},
	{"an alert without its episode", `SELECT a.id FROM alert a LEFT JOIN alert_episode e ON e.id = a.episode_id AND e.alert_id = a.id WHERE e.id IS NULL`},
	{"an episode without its alert", `SELECT e.id FROM alert_episode e LEFT JOIN alert a ON a.id = e.alert_id WHERE a.id IS NULL`},
	{"an alert and its episode disagree whether it is over", `SELECT a.id FROM alert a JOIN alert_episode e ON e.id = a.episode_id
		WHERE (a.status = 'firing') <> (e.closed_at = 0) OR a.ended_at <> e.ended_at OR a.started_at <> e.started_at`},
	{"an earlier episode that never ended", `SELECT e.id FROM alert_episode e JOIN alert a ON a.id = e.alert_id WHERE e.id <> a.episode_id AND e.closed_at = 0`},
	{"one firing told as two episodes", `SELECT alert_id, started_at FROM alert_episode GROUP BY alert_id, started_at HAVING COUNT(*) > 1`},
	{"an episode in an incident that does not exist", `SELECT e.id FROM alert_episode e LEFT JOIN incident i ON i.id = e.incident_id WHERE e.incident_id > 0 AND i.id IS NULL`},
	{"an incident that miscounts its alerts", `SELECT i.id, i.alerts, COUNT(e.id) FROM incident i LEFT JOIN alert_episode e ON e.incident_id = i.id GROUP BY i.id, i.alerts HAVING i.alerts <> COUNT(e.id)`},
	{"an incident that miscounts what still fires", `SELECT i.id, i.alerts_firing, COUNT(e.id) FROM incident i LEFT JOIN alert_episode e ON e.incident_id = i.id AND e.closed_at = 0
		GROUP BY i.id, i.alerts_firing HAVING i.alerts_firing <> COUNT(e.id)`},
	{"two open incidents of one group", `SELECT group_key FROM incident WHERE is_open = TRUE AND group_key <> '' GROUP BY group_key HAVING COUNT(*) > 1`},
	{"an open incident that does not gather its group", `SELECT i.id FROM incident i LEFT JOIN incident_group g ON g.group_key = i.group_key AND g.incident = i.id
		WHERE i.is_open = TRUE AND i.group_key <> '' AND g.incident IS NULL`},
	{"a state that is open and closed", `SELECT id, state FROM incident WHERE is_open <> (state IN ('triggered', 'acknowledged', 'mitigated'))`},
	{"an incident open although all its alerts resolved", `SELECT id FROM incident WHERE is_open = TRUE AND auto_resolve = TRUE AND alerts > 0 AND alerts_firing = 0`},
	{"a timeline with a gap", `SELECT i.id, i.entries, COUNT(t.seq) FROM incident i LEFT JOIN incident_entry t ON t.incident = i.id
		GROUP BY i.id, i.entries HAVING i.entries <> COUNT(t.seq) OR COALESCE(MAX(t.seq), 0) <> COUNT(t.seq)`},
	{"an incident without evidence of its version", `SELECT i.id FROM incident i WHERE NOT EXISTS (SELECT 1 FROM evidence v WHERE v.record = 'INC-' || CAST(i.id AS TEXT) AND v.version = i.version)`},
	{"an alert without evidence of its version", `SELECT a.id FROM alert a WHERE NOT EXISTS (SELECT 1 FROM evidence v WHERE v.record = 'ALR-' || CAST(a.id AS TEXT) AND v.version = a.version)`},
	{"evidence of an incident that does not exist", `SELECT v.leaf_id FROM evidence v LEFT JOIN incident i ON i.id = CAST(substr(v.record, 5) AS BIGINT) WHERE v.record LIKE 'INC-%' AND i.id IS NULL`},
	{"evidence of an alert that does not exist", `SELECT v.leaf_id FROM evidence v LEFT JOIN alert a ON a.id = CAST(substr(v.record, 5) AS BIGINT) WHERE v.record LIKE 'ALR-%' AND a.id IS NULL`},
	{"one version of a record twice", `SELECT record, version FROM evidence WHERE version > 0 AND (record LIKE 'INC-%' OR record LIKE 'ALR-%') GROUP BY record, version HAVING COUNT(*) > 1`},
	{"one place in the evidence twice", `SELECT idx FROM evidence WHERE idx IS NOT NULL GROUP BY idx HAVING COUNT(*) > 1`},
	{"a gap in the evidence, or a head that lies", `SELECT h.size FROM evidence_head h WHERE h.size <> (SELECT COUNT(*) FROM evidence WHERE idx IS NOT NULL)
		OR h.size <> (SELECT COALESCE(MAX(idx), -1) + 1 FROM evidence)`},
	{"an incident of alerts that nobody was told of", `SELECT i.id FROM incident i WHERE i.origin = 'alert'
		AND NOT EXISTS (SELECT 1 FROM notify_message m WHERE m.record = 'INC-' || CAST(i.id AS TEXT) AND m.reason IN ('paged', 'watchdog'))`},
	{"a message about nothing", `SELECT m.id FROM notify_message m LEFT JOIN incident i ON i.id = CAST(substr(m.record, 5) AS BIGINT) WHERE m.record LIKE 'INC-%' AND i.id IS NULL`},
	{"a message that ended without an end", `SELECT id FROM notify_message WHERE (state IN ('sent', 'dead')) <> (ended_at > 0)`},
	{"a message that miscounts its attempts", `SELECT m.id, m.attempts, COUNT(a.n) FROM notify_message m LEFT JOIN notify_attempt a ON a.message = m.id GROUP BY m.id, m.attempts HAVING m.attempts <> COUNT(a.n)`},
	{"a message sent without a sent attempt", `SELECT id FROM notify_message m WHERE state = 'sent' AND NOT EXISTS (SELECT 1 FROM notify_attempt a WHERE a.message = m.id AND a.outcome = 'sent')`},
	{"a link of no message", `SELECT l.message FROM notify_link l LEFT JOIN notify_message m ON m.id = l.message WHERE l.message > 0 AND m.id IS NULL`},
	{"a key noted for a repeat whose answer is missing and which is no POST", `SELECT key FROM idempotency WHERE status <> 0 AND LENGTH(body) = 0 AND status <> 204`},
}

// snapshot begins a consistent view of a site's database; end it with the
// function returned.
func (s *site) snapshot() (*sql.Tx, func()) {
	s.t.Helper()
	d := s.look()
	opts := &sql.TxOptions{ReadOnly: true}
	if s.cfg.Postgres() {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.BeginTx(context.Background(), opts)
	if err != nil {
		s.t.Fatal(err)
	}
	return tx, func() { tx.Rollback(); d.Close() }
}

// whole fails the test with everything that is wrong in the database.
func (s *site) whole() {
	s.t.Helper()
	tx, end := s.snapshot()
	defer end()
	whole(s.t, tx)
}

func whole(t testing.TB, q *sql.Tx) {
	t.Helper()
	for _, f := range faults {
		if got := rows(t, q, f.query); len(got) > 0 {
			t.Errorf("%s: %d times, like %v", f.what, len(got), got[:min(3, len(got))])
		}
	}
}

// rows runs a query and returns every row as text.
func rows(t testing.TB, d *sql.Tx, query string) []string {
	t.Helper()
	r, err := d.Query(query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer r.Close()
	cols, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for r.Next() {
		values := make([]any, len(cols))
		for i := range values {
			values[i] = new(any)
		}
		if err := r.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, v := range values {
			line = append(line, fmt.Sprint(*v.(*any)))
		}
		out = append(out, strings.Join(line, " "))
	}
	if err := r.Err(); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return out
}

// number runs a query that returns one number.
func number(t testing.TB, d *sql.Tx, query string) (n int64) {
	t.Helper()
	if err := d.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return n
}
