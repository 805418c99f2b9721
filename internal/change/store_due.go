package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// firstDue is the earliest deadline, 0 when nothing is pending.
func firstDue(q db.Querier) (us int64, err error) {
	err = q.QueryRow("SELECT next_at FROM change WHERE next_at > 0 ORDER BY next_at LIMIT 1").Scan(&us)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return us, err
}

// dueChanges are the changes of which something is due, earliest first.
func dueChanges(q db.Querier, now time.Time, limit int) ([]Change, error) {
	return db.Collect(q, scanRow, "SELECT "+columns+" FROM change WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2", db.Micros(now), limit)
}

// decisionResult is what policy said in a decision, JSON of policy.Decision;
// empty when there is none.
func decisionResult(q db.Querier, id int64) (text string, err error) {
	err = q.QueryRow("SELECT result FROM change_decision WHERE id = $1", id).Scan(&text)
	if err == db.ErrNoRows {
		return "", nil
	}
	return text, err
}
