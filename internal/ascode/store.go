package ascode

import (
	"errors"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func managedBy(q db.Querier, r ref.Ref) (m Management, ok bool, err error) {
	err = q.QueryRow("SELECT source, git_commit FROM code_managed WHERE kind = $1 AND name = $2", string(r.Kind), r.Key).Scan(&m.Source, &m.Commit)
	if errors.Is(err, db.ErrNoRows) {
		return Management{}, false, nil
	}
	return m, err == nil, err
}

// takeTurns makes applies and plans wait for one another: on PostgreSQL two of
// them could otherwise each compare with a state that the other is changing.
func takeTurns(tx *db.Tx) error {
	var name string
	return tx.QueryRow("SELECT name FROM code_managed WHERE kind = '' AND name = ''" + tx.ForUpdate()).Scan(&name)
}

// listManagedSQL reads one kind's managed records.
const listManagedSQL = "SELECT name, source, git_commit, applied_at FROM code_managed WHERE kind = $1 AND name > $2 ORDER BY name LIMIT $3"

func listManaged(q db.Querier, kind ref.Kind, after string, limit int) ([]Record, error) {
	return db.Collect(q, func(r *db.Rows) (m Record, err error) {
		var name string
		var at int64
		err = r.Scan(&name, &m.Source, &m.Commit, &at)
		m.Ref, m.At = ref.S(kind, name), db.Time(at)
		return m, err
	}, listManagedSQL, string(kind), after, limit)
}

// allManaged returns every managed record of a kind by name.
func allManaged(q db.Querier, kind ref.Kind) (map[string]Management, error) {
	out := map[string]Management{}
	for after := ""; ; {
		part, err := listManaged(q, kind, after, 1000)
		if err != nil {
			return nil, err
		}
		for _, m := range part {
			out[m.Ref.Key], after = m.Management, m.Ref.Key
		}
		if len(part) < 1000 {
			return out, nil
		}
	}
}

func manage(tx *db.Tx, r ref.Ref, m Management) error {
	_, err := tx.Exec(`INSERT INTO code_managed (kind, name, source, git_commit, applied_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, name) DO UPDATE SET source = excluded.source, git_commit = excluded.git_commit, applied_at = excluded.applied_at`,
		string(r.Kind), r.Key, m.Source, m.Commit, db.Micros(tx.Now))
	return err
}

func unmanage(tx *db.Tx, r ref.Ref) error {
	_, err := tx.Exec("DELETE FROM code_managed WHERE kind = $1 AND name = $2", string(r.Kind), r.Key)
	return err
}

func insertApply(tx *db.Tx, a Apply) error {
	_, err := tx.Exec("INSERT INTO code_apply (id, at, actor, person, source, git_commit, created, changed, adopted, removed) VALUES "+db.Values(1, 10),
		a.ID, db.Micros(a.At), a.Actor, a.Person, a.Source, a.Commit, a.Counts.Created, a.Counts.Changed, a.Counts.Adopted, a.Counts.Removed)
	return err
}

const listAppliesSQL = `SELECT id, at, actor, person, source, git_commit, created, changed, adopted, removed FROM code_apply
	WHERE id < $1 ORDER BY id DESC LIMIT $2`

func listApplies(q db.Querier, before int64, limit int) ([]Apply, error) {
	return db.Collect(q, func(r *db.Rows) (a Apply, err error) {
		var at int64
		err = r.Scan(&a.ID, &at, &a.Actor, &a.Person, &a.Source, &a.Commit, &a.Counts.Created, &a.Counts.Changed, &a.Counts.Adopted, &a.Counts.Removed)
		a.At = db.Time(at)
		return a, err
	}, listAppliesSQL, before, limit)
}
