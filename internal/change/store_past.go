package change

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// addPast counts changes for several keys.
func addPast(tx *db.Tx, keys []pastKey, changes, failed int, last, proven time.Time) error {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b pastKey) int { // the order in which rows are locked
		return strings.Compare(a.Kind+"\x00"+a.Name, b.Kind+"\x00"+b.Name)
	})
	rows := make([][]any, len(keys))
	for n, k := range keys {
		rows[n] = []any{k.Kind, k.Name, int64(changes), int64(failed), db.Micros(last), db.Micros(proven)}
	}
	return tx.InsertMany("INSERT INTO change_past (kind, name, changes, failed, last_at, proven_at) VALUES ", ` ON CONFLICT (kind, name) DO UPDATE SET
changes = change_past.changes + excluded.changes, failed = change_past.failed + excluded.failed,
last_at = CASE WHEN excluded.last_at > change_past.last_at THEN excluded.last_at ELSE change_past.last_at END,
proven_at = CASE WHEN excluded.proven_at > change_past.proven_at THEN excluded.proven_at ELSE change_past.proven_at END`, 6, rows)
}

// pasts reads several keys in one query for each kind; what has no past is absent.
func pasts(q db.Querier, keys ...pastKey) (map[pastKey]Past, error) {
	byKind := map[string][]string{}
	for _, k := range keys {
		byKind[k.Kind] = append(byKind[k.Kind], k.Name)
	}
	out := make(map[pastKey]Past, len(keys))
	for kind, names := range byKind {
		in, args := db.InSet(q, 2, names)
		rows, err := q.Query("SELECT name, changes, failed, last_at, proven_at FROM change_past WHERE kind = $1 AND name "+in, append([]any{kind}, args...)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			k, p := pastKey{Kind: kind}, Past{}
			var last, proven int64
			if err = rows.Scan(&k.Name, &p.Changes, &p.Failed, &last, &proven); err != nil {
				break
			}
			p.Last, p.Proven = db.Time(last), db.Time(proven)
			out[k] = p
		}
		if err == nil {
			err = rows.Err()
		}
		rows.Close()
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unrecovered returns changes of a service that failed and after which nobody
// said that users are served well again.
func unrecovered(q db.Querier, service, environment string, but int64) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT id FROM change WHERE service = $1 AND environment = $2 AND recovered_at = 0 AND state = 'failed' AND id <> $3 ORDER BY id LIMIT 50", service, environment, but)
}

// nextSuccess is when the first change of a service that succeeded was deployed
// after a time; zero when none was.
func nextSuccess(q db.Querier, service, environment string, after time.Time) (time.Time, error) {
	var us int64
	err := q.QueryRow("SELECT deployed_at FROM change WHERE service = $1 AND environment = $2 AND deployed_at > 0 AND deployed_at > $3 AND state = 'succeeded' ORDER BY deployed_at LIMIT 1",
		service, environment, db.Micros(after)).Scan(&us)
	if err == db.ErrNoRows {
		return time.Time{}, nil
	}
	return db.Time(us), err
}
