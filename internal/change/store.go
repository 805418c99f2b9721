package change

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// columns of the change table, in the order of values and scan.
const columns = `id, version, title, summary, type, kind, purpose, state, is_open, model, service, services, team, environment,
repository, commit_sha, branch, pull_request, artefact, previous, link, author, author_person, source,
rollback_plan, rollback_ref, rollback_of, returns, taken_back_by, decision, outcome, risk, risk_level, bypass, waited,
created_at, committed_at, assessed_at, requested_at, approved_at, planned_from, planned_to, started_at, deployed_at, verify_until, ended_at, recovered_at,
rework, outcome_by, outcome_person, outcome_reason, review_due, reviewed_at, review_by, review,
caused, expires_at, recheck_at, next_at, told, entries, trail, salt`

var columnNames = strings.Split(strings.NewReplacer("\n", "", " ", "").Replace(columns), ",")

// values are a row as inserted, in the order of columns.
func values(c Change) []any {
	services, _ := json.Marshal(c.Services) // strings always encode
	return []any{c.ID, c.Version, c.Title, c.Summary, string(c.Type), string(c.Kind), string(c.Purpose), string(c.State), c.State.Open(), c.Model, c.Main(), string(services), c.Team, c.Environment,
		c.Repository, c.Commit, c.Branch, c.PullRequest, c.Artefact, c.Previous, c.Link, c.Author, c.AuthorPerson, c.Source,
		c.RollbackPlan, c.RollbackRef, c.RollbackOf, c.Returns, c.TakenBackBy, c.Decision, string(c.Outcome), c.Risk, c.RiskLevel, c.Bypass, c.Waited.Microseconds(),
		db.Micros(c.CreatedAt), db.Micros(c.CommittedAt), db.Micros(c.AssessedAt), db.Micros(c.RequestedAt), db.Micros(c.ApprovedAt), db.Micros(c.PlannedFrom), db.Micros(c.PlannedTo),
		db.Micros(c.StartedAt), db.Micros(c.DeployedAt), db.Micros(c.VerifyUntil), db.Micros(c.EndedAt), db.Micros(c.RecoveredAt),
		c.Rework, c.OutcomeBy, c.OutcomePerson, c.OutcomeReason, db.Micros(c.ReviewDue), db.Micros(c.Reviewed), c.ReviewBy, c.Review,
		c.Caused, db.Micros(c.ExpiresAt), db.Micros(c.RecheckAt), db.Micros(c.NextAt), int64(c.Told), c.Entries, c.Trail, c.salt}
}

type scanner interface{ Scan(dest ...any) error }

func scan(r scanner) (c Change, err error) {
	var open bool
	var service, services string
	var waited, created, committed, assessed, requested, approved, from, to, started, deployed, verify, ended, recovered, due, reviewed, expires, recheck, next int64
	err = r.Scan(&c.ID, &c.Version, &c.Title, &c.Summary, &c.Type, &c.Kind, &c.Purpose, &c.State, &open, &c.Model, &service, &services, &c.Team, &c.Environment,
		&c.Repository, &c.Commit, &c.Branch, &c.PullRequest, &c.Artefact, &c.Previous, &c.Link, &c.Author, &c.AuthorPerson, &c.Source,
		&c.RollbackPlan, &c.RollbackRef, &c.RollbackOf, &c.Returns, &c.TakenBackBy, &c.Decision, &c.Outcome, &c.Risk, &c.RiskLevel, &c.Bypass, &waited,
		&created, &committed, &assessed, &requested, &approved, &from, &to, &started, &deployed, &verify, &ended, &recovered,
		&c.Rework, &c.OutcomeBy, &c.OutcomePerson, &c.OutcomeReason, &due, &reviewed, &c.ReviewBy, &c.Review,
		&c.Caused, &expires, &recheck, &next, &c.Told, &c.Entries, &c.Trail, &c.salt)
	if err != nil {
		return c, err
	}
	c.Waited = time.Duration(waited) * time.Microsecond
	c.CreatedAt, c.CommittedAt, c.AssessedAt, c.RequestedAt, c.ApprovedAt = db.Time(created), db.Time(committed), db.Time(assessed), db.Time(requested), db.Time(approved)
	c.PlannedFrom, c.PlannedTo, c.StartedAt, c.DeployedAt, c.VerifyUntil = db.Time(from), db.Time(to), db.Time(started), db.Time(deployed), db.Time(verify)
	c.EndedAt, c.RecoveredAt, c.ReviewDue, c.Reviewed = db.Time(ended), db.Time(recovered), db.Time(due), db.Time(reviewed)
	c.ExpiresAt, c.RecheckAt, c.NextAt = db.Time(expires), db.Time(recheck), db.Time(next)
	if services == "" || services[0] != '[' {
		return c, fmt.Errorf("services of %s: %q is no list", c.Key(), services)
	}
	if services == `["`+service+`"]` { // nearly always one
		c.Services = []string{service}
		return c, nil
	}
	return c, json.Unmarshal([]byte(services), &c.Services)
}

