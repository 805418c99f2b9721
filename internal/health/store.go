package health

import (
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// nextLook is when to look next whether a report is due; found is false while
// another replica holds the row.
func nextLook(q db.Querier, lock string) (at time.Time, found bool, err error) {
	var us int64
	err = q.QueryRow("SELECT next_at FROM health_clock WHERE id = 1" + lock).Scan(&us)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return db.Time(us), err == nil, err
}

func lookAgain(tx *db.Tx, at time.Time) error {
	_, err := tx.Exec("UPDATE health_clock SET next_at = $1 WHERE id = 1", db.Micros(at))
	return err
}

const reportedSQL = "SELECT 1 FROM health_report WHERE team = $1 AND month = $2"

// reported reports whether a team had its report about a month.
func reported(q db.Querier, team, month string) (bool, error) {
	var one int
	err := q.QueryRow(reportedSQL, team, month).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func noteReport(tx *db.Tx, team, month string, pages int, told bool) error {
	_, err := tx.Exec("INSERT INTO health_report (team, month, sent_at, pages, told) VALUES ($1, $2, $3, $4, $5)", team, month, db.Micros(tx.Now), pages, told)
	return err
}
