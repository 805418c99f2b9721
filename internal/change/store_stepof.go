package change

import "github.com/evenkeel/evenkeel/internal/db"

// openSteps are the newest changes of a service that are not over, of every
// environment.
func openSteps(q db.Querier, service string) ([]int64, error) {
	return db.Collect(q, stepID, openStepsSQL, service)
}

// begunSteps are the changes of a service that began last, or were planned to,
// of every environment, whatever became of them.
func begunSteps(q db.Querier, service string) ([]int64, error) {
	return db.Collect(q, stepID, begunStepsSQL, service)
}

func stepID(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) }

// Both are bounded: who looks for what ran long ago looks at the list.
const (
	openStepsSQL  = "SELECT change_id FROM change_service WHERE service = $1 AND is_open = TRUE ORDER BY change_id DESC LIMIT 50"
	begunStepsSQL = "SELECT change_id FROM change_service WHERE service = $1 AND from_at >= 1 ORDER BY from_at DESC, change_id DESC LIMIT 50"
)
