package cmdb

import "github.com/evenkeel/evenkeel/internal/db"

const firstDeltaSQL = "SELECT at FROM ci_delta WHERE id > $1 ORDER BY id LIMIT 1"

// firstDeltaAfter is when the first change after a number was made; 0 for none.
func firstDeltaAfter(q db.Querier, top int64) (at int64, err error) {
	err = q.QueryRow(firstDeltaSQL, top).Scan(&at)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return at, err
}
