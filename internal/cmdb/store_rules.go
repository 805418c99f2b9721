package cmdb

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

const rulesColumns = "name, spec, reached, last_item, changed, next_at, version, created_at, updated_at"

const dueRulesSQL = "SELECT " + rulesColumns + " FROM ci_rules WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT 1"

func scanRules(row interface{ Scan(...any) error }) (r RulesRecord, err error) {
	var spec string
	var next, created, updated int64
	if err = row.Scan(&r.Name, &spec, &r.Replay.Reached, &r.Replay.Last, &r.Replay.Changed, &next, &r.Version, &created, &updated); err != nil {
		return r, err
	}
	r.Replay.Next, r.Created, r.Updated = db.Time(next), db.Time(created), db.Time(updated)
	return r, json.Unmarshal([]byte(spec), &r.Rules)
}

// findRules returns the stored rules; ok is false when the default ones are in
// force.
func findRules(q db.Querier, lock string) (r RulesRecord, ok bool, err error) {
	r, err = scanRules(q.QueryRow("SELECT "+rulesColumns+" FROM ci_rules WHERE name = $1"+lock, RulesName))
	if errors.Is(err, db.ErrNoRows) {
		return RulesRecord{Name: RulesName, Rules: DefaultRules()}, false, nil
	}
	return r, err == nil, err
}

func insertRules(tx *db.Tx, r RulesRecord) error {
	spec, err := json.Marshal(r.Rules)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO ci_rules ("+rulesColumns+") VALUES "+db.Values(1, 9), r.Name, string(spec), r.Replay.Reached, r.Replay.Last, r.Replay.Changed,
		db.Micros(r.Replay.Next), r.Version, db.Micros(r.Created), db.Micros(r.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "the rules were edited meanwhile; look at them again").On(r.Ref().String()).Because(err)
	}
	return err
}

func updateRules(tx *db.Tx, r RulesRecord) error {
	spec, err := json.Marshal(r.Rules)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE ci_rules SET spec = $2, reached = $3, last_item = $4, changed = $5, next_at = $6, version = $7, updated_at = $8 WHERE name = $1",
		r.Name, string(spec), r.Replay.Reached, r.Replay.Last, r.Replay.Changed, db.Micros(r.Replay.Next), r.Version, db.Micros(r.Updated))
	return err
}

// setReplay keeps how far the replay is.
func setReplay(tx *db.Tx, p Replay) error {
	_, err := tx.Exec("UPDATE ci_rules SET reached = $2, last_item = $3, changed = $4, next_at = $5 WHERE name = $1", RulesName, p.Reached, p.Last, p.Changed, db.Micros(p.Next))
	return err
}

// dueReplay claims the rules while their replay is due; ok is false when it is
// not, or another replica is at it.
func dueReplay(tx *db.Tx) (r RulesRecord, ok bool, err error) {
	r, err = scanRules(tx.QueryRow(dueRulesSQL+tx.SkipLocked(), db.Micros(tx.Now)))
	if errors.Is(err, db.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

func nextReplay(q db.Querier) (time.Time, error) {
	var us int64
	err := q.QueryRow("SELECT COALESCE(MIN(next_at), 0) FROM ci_rules WHERE next_at > 0").Scan(&us)
	return db.Time(us), err
}

// newestItem is the highest number of an item; 0 when there is none.
func newestItem(q db.Querier) (id int64, err error) {
	err = q.QueryRow("SELECT COALESCE(MAX(id), 0) FROM ci").Scan(&id)
	return id, err
}

// itemsAfter returns the numbers of the items after one that stand for
// themselves, those merged into another left out.
func itemsAfter(q db.Querier, after int64, limit int) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT id FROM ci WHERE id > $1 AND merged_into = 0 ORDER BY id LIMIT $2", after, limit)
}
