package alert

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// nextAt is the earliest due time of a table that has next_at; zero when
// nothing is due.
func nextAt(q db.Querier, table string) (time.Time, error) {
	var us int64
	err := q.QueryRow("SELECT next_at FROM " + table + " WHERE next_at > 0 ORDER BY next_at LIMIT 1").Scan(&us)
	if err == db.ErrNoRows {
		return time.Time{}, nil
	}
	return db.Time(us), err
}

// dueAlerts are alerts whose announced end has passed.
func dueAlerts(tx *db.Tx, limit int) ([]int64, error) {
	return db.Collect(tx, scanID, "SELECT id FROM alert WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"+tx.SkipLocked(), db.Micros(tx.Now), limit)
}

// setSilenceNext sets when the silence needs work again; 0: never.
func setSilenceNext(tx *db.Tx, id, next int64) error {
	_, err := tx.Exec("UPDATE silence SET next_at = $2 WHERE id = $1", id, next)
	return err
}
