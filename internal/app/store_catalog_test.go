package app

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// What counts of many services are read from reads no table whole.
func TestCountsOfServicesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, quarterSQL(2), int64(1), int64(2), "a", "b")
		dbtest.UsesIndex(t, d, openSQL(2), "a", "b")
		dbtest.UsesIndex(t, d, firingSQL(2), "a", "b")
	})
}
