package alert

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// table is a set-based UPDATE: rows of (id, columns…) in one statement.
type table struct {
	name string
	cols []string          // "column TYPE", the first is the key
	text [2]map[int]string // SQLite, PostgreSQL; by number of rows
}

var (
	statesTable = newTable("alert", "id BIGINT", "status TEXT", "severity BIGINT", "sort_key BIGINT", "service TEXT", "team TEXT", "rule TEXT",
		"unrouted BOOLEAN", "quiet BOOLEAN", "silence_id BIGINT", "episode_id BIGINT", "started_at BIGINT", "ended_at BIGINT", "closed_at BIGINT",
		"ended_by TEXT", "event_at BIGINT", "acked_at BIGINT", "next_at BIGINT", "count BIGINT", "total BIGINT", "last_seen BIGINT",
		"flips BYTEA", "flapping_until BIGINT", "recent BYTEA", "version BIGINT")
	repeatsTable  = newTable("alert", "id BIGINT", "ended_at BIGINT", "event_at BIGINT", "next_at BIGINT", "count BIGINT", "total BIGINT", "last_seen BIGINT", "recent BYTEA")
	contentsTable = newTable("alert", "id BIGINT", "summary TEXT", "source TEXT", "labels TEXT", "annotations TEXT", "links TEXT", "details TEXT", "content BIGINT")
	endsTable     = newTable("alert_episode", "id BIGINT", "severity BIGINT", "ended_at BIGINT", "closed_at BIGINT", "ended_by TEXT", "count BIGINT")
	routesTable   = newTable("alert_episode", "id BIGINT", "service TEXT", "rule TEXT", "group_key TEXT", "group_text TEXT", "silence_id BIGINT")
	linksTable    = newTable("alert_episode", "id BIGINT", "incident_id BIGINT")
)

func newTable(name string, cols ...string) *table {
	t := &table{name: name, cols: cols, text: [2]map[int]string{{}, {}}}
	for n := 1; n <= chunk; n *= 2 {
		t.text[0][n], t.text[1][n] = t.build(n, false), t.build(n, true)
	}
	return t
}

// build is the statement for n rows. PostgreSQL learns the types of the
// parameters from a CAST in the first row; SQLite needs none and would turn
// bytes into a number (BYTEA has numeric affinity there).
func (t *table) build(n int, casted bool) string {
	var names, casts, sets []string
	for i, c := range t.cols {
		name, typ, _ := strings.Cut(c, " ")
		names = append(names, name)
		casts = append(casts, typ)
		if i > 0 {
			sets = append(sets, name+" = v."+name)
		}
	}
	values := db.Values(n, len(t.cols))
	first, rest, _ := strings.Cut(values, ")")
	params := strings.Split(strings.TrimPrefix(first, "("), ",")
	for i := range params {
		if !casted {
			break
		}
		params[i] = "CAST(" + params[i] + " AS " + casts[i] + ")"
	}
	return "WITH v (" + strings.Join(names, ", ") + ") AS (VALUES (" + strings.Join(params, ", ") + ")" + rest + ") UPDATE " + t.name +
		" SET " + strings.Join(sets, ", ") + " FROM v WHERE " + t.name + "." + names[0] + " = v." + names[0]
}

// update writes the rows, each with as many values as the table has columns.
func (t *table) update(tx *db.Tx, rows [][]any) error {
	limit := chunk
	for limit*len(t.cols) > 1024 {
		limit /= 2
	}
	text := t.text[1]
	if tx.Dialect().SQLite() {
		text = t.text[0]
	}
	args := make([]any, 0, min(limit, len(rows))*len(t.cols))
	for len(rows) > 0 {
		n := limit
		for n > len(rows) {
			n /= 2
		}
		args = args[:0]
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if _, err := tx.Exec(text[n], args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
