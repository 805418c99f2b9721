package notify

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const oldestSQL = `SELECT ` + messageCols + ` FROM notify_message WHERE state = $2 ORDER BY id LIMIT $1`

// past are the states of messages that need nobody any more.
var past = []State{Sent, Canceled}

// oldestSent is when the oldest message that was sent or canceled ended; zero
// when there is none.
func oldestSent(q db.Querier) (oldest time.Time, err error) {
	for _, state := range past {
		rows, err := db.Collect(q, collectRow, oldestSQL, 1, string(state))
		if err != nil {
			return oldest, err
		}
		if len(rows) > 0 && (oldest.IsZero() || rows[0].EndedAt.Before(oldest)) {
			oldest = rows[0].EndedAt
		}
	}
	return oldest, nil
}

// pruneMessages deletes up to limit messages that were sent or canceled before
// a time, with their attempts and links, and returns them.
func pruneMessages(tx *db.Tx, before time.Time, limit int) ([]row, error) {
	var rows []row
	for _, state := range past {
		part, err := db.Collect(tx, collectRow, oldestSQL, limit-len(rows), string(state))
		if err != nil {
			return nil, err
		}
		// Ids follow time closely; one that was retried much later waits until
		// its turn, which keeps this off a scan of everything that was ever sent.
		rows = append(rows, slices.DeleteFunc(part, func(r row) bool { return !r.EndedAt.Before(before) })...)
		if len(rows) >= limit {
			break
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	args := make([]any, len(rows))
	for i, r := range rows {
		args[i] = r.ID
	}
	in := db.In(1, len(rows))
	for _, sql := range []string{
		`DELETE FROM notify_attempt WHERE message IN ` + in,
		`DELETE FROM notify_link WHERE message IN ` + in,
		`DELETE FROM notify_message WHERE id IN ` + in,
	} {
		if err := tx.Later(sql, args...); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
