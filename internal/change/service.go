package change

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Calendars answers a team's business hours. An unknown or empty team gets the
// default calendar.
type Calendars interface {
	HoursOf(q db.Querier, team string) (Hours, error)
}

// Hours is a team's business calendar.
type Hours interface {
	// Open reports whether a moment is within business hours.
	Open(at time.Time) bool
	// AddDays returns when n business days will have passed; false when the calendar never gets there.
	AddDays(from time.Time, n int) (time.Time, bool)
	// Zone is where the calendar is kept.
	Zone() *time.Location
}

// People answers who people and teams are.
type People interface {
	// Names returns display names by person id; unknown ids are absent.
	Names(q db.Querier, ids []int64) (map[int64]string, error)
	// PersonOf finds an active person by handle.
	PersonOf(q db.Querier, handle string) (id int64, ok bool, err error)
	// PersonByMail finds an active person by mail address, in any case.
	PersonByMail(q db.Querier, address string) (id int64, ok bool, err error)
	// TeamExists reports whether a team of that name exists.
	TeamExists(q db.Querier, name string) (bool, error)
}

// Verifier judges a deployment by what was measured after it.
type Verifier interface {
	// Conclude is asked when the verification of a change ends, outside of any
	// transaction. After an error it is asked again a minute later, for
	// VerifyPatience; then what the pipeline said stands.
	Conclude(ctx context.Context, c Change) (Conclusion, error)
}

// Conclusion is what verification says about a change.
type Conclusion struct {
	Outcome State  // Succeeded or Failed
	Reason  string // one sentence with figures
}

// Service is the practice. Make it with New; set the exported fields that app
// has an answer for before use.
type Service struct {
	DB        *db.DB
	Catalog   *catalog.Catalog
	Calendars Calendars // nil: every hour is a business hour
	People    People    // nil: nobody is known
	Verifier  Verifier  // nil: a deployment that nobody complains about succeeded

	// Mends reports whether a fix mends an incident that users noticed; nil: nobody knows.
	Mends func(q db.Querier, c Change) (bool, error)
	// TakeBack starts the automated rollback of a change inside the transaction
	// that asks for it; nil: there is none.
	TakeBack func(tx *db.Tx, c Change) error

	reactions []Reaction
	practice  practiceCache

	gateParts   // what the gate needs: gate_parts.go
	ingestParts // what ingest needs: ingest_parts.go
}

// New returns the practice on a database and a catalog. It follows the change
// feed to keep what it remembers right when another replica edits it.
func New(d *db.DB, c *catalog.Catalog) *Service {
	s := &Service{DB: d, Catalog: c}
	s.gateParts.init(s)
	s.ingestParts.init(s)
	return s
}

// On registers a reaction to events. Call it while wiring, before any verb.
func (s *Service) On(r Reaction) { s.reactions = append(s.reactions, r) }

// requireAny is Require for verbs that pipelines and people have in common:
// whoever may ingest or respond. The answer of the first one is the error's.
func requireAny(ctx context.Context, first, second actor.Permission) (actor.Actor, error) {
	who, err := actor.Require(ctx, first)
	if err == nil {
		return who, nil
	}
	if who, also := actor.Require(ctx, second); also == nil {
		return who, nil
	}
	return who, err
}

// hours returns a team's business hours, or all hours when no calendar is in use.
func (s *Service) hours(q db.Querier, team string) (Hours, error) {
	if s.Calendars == nil {
		return always{}, nil
	}
	return s.Calendars.HoursOf(q, team)
}

// always is 24×7, for use without calendars.
type always struct{}

func (always) Open(time.Time) bool                             { return true }
func (always) AddDays(from time.Time, n int) (time.Time, bool) { return from.AddDate(0, 0, n), true }
func (always) Zone() *time.Location                            { return time.UTC }

func unknown(id int64) error {
	key := Change{ID: id}.Key()
	return errs.E(errs.NotFound, "there is no change %s", key).On(key)
}
