package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const approvalColumns = "id, change_id, decision_id, rule, who, state, asked_at, decided_at, expires_at, person, on_behalf, outside, via, commit_sha, reason, salt"

func scanApproval(r *db.Rows) (a Approval, err error) {
	var asked, decided, expires int64
	err = r.Scan(&a.ID, &a.Change, &a.Decision, &a.Rule, &a.Who, &a.State, &asked, &decided, &expires, &a.Person, &a.OnBehalf, &a.Outside, &a.Via, &a.Commit, &a.Reason, &a.salt)
	a.AskedAt, a.DecidedAt, a.ExpiresAt = db.Time(asked), db.Time(decided), db.Time(expires)
	return a, err
}

// insertApprovals adds approvals that are needed, or were given at once.
func insertApprovals(tx *db.Tx, list []Approval) error {
	rows := make([][]any, len(list))
	for i, a := range list {
		rows[i] = []any{a.ID, a.Change, a.Decision, a.Rule, a.Who, string(a.State), db.Micros(a.AskedAt), db.Micros(a.DecidedAt), db.Micros(a.ExpiresAt),
			a.Person, a.OnBehalf, a.Outside, string(a.Via), a.Commit, a.Reason, a.salt}
	}
	return tx.InsertMany("INSERT INTO change_approval ("+approvalColumns+") VALUES ", "", 16, rows)
}

// saveApproval writes what became of one.
func saveApproval(tx *db.Tx, a Approval) error {
	return tx.Later(`UPDATE change_approval SET decision_id = $2, rule = $3, state = $4, decided_at = $5, expires_at = $6, person = $7, on_behalf = $8, outside = $9, via = $10, commit_sha = $11, reason = $12 WHERE id = $1`,
		a.ID, a.Decision, a.Rule, string(a.State), db.Micros(a.DecidedAt), db.Micros(a.ExpiresAt), a.Person, a.OnBehalf, a.Outside, string(a.Via), a.Commit, a.Reason)
}

const approvalsOfSQL = "SELECT " + approvalColumns + " FROM change_approval WHERE change_id = $1 ORDER BY id LIMIT 1000"

// approvalsOf returns all approvals of a change, oldest first.
func approvalsOf(q db.Querier, change int64) ([]Approval, error) {
	return db.Collect(q, scanApproval, approvalsOfSQL, change)
}

const waitingSQL = "SELECT " + approvalColumns + " FROM change_approval WHERE state = 'waiting' AND who = $1 AND id > $2 ORDER BY id LIMIT $3"

// waitingFor returns the approvals that wait for a reviewer, after one, oldest
// first.
func waitingFor(q db.Querier, who string, after int64, limit int) ([]Approval, error) {
	return db.Collect(q, scanApproval, waitingSQL, who, after, limit)
}

// Delegation says who approves in whose place, and until when.
type Delegation struct {
	ID       int64
	Person   int64 // who is away
	Delegate int64 // who approves instead
	From     time.Time
	Until    time.Time
	Reason   string
	Created  time.Time
	Ended    time.Time // taken back before Until; zero: not
}

// active reports whether it holds at a time.
func (d Delegation) active(at time.Time) bool {
	return !at.Before(d.From) && at.Before(d.Until) && (d.Ended.IsZero() || at.Before(d.Ended))
}

const delegationColumns = "id, person, delegate, from_at, until_at, reason, created_at, ended_at"

func scanDelegation(r *db.Rows) (d Delegation, err error) {
	var from, until, created, ended int64
	err = r.Scan(&d.ID, &d.Person, &d.Delegate, &from, &until, &d.Reason, &created, &ended)
	d.From, d.Until, d.Created, d.Ended = db.Time(from), db.Time(until), db.Time(created), db.Time(ended)
	return d, err
}

const delegatedSQL = "SELECT " + delegationColumns + " FROM change_delegation WHERE delegate = $1 AND until_at > $2 ORDER BY until_at LIMIT 200"

// delegatedTo returns the delegations to a person that did not run out.
func delegatedTo(q db.Querier, delegate int64, now time.Time) ([]Delegation, error) {
	return db.Collect(q, scanDelegation, delegatedSQL, delegate, db.Micros(now))
}

const delegationsSQL = "SELECT " + delegationColumns + " FROM change_delegation WHERE id < $1 ORDER BY id DESC LIMIT $2"

// delegations lists all of them, newest first, before one.
func delegations(q db.Querier, before int64, limit int) ([]Delegation, error) {
	return db.Collect(q, scanDelegation, delegationsSQL, before, limit)
}

func insertDelegation(tx *db.Tx, d Delegation) error {
	_, err := tx.Exec("INSERT INTO change_delegation ("+delegationColumns+") VALUES "+db.Values(1, 8),
		d.ID, d.Person, d.Delegate, db.Micros(d.From), db.Micros(d.Until), d.Reason, db.Micros(d.Created), db.Micros(d.Ended))
	return err
}

func endDelegation(tx *db.Tx, id int64, at time.Time) error {
	_, err := tx.Exec("UPDATE change_delegation SET ended_at = $2 WHERE id = $1", id, db.Micros(at))
	return err
}

// delegationByID returns one, locked; ok is false when there is none.
func delegationByID(tx *db.Tx, id int64) (d Delegation, ok bool, err error) {
	list, err := db.Collect(tx, scanDelegation, "SELECT "+delegationColumns+" FROM change_delegation WHERE id = $1"+tx.ForUpdate(), id)
	if err != nil || len(list) == 0 {
		return Delegation{}, false, err
	}
	return list[0], true, nil
}
