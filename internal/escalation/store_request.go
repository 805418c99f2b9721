package escalation

import (
	"errors"

	"github.com/evenkeel/evenkeel/internal/db"
)

const requestColumns = "incident, person, kind, state, asked_by, asked_at, answered_at, reminders, round, next_at, note"

func scanRequest(r interface{ Scan(...any) error }) (x Request, err error) {
	var asked, answered, next int64
	err = r.Scan(&x.Incident, &x.Person, &x.Kind, &x.State, &x.AskedBy, &asked, &answered, &x.Reminders, &x.Round, &next, &x.Note)
	x.AskedAt, x.AnsweredAt, x.NextAt = db.Time(asked), db.Time(answered), db.Time(next)
	return x, err
}

func collectRequest(r *db.Rows) (Request, error) { return scanRequest(r) }

func requestOf(q db.Querier, incident, person int64) (x Request, ok bool, err error) {
	x, err = scanRequest(q.QueryRow("SELECT "+requestColumns+" FROM escalation_request WHERE incident = $1 AND person = $2", incident, person))
	if errors.Is(err, db.ErrNoRows) {
		return Request{}, false, nil
	}
	return x, err == nil, err
}

func requestsOf(q db.Querier, incident int64) ([]Request, error) {
	return db.Collect(q, collectRequest, "SELECT "+requestColumns+" FROM escalation_request WHERE incident = $1 ORDER BY person LIMIT 200", incident)
}

const askedSQL = "SELECT " + requestColumns + " FROM escalation_request WHERE person = $1 AND state = 'asked' LIMIT 50"

// askedOf returns the requests that wait for a person.
func askedOf(q db.Querier, person int64) ([]Request, error) {
	return db.Collect(q, collectRequest, askedSQL, person)
}

const (
	dueRequestSQL  = "SELECT " + requestColumns + " FROM escalation_request WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
	nextRequestSQL = "SELECT next_at FROM escalation_request WHERE next_at > 0 ORDER BY next_at LIMIT 1"
)

func dueRequests(tx *db.Tx, limit int) ([]Request, error) {
	return db.Collect(tx, collectRequest, dueRequestSQL+tx.SkipLocked(), db.Micros(tx.Now), limit)
}

func saveRequests(tx *db.Tx, list []Request) error {
	rows := make([][]any, len(list))
	for n, x := range list {
		rows[n] = []any{x.Incident, x.Person, string(x.Kind), string(x.State), x.AskedBy, db.Micros(x.AskedAt), db.Micros(x.AnsweredAt), x.Reminders, x.Round, db.Micros(x.NextAt), x.Note}
	}
	return tx.InsertMany("INSERT INTO escalation_request ("+requestColumns+") VALUES ", ` ON CONFLICT (incident, person) DO UPDATE SET kind = excluded.kind, state = excluded.state,
asked_by = excluded.asked_by, asked_at = excluded.asked_at, answered_at = excluded.answered_at, reminders = excluded.reminders, round = excluded.round, next_at = excluded.next_at, note = excluded.note`, 11, rows)
}

// closeRequests ends what is still asked about an incident that is over.
func closeRequests(tx *db.Tx, incident int64) error {
	return tx.Later("UPDATE escalation_request SET state = 'over', next_at = 0 WHERE incident = $1 AND state = 'asked'", incident)
}
