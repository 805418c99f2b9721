package cmdb

import "github.com/evenkeel/evenkeel/internal/db"

// saidFrom lists the other ends of relations that an origin says of one end.
func saidFrom(q db.Querier, source, scope, from string) ([]string, error) {
	return db.Collect(q, func(r *db.Rows) (to string, err error) { return to, r.Scan(&to) },
		"SELECT s.to_end FROM ci_sighting s JOIN ci_origin g ON g.id = s.origin WHERE s.from_end = $1 AND g.source = $2 AND g.scope = $3 ORDER BY s.id", from, source, scope)
}
