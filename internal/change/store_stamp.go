package change

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// stamps returns the numbers of services, and of "" for what concerns all, in
// one query; a service without one is absent, which is 0.
func stamps(q db.Querier, services []string) (map[string]int64, error) {
	return readStamps(q, services, "")
}

// lockStamps is stamps with the rows held until the transaction ends: nobody
// else opens, moves or ends a change of these services meanwhile. Rows that do
// not exist are made first, because what is not there cannot be held. On
// SQLite there is one writer anyway.
func lockStamps(tx *db.Tx, services []string) (map[string]int64, error) {
	if tx.Dialect().SQLite() {
		return readStamps(tx, services, "")
	}
	list := sorted(services)
	rows := make([][]any, len(list))
	for n, name := range list {
		rows[n] = []any{name, int64(0)}
	}
	if err := tx.InsertMany("INSERT INTO change_stamp (service, n) VALUES ", " ON CONFLICT (service) DO NOTHING", 2, rows); err != nil {
		return nil, err
	}
	return readStamps(tx, list, tx.ForUpdate())
}

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
