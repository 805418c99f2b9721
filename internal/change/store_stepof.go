package change

import "github.com/evenkeel/evenkeel/internal/db"

// openSteps are the newest changes of a service that are not over, of every
// environment.
func openSteps(q db.Querier, service, _ string) ([]int64, error) {
	return db.Collect(q, stepID, openStepsSQL, service)
}

// ranSteps are the changes that were deployed last.
func ranSteps(q db.Querier, service, environment string) ([]int64, error) {
	return db.Collect(q, stepID, ranStepsSQL, service, environment)
}

func stepID(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) }

// Both are bounded: who looks for what ran long ago looks at the list.
const (
	openStepsSQL = "SELECT change_id FROM change_service WHERE service = $1 AND is_open = TRUE ORDER BY change_id DESC LIMIT 50"
	ranStepsSQL  = "SELECT id FROM change WHERE service = $1 AND environment = $2 AND deployed_at > 0 ORDER BY deployed_at DESC LIMIT 20"
)
