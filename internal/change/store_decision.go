package change

import (
	"encoding/json"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const decisionColumns = "id, change_id, at, mode, policy, weights, windows, settings, outcome, risk, input, result, took"

// insertDecision keeps a decision.
func insertDecision(tx *db.Tx, d Decided) error {
	return tx.Later("INSERT INTO change_decision ("+decisionColumns+") VALUES "+db.Values(1, 13),
		d.ID, d.Change, db.Micros(d.At), string(d.Mode), d.Policy, d.Weights, d.Windows, d.Settings, string(d.Result.Outcome), d.Risk, d.input, d.result, d.Took.Microseconds())
}

// insertDecisions keeps several.
func insertDecisions(tx *db.Tx, list []Decided) error {
	rows := make([][]any, len(list))
	for i, d := range list {
		rows[i] = []any{d.ID, d.Change, db.Micros(d.At), string(d.Mode), d.Policy, d.Weights, d.Windows, d.Settings, string(d.Result.Outcome), d.Risk, d.input, d.result, d.Took.Microseconds()}
	}
	return tx.InsertMany("INSERT INTO change_decision ("+decisionColumns+") VALUES ", "", 13, rows)
}

func scanDecision(r scanner) (d Decided, err error) {
	var at, took int64
	if err = r.Scan(&d.ID, &d.Change, &at, &d.Mode, &d.Policy, &d.Weights, &d.Windows, &d.Settings, &d.Result.Outcome, &d.Risk, &d.input, &d.result, &took); err != nil {
		return d, err
	}
	d.At, d.Took = db.Time(at), time.Duration(took)*time.Microsecond
	if err = json.Unmarshal([]byte(d.result), &d.Result); err == nil {
		err = json.Unmarshal([]byte(d.input), &d.Input)
	}
	return d, err
}

// decisionByID returns a decision; db.ErrNoRows when there is none.
func decisionByID(q db.Querier, id int64) (Decided, error) {
	return scanDecision(q.QueryRow("SELECT "+decisionColumns+" FROM change_decision WHERE id = $1", id))
}

const decisionsOfSQL = "SELECT " + decisionColumns + " FROM change_decision WHERE change_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"

// decisionsOf returns the decisions of a change before one, newest first.
func decisionsOf(q db.Querier, change, before int64, limit int) ([]Decided, error) {
	return db.Collect(q, func(r *db.Rows) (Decided, error) { return scanDecision(r) }, decisionsOfSQL, change, before, limit)
}

// replaysSQL takes only decisions that stand, so that a change counts once.
const replaysSQL = `SELECT d.id, d.change_id, d.at, d.input, d.result, c.waited, c.state, c.caused, c.type, c.title FROM change_decision d JOIN change c ON c.id = d.change_id AND c.decision = d.id
WHERE d.mode = 'gate' AND d.id < $1 ORDER BY d.id DESC LIMIT $2`

func replays(q db.Querier, before int64, limit int) ([]Replay, error) {
	return db.Collect(q, func(r *db.Rows) (p Replay, err error) {
		var at, waited int64
		var input, result string
		var c Change
		if err = r.Scan(&p.Decision, &p.Change, &at, &input, &result, &waited, &c.State, &c.Caused, &c.Type, &p.Title); err != nil {
			return p, err
		}
		p.At, p.Waited = db.Time(at), time.Duration(waited)*time.Microsecond
		p.Completed, p.Failed, p.Emergency = c.State.Completed(), c.Bad(), c.Type == Emergency
		if err = json.Unmarshal([]byte(result), &p.Result); err == nil {
			err = json.Unmarshal([]byte(input), &p.Input)
		}
		return p, err
	}, replaysSQL, before, limit)
}
