package incident

import (
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// openCounts counts open incidents by priority, as far as the viewer may know.
func openCounts(q db.Querier, who actor.Actor) (n [4]int, err error) {
	var args []any
	list, err := db.Collect(q, func(r *db.Rows) (x [2]int, err error) { err = r.Scan(&x[0], &x[1]); return },
		"SELECT i.priority, COUNT(*) FROM incident i WHERE i.is_open = TRUE"+visible(who, &args)+" GROUP BY i.priority", args...)
	for _, x := range list {
		n[x[0]-1] = x[1]
	}
	return n, err
}

// briefs reads incidents that the viewer may know of, by a condition on i.
func briefs(q db.Querier, who actor.Actor, cond string, args ...any) ([]Brief, error) {
	sql := `SELECT i.id, i.title, i.state, i.priority, i.commander, i.steps FROM incident i WHERE ` + cond + visible(who, &args) + " ORDER BY i.id LIMIT 256"
	return db.Collect(q, func(r *db.Rows) (b Brief, err error) {
		var i Incident
		var steps string
		if err = r.Scan(&b.ID, &b.Title, &b.State, &b.Priority, &i.Assigned[0], &steps); err == nil {
			i.Steps, err = decodeSteps(steps)
		}
		b.Lead = i.OnIt()
		return
	}, sql, args...)
}
