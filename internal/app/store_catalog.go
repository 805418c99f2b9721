package app

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// These counts of many services at once serve their facts and pages. What is
// restricted is left out: a count would tell of it.

type incidentCount struct{ open, month, quarter, severe int }

// quarterSQL counts the incidents of services since a time; the priorities are
// listed so that the index by service, priority and time serves.
func quarterSQL(services int) string {
	return `SELECT service, COUNT(id), SUM(CASE WHEN triggered_at >= $2 THEN 1 ELSE 0 END), SUM(CASE WHEN priority <= 2 THEN 1 ELSE 0 END) FROM incident
		WHERE service <> '' AND service IN ` + db.In(3, services) + ` AND priority IN (1, 2, 3, 4) AND triggered_at >= $1
		AND restricted = FALSE AND state NOT IN ('canceled', 'merged') GROUP BY service`
}

func openSQL(services int) string {
	return "SELECT service, COUNT(id) FROM incident WHERE is_open = TRUE AND restricted = FALSE AND service IN " + db.In(1, services) + " GROUP BY service"
}

func incidentsOf(q db.Querier, services []string, now time.Time) (map[string]incidentCount, error) {
	out := map[string]incidentCount{}
	for part := range slices.Chunk(services, 200) {
		args := append([]any{db.Micros(now.AddDate(0, 0, -90)), db.Micros(now.AddDate(0, 0, -30))}, db.Args(part)...)
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var name string
			var c incidentCount
			err = r.Scan(&name, &c.quarter, &c.month, &c.severe)
			out[name] = c
			return x, err
		}, quarterSQL(len(part)), args...)
		if err != nil {
			return nil, err
		}
		_, err = db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var name string
			var n int
			err = r.Scan(&name, &n)
			c := out[name]
			c.open = n
			out[name] = c
			return x, err
		}, openSQL(len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

type firingCount struct{ n, worst int } // worst: 1 critical to 4 info

// firingSQL counts firing alerts: they stand first in the order of alerts,
// below the key at which resolved ones begin (internal/alert/list_key.go).
func firingSQL(services int) string {
	return "SELECT service, COUNT(id), MIN(severity) FROM alert WHERE sort_key < 90000000000000000 AND service IN " + db.In(1, services) + " GROUP BY service"
}

func firingOf(q db.Querier, services []string) (map[string]firingCount, error) {
	out := map[string]firingCount{}
	for part := range slices.Chunk(services, 200) {
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var name string
			var c firingCount
			err = r.Scan(&name, &c.n, &c.worst)
			out[name] = c
			return x, err
		}, firingSQL(len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
