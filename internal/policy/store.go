package policy

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/db"
)

const (
	brief   = "id, version, state, digest, tests, note, reason, commit_sha, made_by, decided_by, created_at, decided_at, activated_at, salt"
	columns = brief + ", modules"
)

func scanBrief(row interface{ Scan(...any) error }, more ...any) (v Version, err error) {
	var state string
	var created, decided, activated int64
	err = row.Scan(append([]any{&v.ID, &v.Version, &state, &v.Digest, &v.Tests, &v.Note, &v.Reason, &v.Commit, &v.MadeBy, &v.DecidedBy, &created, &decided, &activated, &v.salt}, more...)...)
	v.State, v.Created, v.Decided, v.Activated = State(state), db.Time(created), db.Time(decided), db.Time(activated)
	return v, err
}

func scan(row interface{ Scan(...any) error }) (Version, error) {
	var modules string
	v, err := scanBrief(row, &modules)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(modules), &v.Modules); err != nil {
		return v, fmt.Errorf("%s: %w", v.Ref(), err)
	}
	return v, nil
}

// inState returns the number of the version that is active, or the shadow; 0:
// there is none. The state stands in the text, so that the partial index
// serves it.
func inState(q db.Querier, s State) (id int64, err error) {
	err = q.QueryRow("SELECT id FROM policy_version WHERE state = '" + string(s) + "'").Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func read(q db.Querier, id int64, lock string) (v Version, ok bool, err error) {
	v, err = scan(q.QueryRow("SELECT "+columns+" FROM policy_version WHERE id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return Version{}, false, nil
	}
	return v, err == nil, err
}

const olderSQL = "SELECT " + brief + " FROM policy_version WHERE id < $1 ORDER BY id DESC LIMIT $2"

// older lists versions before a number, the newest first, without modules; 0:
// all.
func older(q db.Querier, before int64, limit int) ([]Version, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	return db.Collect(q, func(r *db.Rows) (Version, error) { return scanBrief(r) }, olderSQL, before, limit)
}

func insert(tx *db.Tx, v Version) error {
	modules, err := json.Marshal(v.Modules)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO policy_version ("+columns+") VALUES "+db.Values(1, 15), v.ID, v.Version, string(v.State), v.Digest, v.Tests, v.Note, v.Reason, v.Commit,
		v.MadeBy, v.DecidedBy, db.Micros(v.Created), db.Micros(v.Decided), db.Micros(v.Activated), v.salt, string(modules))
	return err
}

// save keeps what a change of state changes.
func save(tx *db.Tx, v Version) error {
	_, err := tx.Exec("UPDATE policy_version SET version = $1, state = $2, reason = $3, decided_by = $4, decided_at = $5, activated_at = $6 WHERE id = $7",
		v.Version, string(v.State), v.Reason, v.DecidedBy, db.Micros(v.Decided), db.Micros(v.Activated), v.ID)
	return err
}
