package notify

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// unreachedSQL walks the newest dead letters by their index, and looks for a
// sibling that did better by the unique one on (key, dest).
const unreachedSQL = `SELECT m.key, m.record, m.reason, m.queued_at FROM notify_message m
	WHERE m.state = 'dead' AND m.urgent = TRUE AND m.queued_at >= $1
	AND NOT EXISTS (SELECT 1 FROM notify_message o WHERE o.key = m.key AND o.state <> 'dead')
	ORDER BY m.id DESC LIMIT $2`

func unreached(q db.Querier, since time.Time, limit int) ([]Unreached, error) {
	all, err := db.Collect(q, func(r *db.Rows) (u Unreached, err error) {
		var record string
		var at int64
		err = r.Scan(&u.Key, &record, &u.Reason, &at)
		u.Record, _ = ref.Parse(record)
		u.Since = db.Time(at)
		return u, err
	}, unreachedSQL, db.Micros(since), limit)
	seen := map[string]bool{}
	out := all[:0]
	for _, u := range all {
		if !seen[u.Key] {
			seen[u.Key] = true
			out = append(out, u)
		}
	}
	return out, err
}

// lostSQL is dead letters whose person was told in no other way; channels have
// no other way. COALESCE keeps the planner from reading all that was sent
// instead of the few messages of one key.
const lostSQL = `SELECT m.id FROM notify_message m WHERE m.state = 'dead'
	AND NOT (m.person > 0 AND EXISTS (SELECT 1 FROM notify_message o WHERE o.key = m.key AND o.person = m.person AND COALESCE(o.state, '') = 'sent')) LIMIT $1`

func countLost(q db.Querier, limit int) (int, error) {
	ids, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) }, lostSQL, limit)
	return len(ids), err
}
