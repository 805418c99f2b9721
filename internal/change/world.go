package change

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// What the gate asks of other practices. Each answer is read from the snapshot
// or transaction that is handed in, checks no permission, and is quick: a gate
// answers in milliseconds. A practice that is nil is not in use, which is
// neutral; one that answers an error makes its fact unknown, which asks a
// human, but for a database that is gone.

// Judge decides by a version of the policy; see policy.Compiled.
type Judge interface {
	// Decide is a pure function of the input. What it cannot answer is
	// NeedsReview with Failed.
	Decide(ctx context.Context, input any) policy.Decision
}

// Policies answers which policy is in force.
type Policies interface {
	// Active returns the policy in force and its number; 0: the one that comes
	// with the program.
	Active(q db.Querier) (Judge, int64, error)
	// Shadow returns the policy that is tried beside it; nil: none.
	Shadow(q db.Querier) (Judge, int64, error)
}

// Windows answers which freezes and windows there are.
type Windows interface {
	// Current returns all of them, compiled, and a number that grows with
	// every edit of one.
	Current(q db.Querier) (*window.Set, int64, error)
}

// Weights answers by which weights risk is scored.
type Weights interface {
	// Current returns them and their number; 0: those that come with the program.
	Current(q db.Querier) (risk.Weights, int64, error)
}

// Map answers what stands around services.
type Map interface {
	// Around is about services of the catalog, by their own names. Known is
	// false while the map is being loaded or has none of them.
	Around(q db.Querier, services []string) (Around, error)
}

// Around is what stands around the services of a change.
type Around struct {
	Known bool
	Hit   []Neighbour // other services that go down or get worse with them, worst and most important first
	Items int         // configuration items that do
	Needs []string    // other services that they need, directly or not, nearest first
}

// Neighbour is another service.
type Neighbour struct {
	Name string
	Tier int // 0 to 3; -1: nobody says
	Team string
}

// OpenIncident is one that is not over. Key is empty for one that not everybody
// may know of: it counts, and is not named.
type OpenIncident struct {
	Key      string
	Priority int // 1 to 4
	Service  string
}

// Incidents answers what is broken now.
type Incidents interface {
	// OpenOn returns the open incidents on any of the services, worst first.
	OpenOn(q db.Querier, services []string) ([]OpenIncident, error)
}

// Budgets answers how much error budget is left.
type Budgets interface {
	// Worst returns the state of the service that has the least left; not
	// adopted when none of them has a service level.
	Worst(q db.Querier, services []string) (fact.Of[fact.Budget], error)
}

// Duty answers who is on call.
type Duty interface {
	// OnCallFor returns the people who are on call for a service, or for the
	// team that owns it.
	OnCallFor(q db.Querier, service, team string, at time.Time) ([]int64, error)
}
