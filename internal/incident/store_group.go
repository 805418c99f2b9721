package incident

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// groupsOf returns which incident gathers each of the grouping keys. The rows
// stay locked, in the order of the keys, until the transaction ends.
func groupsOf(tx *db.Tx, keys []string) (map[string]int64, error) {
	out := map[string]int64{}
	for part := range slices.Chunk(keys, 256) {
		part = padded(part)
		list, err := db.Collect(tx, func(r *db.Rows) (x struct {
			key string
			id  int64
		}, err error) {
			err = r.Scan(&x.key, &x.id)
			return
		}, "SELECT group_key, incident FROM incident_group WHERE group_key IN "+db.In(1, len(part))+" ORDER BY group_key"+tx.ForUpdate(), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			out[x.key] = x.id
		}
	}
	return out, nil
}

// padded fills a list up to a power of two by repeating its last element, so
// that there are few statement texts.
func padded(list []string) []string {
	size := 1
	for size < len(list) {
		size *= 2
	}
	for out := slices.Clone(list); ; out = append(out, list[len(list)-1]) {
		if len(out) >= size {
			return out
		}
	}
}

// claimGroups notes which incident gathers a key. A key that two transactions
// claim at once is a unique violation for the later one, which is run again
// and then finds the other's incident.
func claimGroups(tx *db.Tx, fresh, moved map[string]int64) error {
	var rows [][]any
	for _, key := range sorted(fresh) {
		rows = append(rows, []any{key, fresh[key]})
	}
	if err := tx.InsertMany("INSERT INTO incident_group (group_key, incident) VALUES ", "", 2, rows); err != nil {
		return err
	}
	for _, key := range sorted(moved) {
		if err := tx.Later("UPDATE incident_group SET incident = $2 WHERE group_key = $1", key, moved[key]); err != nil {
			return err
		}
	}
	return nil
}

// dropGroups ends the gathering of a canceled incident.
func dropGroups(tx *db.Tx, id int64) error {
	return tx.Later("DELETE FROM incident_group WHERE incident = $1", id)
}

// childIDs lists the incidents that are part of one.
func childIDs(q db.Querier, id int64) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { err = r.Scan(&id); return },
		"SELECT id FROM incident WHERE parent > 0 AND parent = $1 ORDER BY id", id)
}

// dueIDs lists incidents on which something is due, the longest overdue first.
func dueIDs(tx *db.Tx, limit int) ([]int64, error) {
	return db.Collect(tx, func(r *db.Rows) (id int64, err error) { err = r.Scan(&id); return },
		"SELECT id FROM incident WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"+tx.SkipLocked(), db.Micros(tx.Now), limit)
}

// firstDue is when the next thing is due; 0 when nothing is.
func firstDue(q db.Querier) (us int64, err error) {
	err = q.QueryRow("SELECT next_at FROM incident WHERE next_at > 0 ORDER BY next_at LIMIT 1").Scan(&us)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return us, err
}

// repeats returns when incidents of the grouping keys were opened, at most
// the latest maxRepeats of each within the longest period a matrix may name.
func repeats(q db.Querier, keys []string, now time.Time) (map[string][]time.Time, error) {
	out := map[string][]time.Time{}
	for _, key := range keys {
		list, err := db.Collect(q, func(r *db.Rows) (at int64, err error) { err = r.Scan(&at); return },
			"SELECT triggered_at FROM incident WHERE group_key <> '' AND group_key = $1 AND triggered_at >= $2 ORDER BY triggered_at DESC LIMIT $3",
			key, db.Micros(now.Add(-maxTarget)), maxRepeats)
		if err != nil {
			return nil, err
		}
		for _, at := range list {
			out[key] = append(out[key], db.Time(at))
		}
	}
	return out, nil
}

// maxRepeats is the most that ReviewRepeats may ask for.
const maxRepeats = 1000

func setNext(tx *db.Tx, id int64, at time.Time) error {
	return tx.Later("UPDATE incident SET next_at = $2 WHERE id = $1", id, db.Micros(at))
}
