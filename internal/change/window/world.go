package window

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// World is what the calendar asks of other practices; app wires it, and nil is
// not in use.
type World struct {
	// Around names the other services that some need, directly or not, and those
	// that are hit when they go down.
	Around func(q db.Querier, services []string) (needs, hit []string, err error)
	// Incidents returns those that were open at some time in [from, to) and of
	// which the actor may know, newest first, and whether there are more than
	// limit. It is asked outside of any snapshot.
	Incidents func(ctx context.Context, from, to time.Time, limit int) ([]Mark, bool, error)
	// Silences returns planned work that was told to the alerts, in the same way.
	Silences func(ctx context.Context, from, to time.Time, limit int) ([]Mark, bool, error)
	// Enabled reports whether a person still works here.
	Enabled func(q db.Querier, person int64) (bool, error)
}

// Mark is something on the time line that is kept elsewhere: an incident, or
// maintenance that silences alerts.
type Mark struct {
	Key      string // "INC-142", "SIL-3"
	Path     string
	Title    string
	Priority int // of an incident, 1 to 4
	Services []string
	Span     // a zero To: it goes on
}
