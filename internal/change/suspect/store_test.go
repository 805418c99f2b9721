package suspect

import (
	"encoding/json"
	"testing"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// insertChange writes the columns of a change that suspects look at.
func insertChange(tx *db.Tx, c change.Change) error {
	services, _ := json.Marshal(c.Services)
	if _, err := tx.Exec("DELETE FROM change WHERE id = $1", c.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM change_service WHERE change_id = $1", c.ID); err != nil {
		return err
	}
	if err := dbtest.Insert(tx, "change", map[string]any{"id": c.ID, "state": string(c.State), "is_open": c.State.Open(), "service": c.Main(), "services": string(services), "type": "normal", "kind": "deploy",
		"rollback_of": c.RollbackOf, "returns": c.Returns, "taken_back_by": c.TakenBackBy, "risk": -1,
		"started_at": db.Micros(c.StartedAt), "deployed_at": db.Micros(c.DeployedAt), "ended_at": db.Micros(c.EndedAt)}); err != nil {
		return err
	}
	for _, s := range c.Services {
		if _, err := tx.Exec("INSERT INTO change_service (service, change_id, is_open, from_at) VALUES ($1, $2, $3, $4)", s, c.ID, c.State.Open(), max(1, db.Micros(c.StartedAt))); err != nil {
			return err
		}
	}
	return nil
}

func TestQueriesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, edgesOfSQL, 1, 10)
		dbtest.UsesIndex(t, d, edgesToSQL, 1, 10)
		dbtest.UsesIndex(t, d, confirmedSQL, 10)
		dbtest.UsesIndex(t, d, causedSQL+"IN ($1, $2)", 1, 2)
		dbtest.UsesIndex(t, d, dueSQL, 1, 10)
		dbtest.UsesIndex(t, d, firstDueSQL)
		dbtest.UsesIndex(t, d, startedSQL, 1, 2, 10)
		dbtest.UsesIndex(t, d, candidateSQL+"IN ($1, $2)", 1, 2)
		dbtest.UsesIndex(t, d, nudgeSQL+"IN ($4, $5)", 1, 2, 3, "a", "b")
		dbtest.UsesIndex(t, d, nudgeOfSQL, 1, 2, 3)
		dbtest.UsesIndex(t, d, "SELECT change_id, from_at FROM change_service WHERE "+betweenCondition+" AND service IN ($3, $4)", 1, 2, "a", "b")
	})
}

func TestSizeOf(t *testing.T) {
	for input, want := range map[string][2]int{
		"": {-1, 0}, "no json": {-1, 0}, `{"size":{"state":"unknown","value":{"lines":0}}}`: {-1, 0}, `{"size":{"state":"value","value":{"lines":120,"files":3,"destroyed":2}}}`: {120, 2},
	} {
		if lines, destroyed := sizeOf(input); lines != want[0] || destroyed != want[1] {
			t.Errorf("%s: %d %d", input, lines, destroyed)
		}
	}
}
