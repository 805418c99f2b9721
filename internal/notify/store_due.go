package notify

import (
	"errors"
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const (
	openSQL = ` FROM notify_message WHERE state IN ('queued', 'sending') AND urgent = $1 AND due_at <= $2`
	dueSQL  = `SELECT ` + messageCols + openSQL
)

// except leaves out messages for some vias; parameters start at n.
func except(n int, vias []string) string {
	if len(vias) == 0 {
		return ""
	}
	return ` AND via NOT IN ` + db.In(n, len(vias))
}

// dueMessages locks messages that are due, urgent ones first, but none for the
// vias in full.
func dueMessages(tx *db.Tx, limit int, full []string) ([]row, error) {
	var out []row
	for _, urgent := range []bool{true, false} {
		if limit <= len(out) {
			break
		}
		rows, err := db.Collect(tx, collectRow, dueSQL+except(4, full)+` ORDER BY due_at LIMIT $3`+tx.SkipLocked(),
			append([]any{urgent, db.Micros(tx.Now), limit - len(out)}, db.Args(full)...)...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

const nextSQL = `SELECT due_at` + openSQL

// nextDue is when the next message is due that is for none of the vias in
// full; zero when there is none.
func nextDue(q db.Querier, full []string) (time.Time, error) {
	var first int64
	for _, urgent := range []bool{true, false} {
		var due int64
		err := q.QueryRow(nextSQL+except(3, full)+` ORDER BY due_at LIMIT 1`, append([]any{urgent, int64(math.MaxInt64)}, db.Args(full)...)...).Scan(&due)
		if errors.Is(err, db.ErrNoRows) {
			continue
		}
		if err != nil {
			return time.Time{}, err
		}
		if first == 0 || due < first {
			first = due
		}
	}
	return db.Time(first), nil
}

// leaseMessages marks messages as being sent until a time, under a lease.
func leaseMessages(tx *db.Tx, ids []int64, lease string, until time.Time) error {
	args := []any{lease, db.Micros(until)}
	for _, id := range ids {
		args = append(args, id)
	}
	return tx.Later(`UPDATE notify_message SET state = 'sending', lease = $1, due_at = $2, paced = TRUE WHERE id IN `+db.In(3, len(ids)), args...)
}

// delayMessage puts a message back; paced says that it has its place.
func delayMessage(tx *db.Tx, id int64, due time.Time, paced bool) error {
	return tx.Later(`UPDATE notify_message SET state = 'queued', lease = '', due_at = $2, paced = $3 WHERE id = $1`, id, db.Micros(due), paced)
}

// overdueMessages are open messages past their time: urgent ones first, each
// lane oldest first.
func overdueMessages(q db.Querier, now time.Time, limit int) ([]row, error) {
	urgent, err := db.Collect(q, collectRow, overdueSQL, true, db.Micros(now), limit)
	if err != nil || len(urgent) == limit {
		return urgent, err
	}
	other, err := db.Collect(q, collectRow, overdueSQL, false, db.Micros(now), limit-len(urgent))
	return append(urgent, other...), err
}

// endLeases makes every message that is being sent due now.
func endLeases(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE notify_message SET due_at = $1 WHERE state = 'sending' AND due_at > $1", db.Micros(tx.Now))
	return err
}
