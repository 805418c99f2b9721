package cmdb

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const baselineColumns = "name, spec, at, base, digest, items, relations, drift, looked_at, next_at, version, created_at, updated_at"

const (
	listBaselinesSQL = "SELECT " + baselineColumns + " FROM ci_baseline WHERE name > $1 ORDER BY name LIMIT $2"
	dueBaselineSQL   = "SELECT " + baselineColumns + " FROM ci_baseline WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT 1"
)

func scanBaseline(row interface{ Scan(...any) error }) (b Baseline, err error) {
	var spec string
	var at, looked, next, created, updated int64
	err = row.Scan(&b.Name, &spec, &at, &b.Base, &b.Digest, &b.Items, &b.Relations, &b.Drift, &looked, &next, &b.Version, &created, &updated)
	if err != nil {
		return b, err
	}
	b.At, b.Looked, b.Next, b.Created, b.Updated = db.Time(at), db.Time(looked), db.Time(next), db.Time(created), db.Time(updated)
	return b, json.Unmarshal([]byte(spec), &b.Spec)
}

func listBaselines(q db.Querier, after string, limit int) ([]Baseline, error) {
	return db.Collect(q, func(r *db.Rows) (Baseline, error) { return scanBaseline(r) }, listBaselinesSQL, after, limit)
}

func findBaseline(q db.Querier, name, lock string) (b Baseline, ok bool, err error) {
	b, err = scanBaseline(q.QueryRow("SELECT "+baselineColumns+" FROM ci_baseline WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Baseline{}, false, nil
	}
	return b, err == nil, err
}

func getBaseline(q db.Querier, name, lock string) (Baseline, error) {
	b, ok, err := findBaseline(q, name, lock)
	if err == nil && !ok {
		err = errs.E(errs.NotFound, "there is no such baseline").On(ref.S(ref.Baseline, errs.Short(name)).String())
	}
	return b, err
}

func insertBaseline(tx *db.Tx, b Baseline) error {
	spec, err := json.Marshal(b.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO ci_baseline ("+baselineColumns+") VALUES "+db.Values(1, 13), b.Name, string(spec), db.Micros(b.At), b.Base, b.Digest, b.Items, b.Relations,
		b.Drift, db.Micros(b.Looked), db.Micros(b.Next), b.Version, db.Micros(b.Created), db.Micros(b.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "a baseline of this name exists already").On(b.Ref().String()).Because(err)
	}
	return err
}

func updateBaseline(tx *db.Tx, b Baseline) error {
	spec, err := json.Marshal(b.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE ci_baseline SET spec = $2, at = $3, base = $4, digest = $5, items = $6, relations = $7, drift = $8, looked_at = $9, next_at = $10,
		version = $11, updated_at = $12 WHERE name = $1`, b.Name, string(spec), db.Micros(b.At), b.Base, b.Digest, b.Items, b.Relations, b.Drift,
		db.Micros(b.Looked), db.Micros(b.Next), b.Version, db.Micros(b.Updated))
	return err
}

func removeBaseline(tx *db.Tx, name string) error {
	_, err := tx.Exec("DELETE FROM ci_baseline WHERE name = $1", name)
	return err
}

// dueBaseline claims the baseline that is due first until a time; ok is false
// when none is.
func dueBaseline(tx *db.Tx, until time.Time) (b Baseline, ok bool, err error) {
	b, err = scanBaseline(tx.QueryRow(dueBaselineSQL+tx.SkipLocked(), db.Micros(tx.Now)))
	if errors.Is(err, db.ErrNoRows) {
		return b, false, nil
	}
	if err != nil {
		return b, false, err
	}
	_, err = tx.Exec("UPDATE ci_baseline SET next_at = $2 WHERE name = $1", b.Name, db.Micros(until))
	return b, true, err
}

func nextBaseline(q db.Querier) (time.Time, error) {
	var us int64
	err := q.QueryRow("SELECT COALESCE(MIN(next_at), 0) FROM ci_baseline WHERE next_at > 0").Scan(&us)
	return db.Time(us), err
}

// Decisions on drift.
const (
	driftAccepted  = "accepted"
	driftExplained = "explained"
)

// decision is what somebody decided on one difference.
type decision struct {
	what, verb, form, note, actor string
	person                        int64
	at, decided                   time.Time
}

// decisionsOn are all decisions on a baseline, by what they are on. There are
// at most MaxDrift.
func decisionsOn(q db.Querier, baseline string) (map[string]decision, error) {
	list, err := db.Collect(q, func(r *db.Rows) (d decision, err error) {
		var at, decided int64
		err = r.Scan(&d.what, &d.verb, &d.form, &at, &d.note, &d.actor, &d.person, &decided)
		d.at, d.decided = db.Time(at), db.Time(decided)
		return d, err
	}, "SELECT what, verb, form, at, note, actor, person, decided_at FROM ci_drift WHERE baseline = $1 ORDER BY what LIMIT $2", baseline, MaxDrift)
	out := make(map[string]decision, len(list))
	for _, d := range list {
		out[d.what] = d
	}
	return out, err
}

func putDecision(tx *db.Tx, baseline string, d decision) error {
	_, err := tx.Exec(`INSERT INTO ci_drift (baseline, what, verb, form, at, note, actor, person, decided_at) VALUES `+db.Values(1, 9)+`
		ON CONFLICT (baseline, what) DO UPDATE SET verb = excluded.verb, form = excluded.form, at = excluded.at, note = excluded.note,
		actor = excluded.actor, person = excluded.person, decided_at = excluded.decided_at`,
		baseline, d.what, d.verb, d.form, db.Micros(d.at), d.note, d.actor, d.person, db.Micros(d.decided))
	return err
}

func clearDecisions(tx *db.Tx, baseline string) error {
	_, err := tx.Exec("DELETE FROM ci_drift WHERE baseline = $1", baseline)
	return err
}
