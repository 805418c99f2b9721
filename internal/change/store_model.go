package change

import (
	"encoding/json"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

const modelColumns = "name, spec, version, state, why, used, failed, since, created_at, updated_at"

func scanModel(r scanner) (m Model, err error) {
	var spec string
	var since, created, updated int64
	if err = r.Scan(&m.Name, &spec, &m.Version, &m.State, &m.Why, &m.Used, &m.Failed, &since, &created, &updated); err != nil {
		return m, err
	}
	m.Since, m.CreatedAt, m.UpdatedAt = db.Time(since), db.Time(created), db.Time(updated)
	if err = json.Unmarshal([]byte(spec), &m.Spec); err != nil {
		err = fmt.Errorf("the model %s: %w", m.Name, err)
	}
	return m, err
}

// findModel reads one model; ok is false when there is none.
func findModel(q db.Querier, name, lock string) (m Model, ok bool, err error) {
	m, err = scanModel(q.QueryRow("SELECT "+modelColumns+" FROM change_model WHERE name = $1"+lock, name))
	if err == db.ErrNoRows {
		return Model{Name: name}, false, nil
	}
	return m, err == nil, err
}

// model is findModel for verbs. Errors: NotFound.
func model(q db.Querier, name, lock string) (Model, error) {
	m, ok, err := findModel(q, name, lock)
	if err == nil && !ok {
		err = errs.E(errs.NotFound, "there is no model %q", errs.Short(name)).On(Model{Name: errs.Short(name)}.Ref().String())
	}
	return m, err
}

// listModels reads models by name, after a name.
func listModels(q db.Querier, after string, limit int) ([]Model, error) {
	return db.Collect(q, func(r *db.Rows) (Model, error) { return scanModel(r) },
		"SELECT "+modelColumns+" FROM change_model WHERE name > $1 ORDER BY name LIMIT $2", after, limit)
}

func saveModel(tx *db.Tx, m Model) error {
	spec, err := json.Marshal(m.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO change_model ("+modelColumns+") VALUES "+db.Values(1, 10)+` ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, version = excluded.version,
state = excluded.state, why = excluded.why, used = excluded.used, failed = excluded.failed, since = excluded.since, updated_at = excluded.updated_at`,
		m.Name, string(spec), m.Version, string(m.State), m.Why, m.Used, m.Failed, db.Micros(m.Since), db.Micros(m.CreatedAt), db.Micros(m.UpdatedAt))
	return err
}

func removeModel(tx *db.Tx, name string) error {
	_, err := tx.Exec("DELETE FROM change_model WHERE name = $1", name)
	return err
}

// countModelUse counts completed changes of a model, keeping the counters
// above zero: a change that was counted before the model was approved anew may
// be corrected after it.
func countModelUse(tx *db.Tx, name string, used, failed int) error {
	return tx.Later(`UPDATE change_model SET used = CASE WHEN used + $2 < 0 THEN 0 ELSE used + $2 END, failed = CASE WHEN failed + $3 < 0 THEN 0 ELSE failed + $3 END WHERE name = $1`,
		name, int64(used), int64(failed))
}
