package notify

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const cancelSQL = `SELECT ` + messageCols + ` FROM notify_message WHERE record = $1 AND state IN ('queued', 'sending') AND urgent = TRUE AND person <> 0 AND after_us > 0`

// cancelable locks the later legs of what is urgent about a record.
func cancelable(tx *db.Tx, record ref.Ref) ([]row, error) {
	return db.Collect(tx, collectRow, cancelSQL+` ORDER BY id`+tx.ForUpdate(), record.String())
}

// noRetry makes the attempt under way the last one.
func noRetry(tx *db.Tx, id int64, why string) error {
	return tx.Later(`UPDATE notify_message SET cancel = $2 WHERE id = $1`, id, why)
}
