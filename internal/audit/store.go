package audit

import (
	"github.com/evenkeel/evenkeel/internal/db"
)

func lastEpoch(q db.Querier) (e Epoch, err error) {
	var at int64
	err = q.QueryRow("SELECT epoch, started_at, size, root, key, reason FROM evidence_epoch ORDER BY epoch DESC LIMIT 1").
		Scan(&e.Epoch, &at, &e.Size, &e.Root, &e.Key, &e.Reason)
	e.StartedAt = db.Time(at)
	return e, err
}

func epochs(q db.Querier) ([]Epoch, error) {
	return db.Collect(q, func(r *db.Rows) (e Epoch, err error) {
		var at int64
		err = r.Scan(&e.Epoch, &at, &e.Size, &e.Root, &e.Key, &e.Reason)
		e.StartedAt = db.Time(at)
		return e, err
	}, "SELECT epoch, started_at, size, root, key, reason FROM evidence_epoch ORDER BY epoch DESC LIMIT 100")
}

func insertEpoch(tx *db.Tx, e Epoch) error {
	_, err := tx.Exec("INSERT INTO evidence_epoch (epoch, started_at, size, root, key, reason) VALUES ($1, $2, $3, $4, $5, $6)",
		e.Epoch, db.Micros(e.StartedAt), e.Size, e.Root, e.Key, e.Reason)
	return err
}

// backupLabel is the engine a backup file was taken from; empty for a
// database that is none.
func backupLabel(q db.Querier) (from string, err error) {
	err = q.QueryRow("SELECT value FROM setting WHERE name = 'backup_from'").Scan(&from)
	if err == db.ErrNoRows {
		err = nil
	}
	return from, err
}

// claim takes a lease, so that one of several replicas does a piece of work;
// ok is false while somebody else holds it.
func claim(tx *db.Tx, name, holder string, until int64) (ok bool, err error) {
	var have string
	var end int64
	err = tx.QueryRow("SELECT holder, until FROM lease WHERE name = $1"+tx.ForUpdate(), name).Scan(&have, &end)
	if err != nil && err != db.ErrNoRows {
		return false, err
	}
	if err == nil && have != holder && end > db.Micros(tx.Now) {
		return false, nil
	}
	_, err = tx.Exec(`INSERT INTO lease (name, holder, token, until) VALUES ($1, $2, 1, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = lease.token + 1, until = excluded.until`, name, holder, until)
	return err == nil, err
}

func release(tx *db.Tx, name, holder string) error {
	_, err := tx.Exec("UPDATE lease SET until = 0 WHERE name = $1 AND holder = $2", name, holder)
	return err
}
