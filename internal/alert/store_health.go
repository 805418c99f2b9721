package alert

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Spell is one alert's part in one incident: all its firings there.
type Spell struct {
	Incident               int64
	Rule, Service, Summary string // rule "": none routed it
	Firings                int
	From                   time.Time
	Until                  time.Time // zero: it still fires
}

const spellSQL = `SELECT incident_id, rule, service, summary, COUNT(*), MIN(started_at), MAX(ended_at), MIN(ended_at)
FROM alert_episode WHERE incident_id > 0 AND incident_id IN `

// Spells returns the alerts of incidents. It is for other practices; it checks
// no permission.
func (s *Service) Spells(q db.Querier, incidents []int64) (out []Spell, err error) {
	for part := range slices.Chunk(incidents, 256) {
		list, err := db.Collect(q, func(r *db.Rows) (x Spell, err error) {
			var from, last, first int64
			err = r.Scan(&x.Incident, &x.Rule, &x.Service, &x.Summary, &x.Firings, &from, &last, &first)
			x.From = db.Time(from)
			if first != 0 { // 0 = one of them has not ended
				x.Until = db.Time(last)
			}
			return x, err
		}, spellSQL+db.In(1, len(part))+` GROUP BY incident_id, rule, service, summary ORDER BY incident_id, rule, service, summary`, db.Args(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}
