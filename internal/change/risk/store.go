package risk

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
)

const columns = "id, weights, report, parent, state, in_use, version, made_by, decided_by, reason, created_at, decided_at, salt"

func scan(row interface{ Scan(...any) error }) (v Version, err error) {
	var id, created, decided int64
	var weights, report, state string
	if err = row.Scan(&id, &weights, &report, &v.Parent, &state, &v.InUse, &v.Version, &v.MadeBy, &v.DecidedBy, &v.Reason, &created, &decided, &v.salt); err != nil {
		return v, err
	}
	v.State, v.Created, v.Decided = State(state), db.Time(created), db.Time(decided)
	if err := errors.Join(json.Unmarshal([]byte(weights), &v.Weights), json.Unmarshal([]byte(report), &v.Report)); err != nil {
		return v, fmt.Errorf("RISK-%d: %w", id, err)
	}
	v.ID = id
	return v, nil
}

// inUse returns the number of the weights in force; 0: those of the program.
func inUse(q db.Querier) (id int64, err error) {
	err = q.QueryRow("SELECT id FROM risk_model WHERE in_use = TRUE").Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func read(q db.Querier, id int64, lock string) (v Version, ok bool, err error) {
	v, err = scan(q.QueryRow("SELECT "+columns+" FROM risk_model WHERE id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return Version{}, false, nil
	}
	return v, err == nil, err
}

const olderSQL = "SELECT " + columns + " FROM risk_model WHERE id < $1 ORDER BY id DESC LIMIT $2"

// older lists versions before a number; 0: all.
func older(q db.Querier, before int64, limit int) ([]Version, error) {
	if before <= 0 {
		before = 1 << 62
	}
	return db.Collect(q, func(r *db.Rows) (Version, error) { return scan(r) }, olderSQL, before, limit)
}

func insert(tx *db.Tx, v Version) error {
	weights, err := json.Marshal(v.Weights)
	if err != nil {
		return err
	}
	report, err := json.Marshal(v.Report)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO risk_model ("+columns+") VALUES "+db.Values(1, 13), v.ID, string(weights), string(report), v.Parent, string(v.State),
		v.InUse, v.Version, v.MadeBy, v.DecidedBy, v.Reason, db.Micros(v.Created), db.Micros(v.Decided), v.salt)
	return err
}

// save keeps what a decision changes.
func save(tx *db.Tx, v Version) error {
	_, err := tx.Exec("UPDATE risk_model SET state = $1, in_use = $2, version = $3, decided_by = $4, reason = $5, decided_at = $6 WHERE id = $7",
		string(v.State), v.InUse, v.Version, v.DecidedBy, v.Reason, db.Micros(v.Decided), v.ID)
	return err
}

// ended are the states of a change whose outcome is known.
var ended = []string{"succeeded", "failed", "rolled back"}

const (
	completedSQL = "SELECT c.id, c.state, c.caused, d.at, d.input FROM change AS c JOIN change_decision AS d ON d.id = c.decision WHERE c.state = $1 AND c.decision > 0 ORDER BY c.id DESC LIMIT $2"
	outcomesSQL  = "SELECT c.id, c.state, c.caused, c.assessed_at, '' FROM change AS c WHERE c.state = $1 AND c.decision > 0 ORDER BY c.id DESC LIMIT $2"
)

// completed returns the newest changes whose outcome is known and which a gate
// decided about, the newest first, with what it knew then; facts are left out
// if nobody asks for them. A change counts as failed when it failed, was rolled
// back, or is a confirmed cause of an incident.
func completed(q db.Querier, limit int, facts bool) (out []Sample, err error) {
	query := outcomesSQL
	if facts {
		query = completedSQL
	}
	for _, state := range ended {
		list, err := db.Collect(q, scanSample, query, state, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b Sample) int { return int(min(max(b.Change-a.Change, -1), 1)) })
	return out[:min(len(out), limit)], nil
}

func scanSample(r *db.Rows) (s Sample, err error) {
	var state, input string
	var at, caused int64
	if err = r.Scan(&s.Change, &state, &caused, &at, &input); err != nil {
		return s, err
	}
	s.At, s.Failed = db.Time(at), state != ended[0] || caused > 0
	if input == "" {
		return s, nil
	}
	var in fact.Input
	if err := json.Unmarshal([]byte(input), &in); err != nil {
		return s, fmt.Errorf("the facts of CHG-%d: %w", s.Change, err)
	}
	s.X = Features(&in)
	return s, nil
}
