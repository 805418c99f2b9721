package window

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// The time line reads changes, which package change writes.

const barColumns = `c.id, c.title, c.type, c.kind, c.purpose, c.state, c.outcome, c.risk_level, c.team, c.environment, c.services, c.bypass,
	c.planned_from, c.planned_to, c.started_at, c.verify_until, c.ended_at`

func scanBar(r *db.Rows, at time.Time) (b Bar, err error) {
	var services string
	var t [5]int64
	if err = r.Scan(&b.ID, &b.Title, &b.Type, &b.Kind, &b.Purpose, &b.State, &b.Outcome, &b.RiskLevel, &b.Team, &b.Environment, &services, &b.Bypass,
		&t[0], &t[1], &t[2], &t[3], &t[4]); err != nil {
		return b, err
	}
	b.place(moments{db.Time(t[0]), db.Time(t[1]), db.Time(t[2]), db.Time(t[3]), db.Time(t[4])}, at)
	return b, json.Unmarshal([]byte(services), &b.Services)
}

// How far before a time a change that reaches into it may have begun, when it
// is over or only planned; those that run are found however old they are.
const (
	backOver    = 2 * 24 * time.Hour
	backPlanned = 31 * 24 * time.Hour
)

// notable is what somebody may want to see on a calendar. What is not is
// routine: low risk, allowed without a human, and it went well. It is written
// with <> so that engines do not take the index by state for it.
const notable = "(c.state <> 'succeeded' OR c.outcome <> 'allow' OR c.risk_level <> 'low' OR c.type = 'emergency' OR c.bypass = TRUE)"

// Each part of the time line is one query by an index: what began, what runs
// since long before, what is planned; of one service, all by its own index. The
// + keeps engines from the index by start, which holds all that ever began.
const (
	startedSQL = " FROM change AS c WHERE c.started_at >= $1 AND c.started_at < $2 AND c.started_at > 0 AND (c.ended_at = 0 OR c.ended_at > $3)"
	runningSQL = " FROM change AS c WHERE c.is_open = TRUE AND +c.started_at > 0 AND +c.started_at < $1"
	plannedSQL = " FROM change AS c WHERE c.planned_from >= $1 AND c.planned_from < $2 AND c.planned_from > 0 AND c.started_at = 0 AND c.is_open = TRUE AND (c.planned_to = 0 OR c.planned_to > $3)"
	ofSQL      = " FROM change_service AS s JOIN change AS c ON c.id = s.change_id WHERE s.service = $4 AND s.from_at >= $1 AND s.from_at < $2 AND (c.started_at > 0 OR c.planned_from > 0 AND c.is_open = TRUE) AND (c.ended_at = 0 OR c.ended_at > $3)"
)

// bars returns the changes on the time line, at most limit of each part, how
// many routine ones were left out (counted up to limit), and whether there are
// more.
func bars(q db.Querier, f Filter, from, to, at time.Time, limit int) (out []Bar, hidden int, more bool, err error) {
	type part struct {
		text  string
		order string
		args  []any
	}
	over := []any{db.Micros(from.Add(-backOver)), db.Micros(to), db.Micros(from)}
	parts := []part{{startedSQL, "c.started_at, c.id", over}, {runningSQL, "c.id", over[:1]},
		{plannedSQL, "c.planned_from, c.id", []any{db.Micros(from.Add(-backPlanned)), db.Micros(to), db.Micros(from)}}}
	if f.Service != "" {
		parts = []part{{ofSQL, "s.from_at, s.change_id", []any{db.Micros(from.Add(-backPlanned)), db.Micros(to), db.Micros(from), f.Service}}}
	}
	for i, p := range parts {
		args, where := p.args[:len(p.args):len(p.args)], ""
		and := func(text string, v any) {
			args = append(args, v)
			where += " AND " + text + " = " + param(len(args))
		}
		if f.Team != "" {
			and("c.team", f.Team)
		}
		if f.Environment != "" {
			and("c.environment", f.Environment)
		}
		show := ""
		if f.Quiet {
			show = " AND " + notable
			if i == 0 { // those that run or are planned have not succeeded
				var n int
				if err := q.QueryRow("SELECT COUNT(*) FROM (SELECT c.id"+p.text+where+" AND NOT "+notable+" LIMIT "+param(len(args)+1)+") AS r", append(args, limit)...).Scan(&n); err != nil {
					return nil, 0, false, err
				}
				hidden += n
			}
		}
		found, err := db.Collect(q, func(r *db.Rows) (Bar, error) { return scanBar(r, at) },
			"SELECT "+barColumns+p.text+where+show+" ORDER BY "+p.order+" LIMIT "+param(len(args)+1), append(args, limit+1)...)
		if err != nil {
			return nil, 0, false, err
		}
		if len(found) > limit {
			found, more = found[:limit], true
		}
		for _, b := range found {
			if b.To.After(from) && b.From.Before(to) {
				out = append(out, b)
			}
		}
	}
	return out, hidden, more, nil
}

// openSQL reads the open changes of services that a comparison selects.
func openSQL(in string) string {
	return "SELECT " + barColumns + " FROM change_service AS s JOIN change AS c ON c.id = s.change_id WHERE s.is_open = TRUE AND s.service " + in +
		" AND (c.started_at > 0 OR c.planned_from > 0) ORDER BY s.service, s.change_id LIMIT $1"
}

// openOn returns the open changes of services that have a time.
func openOn(q db.Querier, services []string, at time.Time, limit int) (out []Bar, err error) {
	if len(services) == 0 {
		return nil, nil
	}
	in, args := db.InSet(q, 2, services)
	seen := map[int64]bool{}
	found, err := db.Collect(q, func(r *db.Rows) (Bar, error) { return scanBar(r, at) },
		openSQL(in), append([]any{limit}, args...)...)
	for _, b := range found {
		if !seen[b.ID] {
			seen[b.ID] = true
			out = append(out, b)
		}
	}
	return out, err
}

func param(n int) string { return "$" + strconv.Itoa(n) }
