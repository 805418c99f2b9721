package notify

import "github.com/evenkeel/evenkeel/internal/db"

// What went as one ended at the same moment, which the index has.
const carriedSQL = `SELECT ` + messageCols + ` FROM notify_message WHERE dest = $1 AND ended_at > 0 AND ended_at = $2 AND carrier = $3 AND id <> $3`

// carriedBy locks the messages that went as part of a message.
func carriedBy(tx *db.Tx, r row) ([]row, error) {
	if r.carrier != r.ID {
		return nil, nil // it went alone
	}
	return db.Collect(tx, collectRow, carriedSQL+` ORDER BY id`+tx.ForUpdate(), r.Dest, db.Micros(r.EndedAt), r.ID)
}
