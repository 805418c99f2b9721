package app

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// causesKnown counts the incidents of a stretch of time that everybody may know
// of, of a team and a service (empty: all), and those of them whose cause is
// confirmed to be a change. Adopted is false while there is none at all.
func causesKnown(q db.Querier, from, to time.Time, team, service string) (confirmed, all int, adopted bool, err error) {
	where, args := "i.triggered_at >= $1 AND i.triggered_at < $2 AND i.restricted = FALSE AND i.state NOT IN ('merged', 'canceled')", []any{db.Micros(from), db.Micros(to)}
	if team != "" {
		args = append(args, team)
		where += " AND i.team = $3"
	}
	if service != "" {
		args = append(args, service)
		where += " AND i.service = " + map[int]string{3: "$3", 4: "$4"}[len(args)]
	}
	err = q.QueryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN EXISTS (SELECT 1 FROM change_cause c WHERE c.incident_id = i.id AND c.state = 'confirmed') THEN 1 ELSE 0 END), 0)
		FROM incident i WHERE `+where, args...).Scan(&all, &confirmed)
	if err != nil {
		return 0, 0, false, err
	}
	var one int
	err = q.QueryRow("SELECT 1 FROM incident LIMIT 1").Scan(&one)
	if err == db.ErrNoRows {
		return 0, 0, false, nil
	}
	return confirmed, all, err == nil, err
}

// ownerFor is the team that gets a service which a pipeline named and nobody
// registered: that of a service out of the same repository, else the one that
// owns most services; "" when there are none.
func ownerFor(q db.Querier, repository string) (team string, err error) {
	for _, ask := range []struct {
		query string
		args  []any
	}{
		{"SELECT s.team FROM change_repository r JOIN service s ON s.name = r.service WHERE r.repository = $1 ORDER BY r.service LIMIT 1", []any{repository}},
		{"SELECT team FROM service GROUP BY team ORDER BY COUNT(*) DESC, team LIMIT 1", nil},
	} {
		err = q.QueryRow(ask.query, ask.args...).Scan(&team)
		if err != db.ErrNoRows {
			return team, err
		}
	}
	return "", nil
}
