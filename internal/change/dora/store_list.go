package dora

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// masks say which facts stand behind a figure: flags & mask = value.
var masks = map[string]struct{ mask, value flags }{
	Deployments: {reached, reached},
	LeadTime:    {reached | hasLead, reached | hasLead},
	NoLeadTime:  {reached | isNew | hasLead, reached | isNew},
	Completed:   {reached | completed, reached | completed},
	Failures:    {reached | failed, reached | failed},
	Recovered:   {reached | recovered, reached | recovered},
	Unrecovered: {reached | failed | recovered, reached | failed},
	Rework:      {reached | rework, reached | rework},
	NoOutcome:   {reached | known, reached},
	Bypassed:    {reached | bypassed, reached | bypassed},
}

// place is where a page of a list goes on.
type place struct{ at, id int64 }

func (p place) String() string { return fmt.Sprintf("%d-%d", p.at, p.id) }

func parsePlace(text string) (p place, err error) {
	at, id, ok := strings.Cut(text, "-")
	if ok {
		if p.at, err = strconv.ParseInt(at, 10, 64); err == nil {
			p.id, err = strconv.ParseInt(id, 10, 64)
		}
	}
	if !ok || err != nil {
		return p, errs.BadField("cursor", text, "use the one that the page before gave")
	}
	return p, nil
}

// recordsSQL lists the changes behind a figure, the newest first, by an index
// of all, of a team, or of a service.
func recordsSQL(f Filter, figure string, from, to int64, after place, limit int) (string, []any) {
	m := masks[figure]
	args := []any{from, to}
	arg := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	table, key := "dora_fact f", "f"
	var where []string
	if f.Service != "" {
		table, key = "dora_service s JOIN dora_fact f ON f.change_id = s.change_id", "s"
		where = append(where, "s.service = "+arg(f.Service))
	}
	switch {
	case f.Team != "":
		where = append(where, "f.team = "+arg(f.Team))
	case m.value&failed != 0 && f.Service == "":
		where = append(where, "(f.flags & 4) <> 0") // as the index has it
	case m.value&rework != 0 && f.Service == "":
		where = append(where, "(f.flags & 16) <> 0")
	}
	where = append(where, fmt.Sprintf("(f.flags & %d) = %d", m.mask, m.value))
	if f.environment() != AnyEnvironment {
		where = append(where, "f.environment = "+arg(f.environment()))
	}
	if f.Kind != "" {
		where = append(where, "f.kind = "+arg(f.Kind))
	}
	if after != (place{}) {
		where = append(where, fmt.Sprintf("(%[1]s.at, %[1]s.change_id) < (%[2]s, %[3]s)", key, arg(after.at), arg(after.id)))
	}
	return fmt.Sprintf(`SELECT f.change_id, f.at, f.flags, f.lead, f.recovery, f.risk, f.service, f.team, f.environment, f.kind, c.title, c.state, c.commit_sha, c.artefact, c.outcome_by, c.outcome_reason
FROM %s JOIN change c ON c.id = f.change_id WHERE %[2]s.at >= $1 AND %[2]s.at < $2 AND %[3]s ORDER BY %[2]s.at DESC, %[2]s.change_id DESC LIMIT %[4]s`,
		table, key, strings.Join(where, " AND "), arg(limit)), args
}

func records(q db.Querier, f Filter, figure string, from, to int64, after place, limit int) ([]Record, error) {
	text, args := recordsSQL(f, figure, from, to, after, limit)
	return db.Collect(q, func(r *db.Rows) (x Record, err error) {
		var at, lead, recovery int64
		var fl flags
		err = r.Scan(&x.ID, &at, &fl, &lead, &recovery, &x.Risk, &x.Service, &x.Team, &x.Environment, &x.Kind, &x.Title, &x.State, &x.Commit, &x.Artefact, &x.OutcomeBy, &x.OutcomeReason)
		x.At, x.Lead, x.Recovery = db.Time(at), -1, -1
		if fl&hasLead != 0 {
			x.Lead = micros(lead)
		}
		if fl&recovered != 0 {
			x.Recovery = micros(recovery)
		}
		x.Failed, x.Caused, x.Rework, x.OutcomeKnown = fl&failed != 0, fl&caused != 0, fl&rework != 0, fl&known != 0
		return x, err
	}, text, args...)
}

const stepsSQL = `SELECT a.id, a.change_id, a.person, a.outside, a.via, a.state, a.asked_at, a.decided_at, c.title, c.state, c.risk
FROM change_approval a JOIN change c ON c.id = a.change_id
WHERE a.rule = $1 AND a.who = $2 AND a.decided_at > 0 AND a.decided_at >= $3 AND a.decided_at < $4 AND (a.decided_at, a.id) < ($5, $6) ORDER BY a.decided_at DESC, a.id DESC LIMIT $7`

func approvals(q db.Querier, rule, who string, from, to int64, after place, limit int) ([]Approval, error) {
	if after == (place{}) {
		after = place{to, 0}
	}
	return db.Collect(q, func(r *db.Rows) (x Approval, err error) {
		var asked, decided int64
		err = r.Scan(&x.ID, &x.Change, &x.Person, &x.Outside, &x.Via, &x.Answer, &asked, &decided, &x.Title, &x.State, &x.Risk)
		x.AskedAt, x.DecidedAt = db.Time(asked), db.Time(decided)
		x.Waited = max(0, time.Duration(decided-asked)*time.Microsecond)
		return x, err
	}, stepsSQL, rule, who, from, to, after.at, after.id, limit)
}

// dropRange forgets the facts of the changes after an id up to another, and
// returns their times.
func dropRange(tx *db.Tx, after, last int64) (times []int64, err error) {
	times, err = db.Collect(tx, func(r *db.Rows) (at int64, err error) { return at, r.Scan(&at) }, "SELECT at FROM dora_fact WHERE change_id > $1 AND change_id <= $2", after, last)
	if err != nil || len(times) == 0 {
		return nil, err
	}
	if _, err := tx.Exec("DELETE FROM dora_service WHERE change_id > $1 AND change_id <= $2", after, last); err != nil {
		return nil, err
	}
	_, err = tx.Exec("DELETE FROM dora_fact WHERE change_id > $1 AND change_id <= $2", after, last)
	return times, err
}
