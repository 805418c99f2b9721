package alert

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const alertCols = `a.id, a.integration_id, i.name, i.kind, a.dedup, a.status, a.severity, a.sort_key, a.summary, a.source, a.service, a.team, a.rule, a.unrouted, a.quiet,
	a.silence_id, a.episode_id, COALESCE(e.incident_id, 0), a.started_at, a.ended_at, a.acked_at, a.count, a.total, a.first_seen, a.last_seen,
	a.flapping_until, a.recent, a.labels, a.version`

const fromAlert = ` FROM alert a JOIN integration i ON i.id = a.integration_id LEFT JOIN alert_episode e ON e.id = a.episode_id `

func scanAlert(rows *db.Rows) (a Alert, err error) {
	var severity int
	var starts, ends, acked, first, last, flap int64
	var labels string
	err = rows.Scan(&a.ID, &a.IntegrationID, &a.Integration, &a.Kind, &a.Dedup, &a.Status, &severity, &a.sortKey, &a.Summary, &a.Source, &a.Service, &a.Team, &a.Rule,
		&a.Unrouted, &a.Quiet, &a.SilenceID, &a.EpisodeID, &a.IncidentID, &starts, &ends, &acked, &a.Count, &a.Total, &first, &last,
		&flap, &a.Recent, &labels, &a.Version)
	a.Severity, a.Labels = severityOf(severity), pairs(labels)
	a.StartsAt, a.EndsAt, a.Acknowledged = db.Time(starts), db.Time(ends), db.Time(acked)
	a.FirstSeen, a.LastSeen, a.FlappingUntil = db.Time(first), db.Time(last), db.Time(flap)
	return a, err
}

// listAlerts reads a range of the sort key after a place. The inner SELECT is
// the index range with its LIMIT; names and incidents are joined to its rows
// only.
func listAlerts(q db.Querier, want access, at place, limit int) ([]Alert, error) {
	query, args := listQuery(want, at, limit)
	return db.Collect(q, scanAlert, query, args...)
}

func listQuery(want access, at place, limit int) (string, []any) {
	after := at
	if after.key < want.lo {
		after = place{want.lo, 0}
	}
	args := append([]any{after.key, after.id, want.hi}, want.args...)
	args = append(args, limit)
	return "SELECT " + alertCols + fromAlert + "WHERE (a.sort_key, a.id) > ($1, $2) AND a.sort_key < $3" + want.where +
		" ORDER BY a.sort_key, a.id LIMIT " + "$" + itoa(len(args)), args
}

func countAlerts(q db.Querier, want access, limit int) (n int, err error) {
	if want.services != nil {
		want.args = db.Args(want.services)
		want.where = " AND a.service IN " + db.In(4, len(want.args))
	}
	args := append([]any{want.lo, int64(0), want.hi}, want.args...)
	args = append(args, limit)
	err = q.QueryRow("SELECT count(*) FROM (SELECT 1 FROM alert a WHERE (a.sort_key, a.id) > ($1, $2) AND a.sort_key < $3"+want.where+
		" LIMIT $"+itoa(len(args))+") AS bounded", args...).Scan(&n)
	return n, err
}

// countLoose counts firing alerts that no incident holds and nothing holds
// back, looking at scanBudget firing alerts at the most.
func countLoose(q db.Querier, want access) (n int, more bool, err error) {
	err = q.QueryRow(`SELECT count(*) FROM (SELECT 1
		FROM (SELECT episode_id, silence_id, quiet FROM alert WHERE sort_key > $1 AND sort_key < $2 ORDER BY sort_key, id LIMIT $3) a
		LEFT JOIN alert_episode e ON e.id = a.episode_id
		WHERE COALESCE(e.incident_id, 0) = 0 AND a.silence_id = 0 AND a.quiet = FALSE LIMIT $4) AS bounded`, want.lo, want.hi, scanBudget, CountLimit+1).Scan(&n)
	if err != nil || n > CountLimit {
		return n, true, err
	}
	all, err := countAlerts(q, want, scanBudget+1) // were there more than it looked at?
	return n, all > scanBudget, err
}

// flappingAlerts are alerts that flap now, those that calmed down longest ago
// last.
func flappingAlerts(q db.Querier, now time.Time, limit int) ([]int64, error) {
	return db.Collect(q, scanID, "SELECT id FROM alert WHERE flapping_until > $1 AND flapping_until > 0 ORDER BY flapping_until DESC, id DESC LIMIT $2", db.Micros(now), limit)
}

// alertsByID returns alerts by id, in no order.
func alertsByID(q db.Querier, ids []int64) ([]Alert, error) {
	var out []Alert
	for part := range slices.Chunk(ids, chunk) {
		list, err := db.Collect(q, scanAlert, "SELECT "+alertCols+fromAlert+"WHERE a.id IN "+db.In(1, padded(len(part))), idArgs(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func alertsOfIncident(q db.Querier, incident int64, limit int) ([]int64, error) {
	return db.Collect(q, scanID, "SELECT alert_id FROM alert_episode WHERE incident_id = $1 AND incident_id > 0 ORDER BY id DESC LIMIT $2", incident, limit)
}

// loadContent adds what only the alert's own page shows.
func loadContent(q db.Querier, a *Alert) error {
	var annotations, links, details string
	if err := q.QueryRow("SELECT annotations, links, details FROM alert WHERE id = $1", a.ID).Scan(&annotations, &links, &details); err != nil {
		return err
	}
	a.Annotations, a.Links = pairs(annotations), readLinks(links)
	if details != "" {
		a.Details = []byte(details)
	}
	return nil
}

const episodeCols = `e.id, e.alert_id, e.severity, e.summary, e.service, e.rule, e.group_key, e.group_text, e.incident_id, e.silence_id,
	e.started_at, e.ended_at, e.opened_at, e.closed_at, e.ended_by, e.count`

func scanEpisode(rows *db.Rows) (e Episode, err error) {
	var severity int
	var starts, ends, opened, closed int64
	err = rows.Scan(&e.ID, &e.AlertID, &severity, &e.Summary, &e.Service, &e.Rule, &e.GroupKey, &e.GroupText, &e.IncidentID, &e.SilenceID,
		&starts, &ends, &opened, &closed, &e.EndedBy, &e.Count)
	e.Severity, e.StartsAt, e.EndsAt, e.Opened, e.Closed = severityOf(severity), db.Time(starts), db.Time(ends), db.Time(opened), db.Time(closed)
	return e, err
}

func listEpisodes(q db.Querier, alertID, before int64, limit int) ([]Episode, error) {
	return db.Collect(q, scanEpisode, "SELECT "+episodeCols+" FROM alert_episode e WHERE e.alert_id = $1 AND e.id < $2 ORDER BY e.id DESC LIMIT $3", alertID, before, limit)
}
