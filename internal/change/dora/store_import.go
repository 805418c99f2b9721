package dora

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// knownHistory says which deployments were imported before.
func knownHistory(q db.Querier, keys []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range slices.Chunk(keys, 512) {
		in, args := db.InSet(q, 2, part)
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var key string
			err = r.Scan(&key)
			out[key] = true
			return x, err
		}, "SELECT key FROM change_external WHERE source = $1 AND key "+in, append([]any{historySource}, args...)...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bindHistory remembers which deployments were imported. One that another
// import takes in at the same time fails the transaction, which then runs
// again and fails for good: nothing is there twice.
func bindHistory(tx *db.Tx, keys [][]any) error {
	return tx.InsertMany("INSERT INTO change_external (source, key, change_id) VALUES ", "", 3, keys)
}

const ranSQL = `SELECT artefact, MAX(ended_at), MAX(id) FROM change
WHERE service = $1 AND environment = $2 AND state = 'succeeded' AND ended_at < $3 GROUP BY artefact`

// ran returns what ran on a service before a time.
func ran(q db.Querier, service, environment string, until time.Time) (out Ran, err error) {
	out.Artefacts = map[string]bool{}
	last := int64(0)
	rows, err := q.Query(ranSQL, service, environment, db.Micros(until))
	if err != nil {
		return out, err
	}
	defer rows.Close()
	for rows.Next() {
		var artefact string
		var at, id int64
		if err := rows.Scan(&artefact, &at, &id); err != nil {
			return out, err
		}
		out.Artefacts[artefact] = true
		if at >= last {
			last, out.Last, out.Change = at, artefact, id
		}
	}
	return out, rows.Err()
}
