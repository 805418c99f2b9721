package auth

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// Every list reads an index, on both databases.
func TestPlans(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, f := range []PeopleFilter{{}, {Prefix: "m"}, {Role: actor.Admin}, {Prefix: "m", Role: actor.Admin, All: true}} {
			query, args := f.listSQL("jonas", 51)
			dbtest.UsesIndex(t, d, query, args...)
		}
		dbtest.UsesIndex(t, d, sessionsSQL, 1)
		dbtest.UsesIndex(t, d, tokensSQL, 1, 51)
		dbtest.UsesIndex(t, d, tokensOfSQL, 1, 51, 1)
		dbtest.UsesIndex(t, d, teamsSQL, "a", 51)
		dbtest.UsesIndex(t, d, teamsOfSQL, 1)
		dbtest.UsesIndex(t, d, membersSQL, "payments")
		dbtest.UsesIndex(t, d, "DELETE FROM auth_session WHERE seen_at <= $1", 1)
		dbtest.UsesIndex(t, d, "DELETE FROM auth_guess WHERE last_at <= $1", 1)
	})
}
