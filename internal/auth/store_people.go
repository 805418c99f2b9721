package auth

import (
	"errors"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const personColumns = "id, handle, display, email, role, zone, vocabulary, theme, salt, password, password_at, version, created_at, updated_at, disabled_at, erased_at"

func scanPerson(row interface{ Scan(...any) error }) (Person, error) {
	var p Person
	var passwordAt, created, updated, disabled, erased int64
	err := row.Scan(&p.ID, &p.Handle, &p.Display, &p.Email, &p.Role, &p.Zone, &p.Vocabulary, &p.Theme, &p.salt,
		&p.password, &passwordAt, &p.Version, &created, &updated, &disabled, &erased)
	p.PasswordAt, p.Created, p.Updated = db.Time(passwordAt), db.Time(created), db.Time(updated)
	p.Disabled, p.Erased = db.Time(disabled), db.Time(erased)
	return p, err
}

// PersonByID returns a person, erased ones too; NotFound if there never was
// one. It checks no permission.
func PersonByID(q db.Querier, id int64) (Person, error) {
	p, err := scanPerson(q.QueryRow("SELECT "+personColumns+" FROM person WHERE id = $1", id))
	return p, noPerson(err, ref.N(ref.Person, id).String())
}

func lockPerson(tx *db.Tx, id int64) (Person, error) {
	p, err := scanPerson(tx.QueryRow("SELECT "+personColumns+" FROM person WHERE id = $1"+tx.ForUpdate(), id))
	return p, noPerson(err, ref.N(ref.Person, id).String())
}

// personByKey finds a person by key (USR-17), e-mail address or handle.
func personByKey(q db.Querier, key string) (Person, error) {
	key = strings.ToLower(strings.TrimSpace(key))
	if !lineOK(key, 1, 254) { // PostgreSQL takes no other text
		return Person{}, noPerson(db.ErrNoRows, "")
	}
	if strings.HasPrefix(key, "usr-") {
		id, err := ref.ID(ref.Person, key)
		if err != nil {
			return Person{}, noPerson(db.ErrNoRows, errs.Short(key))
		}
		return PersonByID(q, id)
	}
	column := "handle"
	if strings.Contains(key, "@") {
		column = "email"
	}
	p, err := scanPerson(q.QueryRow("SELECT "+personColumns+" FROM person WHERE "+column+" = $1 AND "+column+" <> ''", key))
	return p, noPerson(err, errs.Short(key))
}

func noPerson(err error, key string) error {
	if errors.Is(err, db.ErrNoRows) {
		return errs.E(errs.NotFound, "there is no such person").On(key)
	}
	return err
}

// People returns the people with these ids, by id; those who do not exist are
// left out. It checks no permission.
func People(q db.Querier, ids []int64) (map[int64]Person, error) {
	out := make(map[int64]Person, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), 100)
		found, err := db.Collect(q, func(r *db.Rows) (Person, error) { return scanPerson(r) },
			"SELECT "+personColumns+" FROM person WHERE id IN "+db.In(1, n), db.Args(ids[:n])...)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			out[p.ID] = p
		}
		ids = ids[n:]
	}
	return out, nil
}

// PeopleFilter narrows a list of people.
type PeopleFilter struct {
	Prefix string     // of the handle; empty: all
	Role   actor.Role // empty: all
	All    bool       // also disabled and erased people
}

// listSQL is the list in handle order, after a handle.
func (f PeopleFilter) listSQL(after string, limit int) (string, []any) {
	args := []any{after}
	query := "SELECT " + personColumns + " FROM person WHERE handle > $1"
	if f.Prefix != "" {
		args = append(args, f.Prefix, f.Prefix+"\x7f") // handles are ASCII below DEL
		query += " AND handle >= $2 AND handle < $3"
	}
	if f.Role != "" {
		args = append(args, string(f.Role))
		query += " AND role = " + placeholder(len(args))
	}
	if !f.All {
		query += " AND disabled_at = 0"
	}
	args = append(args, limit)
	return query + " ORDER BY handle LIMIT " + placeholder(len(args)), args
}

func placeholder(n int) string { return strings.Trim(db.In(n, 1), "()") }

func listPeople(q db.Querier, f PeopleFilter, after string, limit int) ([]Person, error) {
	query, args := f.listSQL(after, limit)
	return db.Collect(q, func(r *db.Rows) (Person, error) { return scanPerson(r) }, query, args...)
}

func anybody(q db.Querier) (bool, error) {
	var id int64
	err := q.QueryRow("SELECT id FROM person ORDER BY id LIMIT 1").Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// lockAdmins locks the enabled admins, in a fixed order, and returns their ids:
// two admins who disable each other at once must not both succeed.
func lockAdmins(tx *db.Tx) ([]int64, error) {
	return db.Collect(tx, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT id FROM person WHERE role = 'admin' AND disabled_at = 0 ORDER BY handle"+tx.ForUpdate())
}

func insertPerson(tx *db.Tx, p Person) error {
	_, err := tx.Exec("INSERT INTO person ("+personColumns+") VALUES "+db.Values(1, 16),
		p.ID, p.Handle, p.Display, p.Email, string(p.Role), p.Zone, string(p.Vocabulary), string(p.Theme), p.salt,
		p.password, db.Micros(p.PasswordAt), p.Version, db.Micros(p.Created), db.Micros(p.Updated), db.Micros(p.Disabled), db.Micros(p.Erased))
	return taken(tx, p, err)
}

func updatePerson(tx *db.Tx, p Person) error {
	_, err := tx.Exec(`UPDATE person SET handle = $2, display = $3, email = $4, role = $5, zone = $6, vocabulary = $7, theme = $8, salt = $9,
		password = $10, password_at = $11, version = $12, updated_at = $13, disabled_at = $14, erased_at = $15 WHERE id = $1`,
		p.ID, p.Handle, p.Display, p.Email, string(p.Role), p.Zone, string(p.Vocabulary), string(p.Theme), p.salt,
		p.password, db.Micros(p.PasswordAt), p.Version, db.Micros(p.Updated), db.Micros(p.Disabled), db.Micros(p.Erased))
	return taken(tx, p, err)
}

// checkFree reports a handle or address that somebody else has, naming the
// field. The unique indexes close the gap between this look and the write.
func checkFree(q db.Querier, p Person) error {
	var f errs.Fields
	for _, c := range []struct{ name, key string }{{"handle", p.Handle}, {"email", p.Email}} {
		if c.key == "" {
			continue
		}
		other, err := personByKey(q, c.key)
		if err == nil && other.ID != p.ID {
			f.Add(c.name, c.key, "somebody else has it; choose another")
		} else if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return f.Err()
}

func taken(_ *db.Tx, p Person, err error) error {
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "somebody else has just taken the handle or the e-mail address").On(p.Ref().String()).Because(err)
	}
	return err
}

// PeopleOfRoles returns the ids of all enabled people with one of the roles.
// It checks no permission.
func PeopleOfRoles(q db.Querier, roles []string) ([]int64, error) {
	if len(roles) == 0 {
		return []int64{}, nil
	}
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT id FROM person WHERE disabled_at = 0 AND role IN "+db.In(1, len(roles))+" ORDER BY id", db.Args(roles)...)
}

// PersonByHandle returns a person by handle, e-mail address or key; NotFound if
// there is none. It checks no permission.
func PersonByHandle(q db.Querier, key string) (Person, error) { return personByKey(q, key) }
