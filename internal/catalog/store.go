package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const columns = "name, title, team, tier, lifecycle, promise, links, portfolio, version, created_at, updated_at"

func scan(row interface{ Scan(...any) error }) (s Service, err error) {
	var links, portfolio string
	var created, updated int64
	err = row.Scan(&s.Name, &s.Title, &s.Team, &s.Tier, &s.Lifecycle, &s.Promise, &links, &portfolio, &s.Version, &created, &updated)
	if err != nil {
		return s, err
	}
	s.Created, s.Updated = db.Time(created), db.Time(updated)
	if err := json.Unmarshal([]byte(links), &s.Links); err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(portfolio), &s.Portfolio)
}

func notFound(name string) error {
	return errs.E(errs.NotFound, "there is no such service").On(ref.S(ref.Service, errs.Short(name)).String())
}

// read returns a service by its name, with aliases.
func read(q db.Querier, name, lock string) (Service, error) {
	s, err := scan(q.QueryRow("SELECT "+columns+" FROM service WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Service{}, notFound(name)
	}
	if err != nil {
		return Service{}, err
	}
	s.Aliases, err = aliases(q, name)
	return s, err
}

func aliases(q db.Querier, name string) ([]string, error) {
	return db.Collect(q, func(r *db.Rows) (w string, err error) { return w, r.Scan(&w) },
		"SELECT word FROM service_word WHERE service = $1 AND own = FALSE ORDER BY word", name)
}

// aliasesOf is aliases for many services at once.
func aliasesOf(q db.Querier, names []string) (map[string][]string, error) {
	out := make(map[string][]string, len(names))
	for part := range slices.Chunk(names, 500) {
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var w, name string
			err = r.Scan(&w, &name)
			out[name] = append(out[name], w)
			return x, err
		}, "SELECT word, service FROM service_word WHERE service IN "+db.In(1, len(part))+" AND own = FALSE ORDER BY service, word", db.Args(part)...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// meaning returns the name of the service that a word means, "" for none.
func meaning(q db.Querier, w string) (name string, err error) {
	err = q.QueryRow("SELECT service FROM service_word WHERE word = $1", w).Scan(&name)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// meanings is meaning for many words at once.
func meanings(q db.Querier, words []string) (map[string]string, error) {
	out := make(map[string]string, len(words))
	for part := range slices.Chunk(words, 500) {
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var w, name string
			err = r.Scan(&w, &name)
			out[w] = name
			return x, err
		}, "SELECT word, service FROM service_word WHERE word IN "+db.In(1, len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listSQL builds the query of a list.
func listSQL(f Filter, after string, limit int) (string, []any) {
	where, args := []string{"name > $1"}, []any{after}
	add := func(cond string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(cond, len(args)))
	}
	if f.Team != "" {
		add("team = $%d", f.Team)
	}
	if f.Tier != nil {
		add("tier = $%d", *f.Tier)
	}
	switch {
	case f.Lifecycle != "":
		add("lifecycle = $%d", string(f.Lifecycle))
	case !f.Retired:
		add("lifecycle <> $%d", string(Retired))
	}
	if f.Prefix != "" {
		add("name >= $%d", f.Prefix)
		add("name < $%d", f.Prefix+"\x7f")
	}
	if f.Level != nil {
		add("(SELECT MIN(t.level) FROM scorecard_state AS t WHERE t.service = service.name) = $%d", *f.Level)
	}
	args = append(args, limit)
	return fmt.Sprintf("SELECT %s FROM service WHERE %s ORDER BY name LIMIT $%d", columns, strings.Join(where, " AND "), len(args)), args
}

func list(q db.Querier, f Filter, after string, limit int) ([]Service, error) {
	query, args := listSQL(f, after, limit)
	return db.Collect(q, func(r *db.Rows) (Service, error) { return scan(r) }, query, args...)
}

// searchSQL finds words by prefix.
const searchSQL = "SELECT word, service FROM service_word WHERE word >= $1 AND word < $2 ORDER BY word LIMIT $3"

func search(q db.Querier, prefix string, limit int) ([]string, error) {
	return db.Collect(q, func(r *db.Rows) (name string, err error) {
		var w string
		return name, r.Scan(&w, &name)
	}, searchSQL, prefix, prefix+"\U0010FFFF", limit)
}

func insert(tx *db.Tx, s Service) error {
	links, portfolio, err := s.texts()
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO service ("+columns+") VALUES "+db.Values(1, 11), s.Name, s.Title, s.Team, s.Tier, string(s.Lifecycle), s.Promise,
		links, portfolio, s.Version, db.Micros(s.Created), db.Micros(s.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "a service of this name exists already").On(s.Ref().String()).Because(err)
	}
	if err != nil {
		return err
	}
	return insertWords(tx, s, append([]string{s.Name}, s.Aliases...))
}

func update(tx *db.Tx, s Service) error {
	links, portfolio, err := s.texts()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE service SET title = $2, team = $3, tier = $4, lifecycle = $5, promise = $6, links = $7, portfolio = $8, version = $9, updated_at = $10
		WHERE name = $1`, s.Name, s.Title, s.Team, s.Tier, string(s.Lifecycle), s.Promise, links, portfolio, s.Version, db.Micros(s.Updated))
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM service_word WHERE service = $1 AND own = FALSE", s.Name); err != nil {
		return err
	}
	return insertWords(tx, s, s.Aliases)
}

// texts are the lists as the database keeps them.
func (s Service) texts() (links, portfolio string, err error) {
	l, err := json.Marshal(s.Links)
	if err != nil {
		return "", "", err
	}
	p, err := json.Marshal(s.Portfolio)
	return string(l), string(p), err
}

func insertWords(tx *db.Tx, s Service, words []string) error {
	rows := make([][]any, len(words))
	for i, w := range words {
		rows[i] = []any{w, s.Name, w == s.Name}
	}
	err := tx.InsertMany("INSERT INTO service_word (word, service, own) VALUES ", "", 3, rows)
	if err == nil {
		err = tx.Flush()
	}
	if db.IsUnique(err) { // somebody claimed the word since checkWords
		return errs.E(errs.Conflict, "a name or alias was taken by another service meanwhile; look at it again").On(s.Ref().String()).Because(err)
	}
	return err
}

// ownedBy returns the first service of a team, retired ones too; "" for none.
func ownedBy(q db.Querier, team string) (name string, err error) {
	err = q.QueryRow("SELECT name FROM service WHERE team = $1 ORDER BY name LIMIT 1", team).Scan(&name)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return name, err
}
