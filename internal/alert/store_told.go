package alert

import "github.com/evenkeel/evenkeel/internal/db"

// AlertOfSQL finds an alert by its identity.
const AlertOfSQL = "SELECT id FROM alert WHERE integration_id = $1 AND dedup = $2"

// alertOf returns the number of an alert; 0 when there is none.
func alertOf(q db.Querier, integration int64, dedup string) (id int64, err error) {
	err = q.QueryRow(AlertOfSQL, integration, dedup).Scan(&id)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return id, err
}
