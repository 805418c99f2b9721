package change

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// stamps say on what a decision stands: the number of what concerns all, and
// the sum of that and the numbers of services. A number only ever grows, and no
// row is ever removed, so that the sum is the same exactly when each number is.
type stamps struct{ all, sum int64 }

// readStamps reads the numbers of services, each once, in one query that gives
// one row; a service without a number has 0.
func readStamps(q db.Querier, services []string) (s stamps, err error) {
	query, args := stampsSQL(q, services)
	err = q.QueryRow(query, args...).Scan(&s.all, &s.sum)
	return s, err
}

func stampsSQL(q db.Querier, services []string) (string, []any) {
	in, args := db.InSet(q, 1, append(services[:len(services):len(services)], ""))
	return "SELECT CAST(COALESCE(SUM(CASE WHEN service = '' THEN n END), 0) AS BIGINT), CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM change_stamp WHERE service " + in, args
}

// bump makes decisions about services that stand on earlier numbers invalid.
func bump(tx *db.Tx, services ...string) error {
	rows := make([][]any, 0, len(services))
	for _, name := range sorted(services) {
		rows = append(rows, []any{name, int64(1)})
	}
	return tx.InsertMany("INSERT INTO change_stamp (service, n) VALUES ", " ON CONFLICT (service) DO UPDATE SET n = change_stamp.n + 1", 2, rows)
}

// Bump invalidates decisions that were made outside of their transaction and
// stood on something that concerns all services: policy, windows, weights,
// models, settings. Call it in the transaction that changes such a thing.
func Bump(tx *db.Tx) error { return bump(tx, "") }

// sorted is the order in which rows are locked.
func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
