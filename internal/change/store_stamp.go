package change

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// readStamps returns the numbers of services, and of "" for what concerns all,
// in one query; a service without one is absent, which is 0.
func readStamps(q db.Querier, services []string, lock string) (map[string]int64, error) {
	type stamp struct {
		name string
		n    int64
	}
	in, args := db.InSet(q, 1, append(sorted(services), ""))
	list, err := db.Collect(q, func(r *db.Rows) (s stamp, err error) { return s, r.Scan(&s.name, &s.n) },
		"SELECT service, n FROM change_stamp WHERE service "+in+" ORDER BY service"+lock, args...)
	out := make(map[string]int64, len(list))
	for _, s := range list {
		out[s.name] = s.n
	}
	return out, err
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
