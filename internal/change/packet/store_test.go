package packet

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

func TestQueriesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, changeSQL, 1)
		dbtest.UsesIndex(t, d, policySQL, 1)
		for _, query := range []string{decisionsSQL, approvalsSQL, reportsSQL, entriesSQL, causesSQL} {
			dbtest.UsesIndex(t, d, query, 1, 10)
		}
		dbtest.UsesIndex(t, d, factsSQL, "a", "b", 10)
	})
}
