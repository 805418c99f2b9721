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
