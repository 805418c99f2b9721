package cmdb

import "github.com/evenkeel/evenkeel/internal/db"

func insertDelta(tx *db.Tx, id, at int64, body []byte) error {
	return tx.Later("INSERT INTO ci_delta (id, at, body) VALUES ($1, $2, $3)", id, at, body)
}
