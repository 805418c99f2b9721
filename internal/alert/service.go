package alert

import (
	"context"
	"log/slog"
	"sync"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Service is the alert practice's verbs.
type Service struct {
	db *db.DB

	// React is called once for each transaction that changed alerts, inside it.
	// It may call LinkEpisodes, FiringOf, AlertsOf, AllResolved and MoveEpisodes.
	// Set it before the first event arrives; nil: alerts open no incidents.
	React func(tx *db.Tx, c *Changes) error

	// Names checks names of services and teams; nil accepts every name.
	Names Names

	// Visible returns which of the incidents the actor may see; nil: all.
	Visible func(q db.Querier, who actor.Actor, incidents []int64) (map[int64]bool, error)

	// Attached is called inside the transaction in which a person put alerts
	// into an incident, for its timeline; nil: nobody is told.
	Attached func(tx *db.Tx, incident int64, moved []Firing) error
	// Removed is called inside the transaction that deletes an integration, so
	// that nothing of its name is left for the next one; nil: nobody has any.
	Removed func(tx *db.Tx, integration string) error

	// Box seals tokens that senders sign with; nil: such senders have to send
	// their token.
	Box Box

	// Log receives what no caller can be told; nil is slog.Default().
	Log *slog.Logger

	// Kick wakes a due-work source by name; nil leaves it to the runner's clock.
	Kick func(source string)

	queue  batcher
	policy policyCache
	seen   sync.Map // integration id → minute last written
}

// Names is what the practice needs of the service catalog.
type Names interface {
	// KnowsService reports whether a service of this name exists.
	KnowsService(q db.Querier, name string) (bool, error)
	// KnowsTeam reports whether a team of this name exists.
	KnowsTeam(q db.Querier, name string) (bool, error)
}

// New returns the practice on a database.
func New(d *db.DB) *Service {
	return &Service{db: d}
}

// Receipt is the durable answer to one Ingest.
type Receipt struct {
	Applied int     // events that changed a state: opened, raised, acknowledged, resolved
	Repeats int     // events that said what was known; counted on the alert
	Ignored int     // events older than what is known, or about nothing known
	Alerts  []int64 // the alert of each event, in order; 0 for ignored ones about nothing known
}

// Ingest takes events of one integration: what is known of each alert is
// brought up to date, in one transaction, and the reaction is told. It returns
// after the events are on disk. Errors: Invalid (no event applied),
// Unavailable with Retry when the queue is full or the database cannot write.
func (s *Service) Ingest(ctx context.Context, in Integration, events []Event) (Receipt, error) {
	if _, err := actor.Require(ctx, actor.Ingest); err != nil {
		return Receipt{}, err
	}
	if in.Kind == Heartbeat {
		return Receipt{Applied: 1}, s.Beat(ctx, in)
	}
	return s.ingest(ctx, in, events)
}

// Authenticate returns the integration of a token, for a receiver of the kind.
// Errors: Unauthenticated when no enabled integration of this kind has it.
func (s *Service) Authenticate(ctx context.Context, kind Kind, token string) (Integration, error) {
	return s.authenticate(ctx, kind, token)
}
