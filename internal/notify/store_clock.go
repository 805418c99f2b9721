package notify

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// latestStamp is the latest time that the outbox was at, as far as it shows:
// when a via was last used, an open message queued, or the newest one.
func latestStamp(q db.Querier) (time.Time, error) {
	var latest int64
	for _, sql := range []string{
		`SELECT COALESCE(MAX(CASE WHEN good_at > bad_at THEN good_at ELSE bad_at END), 0) FROM notify_via`,
		`SELECT COALESCE(MAX(queued_at), 0) FROM notify_message WHERE state IN ('queued', 'sending')`,
		`SELECT COALESCE(MAX(queued_at), 0) FROM (SELECT queued_at FROM notify_message ORDER BY id DESC LIMIT 1) AS newest`,
	} {
		var at int64
		if err := q.QueryRow(sql).Scan(&at); err != nil {
			return time.Time{}, err
		}
		latest = max(latest, at)
	}
	return db.Time(latest), nil
}

// rewindOutbox takes back every wait that was reckoned from a time after the
// present; see clock.go. Vias come first, in the order in which a claim locks
// them after its messages, which are locked here in the order of their ids.
func rewindOutbox(tx *db.Tx, lease time.Duration) error {
	now := db.Micros(tx.Now)
	for _, step := range []struct {
		sql  string
		args []any
	}{
		// A notice for a later hour has due_at after queued_at and was not tried.
		{`UPDATE notify_message SET due_at = $1, paced = FALSE WHERE state = 'queued' AND due_at > $1
			AND (attempts > 0 OR paced = TRUE OR gather > 0 OR due_at <= queued_at)`, []any{now}},
		// A leg keeps its distance, from now.
		{`UPDATE notify_message SET due_at = $1 + after_us WHERE state = 'queued' AND after_us > 0 AND due_at > $1 + after_us`, []any{now}},
		{`UPDATE notify_message SET due_at = $1 WHERE state = 'sending' AND due_at > $1`, []any{now + lease.Microseconds()}},
		{`UPDATE notify_via SET urgent_free = CASE WHEN urgent_free > $1 THEN $1 ELSE urgent_free END, all_free = CASE WHEN all_free > $1 THEN $1 ELSE all_free END
			WHERE urgent_free > $1 OR all_free > $1`, []any{now}},
	} {
		if _, err := tx.Exec(step.sql, step.args...); err != nil {
			return err
		}
	}
	return nil
}
