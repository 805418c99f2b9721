package app

import (
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

func oldestAnswer(q db.Querier) (time.Time, error) {
	var at int64
	err := q.QueryRow("SELECT at FROM idempotency ORDER BY at LIMIT 1").Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	return db.Time(at), err
}

func dropAnswers(tx *db.Tx, before time.Time) (int, error) {
	n, err := tx.Exec("DELETE FROM idempotency WHERE at <= $1", db.Micros(before))
	return int(n), err
}

// secretsKeyID is the key that encrypts secrets in this database; empty before
// the first start.
func secretsKeyID(q db.Querier) (id string, err error) {
	err = q.QueryRow("SELECT value FROM setting WHERE name = 'secrets_key'").Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return id, err
}

func setSecretsKeyID(tx *db.Tx, id string) error {
	_, err := tx.Exec("INSERT INTO setting (name, value) VALUES ('secrets_key', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", id)
	return err
}
