package calendar

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Stored is a calendar as it is kept. Version 0 is a built-in one that nobody
// has edited yet.
type Stored struct {
	Name    string
	Spec    Spec
	Version int64
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Service.Get and List
}

const columns = "name, spec, version, created_at, updated_at"

// listSQL reads a part of the list.
const listSQL = "SELECT " + columns + " FROM calendar WHERE name > $1 ORDER BY name LIMIT $2"

func scan(row interface{ Scan(...any) error }) (c Stored, err error) {
	var spec string
	var created, updated int64
	if err = row.Scan(&c.Name, &spec, &c.Version, &created, &updated); err != nil {
		return c, err
	}
	c.Created, c.Updated = db.Time(created), db.Time(updated)
	return c, json.Unmarshal([]byte(spec), &c.Spec)
}

// find returns a stored calendar; ok is false when there is none.
func find(q db.Querier, name, lock string) (c Stored, ok bool, err error) {
	c, err = scan(q.QueryRow("SELECT "+columns+" FROM calendar WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Stored{}, false, nil
	}
	return c, err == nil, err
}

// stamp tells one content of a calendar from another: a version alone could
// come again, after a deletion or a rollback.
type stamp struct{ version, updated int64 }

func stampOf(q db.Querier, name string) (s stamp, ok bool, err error) {
	err = q.QueryRow("SELECT version, updated_at FROM calendar WHERE name = $1", name).Scan(&s.version, &s.updated)
	if errors.Is(err, db.ErrNoRows) {
		return stamp{}, false, nil
	}
	return s, err == nil, err
}

func list(q db.Querier, after string, limit int) ([]Stored, error) {
	return db.Collect(q, func(r *db.Rows) (Stored, error) { return scan(r) }, listSQL, after, limit)
}

func insert(tx *db.Tx, c Stored) error {
	spec, err := json.Marshal(c.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO calendar ("+columns+") VALUES "+db.Values(1, 5), c.Name, string(spec), c.Version, db.Micros(c.Created), db.Micros(c.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "a calendar of this name exists already").On(c.Ref().String()).Because(err)
	}
	return err
}

func update(tx *db.Tx, c Stored) error {
	spec, err := json.Marshal(c.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE calendar SET spec = $2, version = $3, updated_at = $4 WHERE name = $1", c.Name, string(spec), c.Version, db.Micros(c.Updated))
	return err
}

func remove(tx *db.Tx, name string) error {
	_, err := tx.Exec("DELETE FROM calendar WHERE name = $1", name)
	return err
}
