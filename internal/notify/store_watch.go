package notify

import (
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const saidAtSQL = `SELECT 1 FROM notify_message WHERE record = $1 AND queued_at = $2 LIMIT 1`

// saidAt reports whether a notice about a record was given at a time. A record
// has few messages; the index finds them, oldest first.
func saidAt(q db.Querier, record ref.Ref, at time.Time) (bool, error) {
	var one int
	err := q.QueryRow(saidAtSQL, record.String(), db.Micros(at)).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
