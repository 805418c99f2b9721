package app

import (
	"encoding/base64"
	"errors"

	"github.com/evenkeel/evenkeel/internal/db"
)

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

// vapidKey is the sealed key for push messages; nil before the first start.
func vapidKey(q db.Querier) ([]byte, error) {
	var text string
	err := q.QueryRow("SELECT value FROM setting WHERE name = 'vapid_key'").Scan(&text)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

func setVAPIDKey(tx *db.Tx, sealed []byte) error {
	_, err := tx.Exec("INSERT INTO setting (name, value) VALUES ('vapid_key', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", base64.StdEncoding.EncodeToString(sealed))
	return err
}
