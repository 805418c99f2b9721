package alert

import (
	"cmp"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// sortRows orders rows by their key, so that two transactions lock rows in the
// same order.
func sortRows(rows [][]any) {
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) })
}

func moveEpisodes(tx *db.Tx, from, to int64) error {
	_, err := tx.Exec("UPDATE alert_episode SET incident_id = $2 WHERE incident_id = $1", from, to)
	return err
}

func allResolved(q db.Querier, incident int64) (bool, error) {
	var one int
	err := q.QueryRow("SELECT 1 FROM alert_episode WHERE incident_id = $1 AND incident_id > 0 AND ended_at = 0 LIMIT 1", incident).Scan(&one)
	if err == db.ErrNoRows {
		return true, nil
	}
	return false, err
}

const firingCols = `e.id, e.alert_id, i.name, e.summary, a.severity, a.source, e.service, a.team, e.rule, e.group_key, e.group_text, a.labels,
	e.started_at, e.ended_at, e.silence_id, e.incident_id`

const fromFiring = ` FROM alert_episode e JOIN alert a ON a.id = e.alert_id JOIN integration i ON i.id = a.integration_id `

func scanFiring(rows *db.Rows) (f Firing, err error) {
	var severity int
	var labels string
	var starts, ends, silence int64
	err = rows.Scan(&f.EpisodeID, &f.AlertID, &f.Integration, &f.Summary, &severity, &f.Source, &f.Service, &f.Team, &f.RuleName, &f.GroupKey, &f.GroupText,
		&labels, &starts, &ends, &silence, &f.IncidentID)
	f.Severity, f.Labels, f.StartsAt, f.EndsAt, f.Silenced = severityOf(severity), pairs(labels), db.Time(starts), db.Time(ends), silence != 0
	return f, err
}

func episodesOf(q db.Querier, incident int64, firing bool, limit int) ([]Firing, error) {
	query := "SELECT " + firingCols + fromFiring + "WHERE e.incident_id = $1 AND e.incident_id > 0"
	if firing {
		query += " AND e.ended_at = 0"
	}
	return db.Collect(q, scanFiring, query+" ORDER BY e.id LIMIT $2", incident, limit)
}

// currentOf returns the current episodes of alerts.
func currentOf(q db.Querier, alerts []int64) ([]Firing, error) {
	var out []Firing
	for part := range slices.Chunk(alerts, chunk) {
		list, err := db.Collect(q, scanFiring, "SELECT "+firingCols+` FROM alert a JOIN alert_episode e ON e.id = a.episode_id
			JOIN integration i ON i.id = a.integration_id WHERE a.id IN `+db.In(1, padded(len(part)))+" ORDER BY a.id", idArgs(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func linkedOf(q db.Querier, incident int64, limit int) ([]Linked, error) {
	// Newest episodes first; an alert that fired several times is taken once.
	eps, err := db.Collect(q, scanEpisode, "SELECT "+episodeCols+" FROM alert_episode e WHERE e.incident_id = $1 AND e.incident_id > 0 ORDER BY e.id DESC LIMIT $2", incident, 4*limit)
	if err != nil {
		return nil, err
	}
	newest := map[int64]Episode{}
	var ids []int64
	for _, e := range eps {
		if _, ok := newest[e.AlertID]; !ok && len(ids) < limit {
			newest[e.AlertID] = e
			ids = append(ids, e.AlertID)
		}
	}
	alerts, err := alertsByID(q, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Linked, 0, len(alerts))
	for _, a := range alerts {
		out = append(out, Linked{Alert: a, Episode: newest[a.ID]})
	}
	slices.SortFunc(out, func(a, b Linked) int {
		x, y := a.Episode.EndsAt.IsZero(), b.Episode.EndsAt.IsZero()
		switch {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return cmp.Or(cmp.Compare(a.Alert.Severity.Rank(), b.Alert.Severity.Rank()), cmp.Compare(b.Episode.ID, a.Episode.ID))
	})
	return out, nil
}