func scanRow(rows *db.Rows) (Change, error) { return scan(rows) }

// get reads one change; lock holds its row until the transaction ends. It
// returns db.ErrNoRows when there is none.
func get(q db.Querier, id int64, lock string) (Change, error) {
	return scan(q.QueryRow("SELECT "+columns+" FROM change WHERE id = $1"+lock, id))
}

// getMany reads changes by number, in no promised order; unknown ones are absent.
func getMany(q db.Querier, ids []int64) (map[int64]Change, error) {
	out := make(map[int64]Change, len(ids))
	for len(ids) > 0 {
		part := ids[:min(len(ids), 256)]
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, scanRow, "SELECT "+columns+" FROM change WHERE id "+in, args...)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			out[c.ID] = c
		}
		ids = ids[len(part):]
	}
	return out, nil
}

var insertSQL = "INSERT INTO change (" + columns + ") VALUES "

// insert adds a new change. On PostgreSQL a second open one of the same
// identity arises as a unique violation later, and the transaction runs again.
func insert(tx *db.Tx, c Change) error {
	return tx.Later(insertSQL+db.Values(1, len(columnNames)), values(c)...)
}

var saveSQL = func() string {
	var b strings.Builder
	for n, c := range columnNames[1:] {
		b.WriteString(", " + c + " = $" + strconv.Itoa(n+2))
	}
	return "UPDATE change SET " + b.String()[2:] + " WHERE id = $1"
}()

// save writes back a row that get locked.
func save(tx *db.Tx, c Change) error {
	n, err := tx.Exec(saveSQL, values(c)...)
	if err == nil && n != 1 {
		err = errors.New("the change's row is gone")
	}
	return err
}

// setNext moves a change's next deadline and nothing else.
func setNext(tx *db.Tx, id int64, at time.Time) error {
	return tx.Later("UPDATE change SET next_at = $2 WHERE id = $1", id, db.Micros(at))
}

// from is where a change stands on a time line: started, or else planned, or
// else made.
func (c Change) from() time.Time {
	switch {
	case !c.StartedAt.IsZero():
		return c.StartedAt
	case !c.PlannedFrom.IsZero():
		return c.PlannedFrom
	}
	return c.CreatedAt
}

// onWay reports whether a change is on its way, or planned: others may be in
// its way.
func (c Change) onWay() bool {
	return c.State.Open() && (!c.StartedAt.IsZero() || !c.PlannedFrom.IsZero())
}

// saveServices writes the rows of a change's services.
func saveServices(tx *db.Tx, c Change) error {
	rows := make([][]any, len(c.Services))
	for n, name := range c.Services {
		rows[n] = []any{name, c.ID, c.State.Open(), db.Micros(c.from()), c.onWay()}
	}
	return tx.InsertMany("INSERT INTO change_service (service, change_id, is_open, from_at, on_way) VALUES ",
		" ON CONFLICT (service, change_id) DO UPDATE SET is_open = excluded.is_open, from_at = excluded.from_at, on_way = excluded.on_way", 5, rows)
}

// dropServices removes the rows of services that a change no longer names.
func dropServices(tx *db.Tx, c Change) error {
	return tx.Later("DELETE FROM change_service WHERE change_id = $1 AND service NOT IN "+db.In(2, len(c.Services)), append([]any{c.ID}, db.Args(c.Services)...)...)
}

const entryColumns = "change_id, n, at, kind, actor, person, text, detail, erased, digest"

func insertEntries(tx *db.Tx, list []Entry) error {
	rows := make([][]any, len(list))
	for n, e := range list {
		rows[n] = []any{e.Change, e.N, db.Micros(e.At), string(e.Kind), e.Actor, e.Person, e.Text, e.Detail, e.Erased, e.Digest}
	}
	return tx.InsertMany("INSERT INTO change_entry ("+entryColumns+") VALUES ", "", 10, rows)
}

// entries reads what happened to a change after entry n, oldest first.
func entries(q db.Querier, id int64, n, limit int) ([]Entry, error) {
	return db.Collect(q, func(r *db.Rows) (e Entry, err error) {
		var at int64
		err = r.Scan(&e.Change, &e.N, &at, &e.Kind, &e.Actor, &e.Person, &e.Text, &e.Detail, &e.Erased, &e.Digest)
		e.At = db.Time(at)
		return e, err
	}, "SELECT "+entryColumns+" FROM change_entry WHERE change_id = $1 AND n > $2 ORDER BY n LIMIT $3", id, n, limit)
}
