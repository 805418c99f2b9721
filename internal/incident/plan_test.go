package incident

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// TestPlans reads the plan of each list query: every filter has its index and
// nothing is sorted.
func TestPlans(t *testing.T) {
	yes, no := true, false
	who := actor.Actor{Kind: actor.User, Person: 7, Role: actor.Responder}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, f := range map[string]Filter{
			"all": {}, "open": {Open: &yes}, "over": {Open: &no}, "state": {States: []State{Resolved}}, "service": {Service: "checkout"},
			"team": {Team: "payments"}, "commander": {Commander: 7}, "person": {Person: 7}, "persistent": {Persistent: true}, "text": {Text: "check out"},
			"open of a team": {Open: &yes, Team: "payments"}, "period": {From: db.Time(1), Before: db.Time(2)},
		} {
			for _, after := range []cursor{{}, {At: 1000, ID: 10}} {
				sql, args := listSQL(f, who, P2, after, 50)
				t.Run(name, func(t *testing.T) { dbtest.UsesIndex(t, d, sql, args...) })
				if f.Person > 0 {
					sql, args := listSQL(f, who, 0, after, 50)
					t.Run(name+", any priority", func(t *testing.T) { dbtest.UsesIndex(t, d, sql, args...) })
				}
			}
		}
		ids := db.Args([]int64{1, 2})
		for name, q := range map[string]struct {
			sql  string
			args []any
		}{
			"due":       {"SELECT id FROM incident WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2", []any{1, 100}},
			"next due":  {"SELECT next_at FROM incident WHERE next_at > 0 ORDER BY next_at LIMIT 1", nil},
			"rows":      {"SELECT " + columns + " FROM incident WHERE id IN ($1, $2)", ids},
			"timeline":  {"SELECT " + entryColumns + " FROM incident_entry WHERE incident = $1 AND seq < $2 AND corrects = 0 ORDER BY seq DESC LIMIT $3", []any{1, 100, 10}},
			"word":      {"SELECT incident FROM incident_word WHERE word = $1 ORDER BY incident DESC LIMIT $2", []any{[]byte("x"), 10}},
			"beginning": {"SELECT incident FROM incident_word WHERE word > $1 AND word < $2 ORDER BY word, incident LIMIT $3", []any{[]byte("x"), []byte("y"), 10}},
			"repeats":   {"SELECT triggered_at FROM incident WHERE group_key <> '' AND group_key = $1 AND triggered_at >= $2 ORDER BY triggered_at DESC LIMIT $3", []any{"k", 1, 10}},
			"children":  {"SELECT id FROM incident WHERE parent > 0 AND parent = $1 ORDER BY id", ids[:1]},
			"measures":  {"SELECT i.priority FROM incident i WHERE i.triggered_at >= $1 AND i.triggered_at < $2 ORDER BY i.triggered_at, i.id LIMIT $3", []any{1, 2, 3}},
			"handled":   {handledOfTeam, []any{"payments", 1, 2}},
			"groups":    {"SELECT group_key, incident FROM incident_group WHERE group_key IN ($1, $2)", []any{"a", "b"}},
		} {
			t.Run(name, func(t *testing.T) { dbtest.UsesIndex(t, d, q.sql, q.args...) })
		}
	})
}

func TestWords(t *testing.T) {
	got := strings.Join(words("Checkout IS down: Straße 7, checkout, 42 "+strings.Repeat("ü", 40)), " ")
	if want := "checkout is down straße 42 " + strings.Repeat("ü", 16); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
