package audit

import "github.com/evenkeel/evenkeel/internal/db"

const unprovenQuery = "SELECT leaf_id FROM evidence WHERE record = $1 AND (idx IS NULL OR idx >= $2) ORDER BY leaf_id DESC LIMIT 1"

// unproven reports whether a record has entries beyond a size.
func unproven(q db.Querier, record string, size int64) (bool, error) {
	var leaf int64
	err := q.QueryRow(unprovenQuery, record, size).Scan(&leaf)
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}
