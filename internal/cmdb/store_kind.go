package cmdb

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

const kindColumns = "name, spec, version, created_at, updated_at"

const listKindsSQL = "SELECT " + kindColumns + " FROM ci_kind WHERE name > $1 ORDER BY name LIMIT $2"

func scanKind(row interface{ Scan(...any) error }) (k OwnKind, err error) {
	var spec string
	var created, updated int64
	if err = row.Scan(&k.Name, &spec, &k.Version, &created, &updated); err != nil {
		return k, err
	}
	k.Known = slices.Contains(Kinds, k.Name)
	k.Created, k.Updated = db.Time(created), db.Time(updated)
	return k, json.Unmarshal([]byte(spec), &k.Spec)
}

func listKinds(q db.Querier, after string, limit int) ([]OwnKind, error) {
	return db.Collect(q, func(r *db.Rows) (OwnKind, error) { return scanKind(r) }, listKindsSQL, after, limit)
}

// findKind returns a stored kind; ok is false when nothing is stored of it.
func findKind(q db.Querier, name, lock string) (k OwnKind, ok bool, err error) {
	k, err = scanKind(q.QueryRow("SELECT "+kindColumns+" FROM ci_kind WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return OwnKind{}, false, nil
	}
	return k, err == nil, err
}

func insertKind(tx *db.Tx, k OwnKind) error {
	spec, err := json.Marshal(k.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO ci_kind ("+kindColumns+") VALUES "+db.Values(1, 5), k.Name, string(spec), k.Version, db.Micros(k.Created), db.Micros(k.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "a kind of this name exists already").On(k.Ref().String()).Because(err)
	}
	return err
}

func updateKind(tx *db.Tx, k OwnKind) error {
	spec, err := json.Marshal(k.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE ci_kind SET spec = $2, version = $3, updated_at = $4 WHERE name = $1", k.Name, string(spec), k.Version, db.Micros(k.Updated))
	return err
}

func removeKind(tx *db.Tx, name string) error {
	_, err := tx.Exec("DELETE FROM ci_kind WHERE name = $1", name)
	return err
}

// firstOfKind returns an item of a kind that is not retired; 0 for none.
func firstOfKind(q db.Querier, name string) (id int64, err error) {
	err = q.QueryRow("SELECT id FROM ci WHERE kind = $1 AND state <> 'retired' ORDER BY kind, word, id LIMIT 1", name).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return id, err
}
