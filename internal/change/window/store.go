package window

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Stored is a window as it is kept.
type Stored struct {
	Name    string
	Spec    Spec
	Version int64
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Service.Get and List
}

// Ref is the window's key.
func (w Stored) Ref() ref.Ref { return ref.S(ref.Window, w.Name) }

// Title is what people call it.
func (w Stored) Title() string { return w.named().Title() }

func (w Stored) named() Named { return Named{Name: w.Name, Version: w.Version, Spec: w.Spec} }

const columns = "name, spec, version, created_at, updated_at"

// Lists are by name, after a name.
const (
	listSQL     = "SELECT " + columns + " FROM change_window WHERE name > $1 ORDER BY name LIMIT $2"
	listKindSQL = "SELECT " + columns + " FROM change_window WHERE kind = $3 AND name > $1 ORDER BY name LIMIT $2"
)

func scan(row interface{ Scan(...any) error }) (w Stored, err error) {
	var spec string
	var created, updated int64
	if err = row.Scan(&w.Name, &spec, &w.Version, &created, &updated); err != nil {
		return w, err
	}
	w.Created, w.Updated = db.Time(created), db.Time(updated)
	return w, json.Unmarshal([]byte(spec), &w.Spec)
}

// find returns a window; ok is false when there is none.
func find(q db.Querier, name, lock string) (w Stored, ok bool, err error) {
	w, err = scan(q.QueryRow("SELECT "+columns+" FROM change_window WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Stored{}, false, nil
	}
	return w, err == nil, err
}

func list(q db.Querier, kind Kind, after string, limit int) ([]Stored, error) {
	one := func(r *db.Rows) (Stored, error) { return scan(r) }
	if kind != "" {
		return db.Collect(q, one, listKindSQL, after, limit, string(kind))
	}
	return db.Collect(q, one, listSQL, after, limit)
}

// everything returns all windows by name.
func everything(q db.Querier) (out []Stored, err error) {
	for after := ""; ; after = out[len(out)-1].Name {
		part, err := list(q, "", after, 500)
		if out = append(out, part...); err != nil || len(part) < 500 {
			return out, err
		}
	}
}

func save(tx *db.Tx, w Stored) error {
	spec, err := json.Marshal(w.Spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO change_window (name, kind, spec, version, created_at, updated_at) VALUES "+db.Values(1, 6)+
		" ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, spec = excluded.spec, version = excluded.version, updated_at = excluded.updated_at",
		w.Name, string(w.Spec.Kind), string(spec), w.Version, db.Micros(w.Created), db.Micros(w.Updated))
	return err
}

func remove(tx *db.Tx, name string) error {
	_, err := tx.Exec("DELETE FROM change_window WHERE name = $1", name)
	return err
}

// stampOf returns the number of the windows as they are.
func stampOf(q db.Querier) (n int64, err error) {
	err = q.QueryRow("SELECT n FROM change_window_stamp WHERE id = 1").Scan(&n)
	return n, err
}

// raise makes the number grow; who does so at the same time waits.
func raise(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE change_window_stamp SET n = n + 1 WHERE id = 1")
	return err
}

// how many windows there may be: more are a mistake, and all are read at once.
const maxWindows = 5000

func count(q db.Querier) (n int, err error) {
	err = q.QueryRow("SELECT COUNT(*) FROM change_window").Scan(&n)
	return n, err
}
