package app

import (
	"encoding/json"

	"github.com/evenkeel/evenkeel/internal/db"
)

// toldAlert is what an alert says that the map can use.
type toldAlert struct {
	labels, source string
	service        string
	severity       int // 1 critical to 4 info
	firing         bool
}

// toldSQL reads alerts in their own order: firing ones first, worst first, then
// those that ended last.
const toldSQL = "SELECT labels, source, service, severity, status FROM alert WHERE sort_key >= 0 ORDER BY sort_key, id LIMIT $1"

func toldAlerts(q db.Querier, limit int) ([]toldAlert, error) {
	return db.Collect(q, func(r *db.Rows) (x toldAlert, err error) {
		var status string
		err = r.Scan(&x.labels, &x.source, &x.service, &x.severity, &status)
		x.firing = status == "firing"
		return x, err
	}, toldSQL, limit)
}

// pairs reads stored labels; what was stored always reads.
func (x toldAlert) pairs() (m map[string]string) {
	if json.Unmarshal([]byte(x.labels), &m) != nil {
		return nil
	}
	return m
}
