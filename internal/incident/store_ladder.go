package incident

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// appended is what entries alone change in a row.
var appended = db.NewUpdate("incident", "id BIGINT", "version BIGINT", "updated_at BIGINT", "next_at BIGINT", "entries BIGINT", "trail TEXT")

func lastActs(q db.Querier, ids []int64) (map[int64]time.Time, error) {
	type act struct{ incident, at int64 }
	list, err := db.Collect(q, func(r *db.Rows) (a act, err error) { return a, r.Scan(&a.incident, &a.at) },
		"SELECT incident, MAX(at) FROM incident_entry WHERE incident IN "+db.In(1, len(ids))+" AND person > 0 GROUP BY incident", db.Args(ids)...)
	out := make(map[int64]time.Time, len(list))
	for _, a := range list {
		out[a.incident] = db.Time(a.at)
	}
	return out, err
}
