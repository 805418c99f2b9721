package change

import (
	"encoding/json"

	"github.com/evenkeel/evenkeel/internal/db"
)

// answersSQL reads what policies said, newest first, without the facts: it walks
// the key, so that what it costs is bounded by its limit.
const answersSQL = "SELECT id, change_id, at, mode, policy, result FROM change_decision WHERE id < $1 ORDER BY id DESC LIMIT $2"

func answers(q db.Querier, before int64, limit int) ([]Decided, error) {
	return db.Collect(q, func(r *db.Rows) (d Decided, err error) {
		var at int64
		var result string
		if err = r.Scan(&d.ID, &d.Change, &at, &d.Mode, &d.Policy, &result); err != nil {
			return d, err
		}
		d.At = db.Time(at)
		return d, json.Unmarshal([]byte(result), &d.Result)
	}, answersSQL, before, limit)
}
