package alert

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// TestPlans reads the plan of every list query: none scans a table or sorts.
func TestPlans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := New(d)
		type list struct {
			query string
			args  []any
		}
		var lists []list
		d.Read(t.Context(), func(q db.Querier) error {
			for _, f := range []Filter{{}, {Status: StatusFiring}, {Status: StatusResolved}, {Services: []string{"checkout"}}, {Unrouted: true}, {Silenced: true},
				{Status: StatusFiring, Severities: []Severity{Critical}}, {Text: "x"}} {
				want, err := s.path(q, &f, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				query, args := listQuery(want, place{keyBase, 7}, 50)
				lists = append(lists, list{query, args})
			}
			return nil
		})
		for _, l := range lists {
			dbtest.UsesIndex(t, d, l.query, l.args...)
		}
		dbtest.UsesIndex(t, d, "SELECT id FROM alert WHERE flapping_until > $1 AND flapping_until > 0 ORDER BY flapping_until DESC, id DESC LIMIT $2", 1, 10)
		query, args := listQuery(access{hi: keyResolved, where: " AND a.integration_id = $4", args: []any{int64(1)}}, place{}, 50)
		dbtest.UsesIndex(t, d, query, args...)
		for query, args := range map[string][]any{
			AlertOfSQL: {1, "a"},
			"SELECT id FROM alert WHERE integration_id = $1 AND dedup IN ($2, $3)":                                                            {1, "a", "b"},
			"SELECT " + episodeCols + " FROM alert_episode e WHERE e.alert_id = $1 AND e.id < $2 ORDER BY e.id DESC LIMIT $3":                 {1, 9, 10},
			"SELECT " + episodeCols + " FROM alert_episode e WHERE e.incident_id = $1 AND e.incident_id > 0 ORDER BY e.id DESC LIMIT $2":      {1, 10},
			"SELECT id FROM alert WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2":                                              {1, 10},
			"SELECT id FROM silence WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2":                                            {1, 10},
			"SELECT integration_id FROM integration_state WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2":                      {1, 10},
			"SELECT id FROM alert WHERE silence_id = $1 AND silence_id > 0 ORDER BY id LIMIT $2":                                              {1, 10},
			"SELECT " + silenceCols + " FROM silence WHERE (ends_at, id) < ($1, $2) AND ends_at > $3 ORDER BY ends_at DESC, id DESC LIMIT $4": {9, 9, 1, 10},
			"SELECT " + integrationCols + fromIntegration + "WHERE i.name > $1 ORDER BY i.name LIMIT $2":                                      {"a", 10},
		} {
			dbtest.UsesIndex(t, d, query, args...)
		}
	})
}
