package incident

import (
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Catalog answers what a service is. Its rows are the catalog practice's.
type Catalog interface {
	// ServiceOf returns owner team and tier of a service; ok is false when there is none of that name.
	ServiceOf(q db.Querier, name string) (team string, tier int, ok bool, err error)
}

// People answers who people and teams are.
type People interface {
	// Names returns display names by person id; unknown ids are absent.
	Names(q db.Querier, ids []int64) (map[int64]string, error)
	// TeamOf returns the address of a team's war room ("" = has none; {key}
	// stands for the incident's key); ok is false when there is no such team.
	TeamOf(q db.Querier, name string) (warRoom string, ok bool, err error)
	// PersonExists reports whether the person exists and is active.
	PersonExists(q db.Querier, id int64) (bool, error)
	// PersonOf finds an active person by handle.
	PersonOf(q db.Querier, handle string) (id int64, ok bool, err error)
}

// Calendars answers a team's business hours. An unknown or empty team gets the default calendar.
type Calendars interface {
	HoursOf(q db.Querier, team string) (Hours, error)
}

// Alerts is what incidents ask of the alert practice, whose rows hold which
// incident an episode of an alert belongs to.
type Alerts interface {
	// LinkEpisodes notes which incident each episode belongs to: episode id → incident id.
	LinkEpisodes(tx *db.Tx, incidents map[int64]int64) error
	// MoveEpisodes gives all episodes of one incident to another (merge).
	MoveEpisodes(tx *db.Tx, from, to int64) error
}

// Blast answers how much depends on a service; nil in Service means that the
// inventory is not in use, which is neutral.
type Blast interface {
	// Raise returns by how many priorities a failure of the service counts higher, and why in one line.
	Raise(q db.Querier, service string) (steps int, why string, err error)
}

// Whereabouts answers which service firings belong to that name none; nil in
// Service means that there is no map, which is neutral.
type Whereabouts interface {
	// Belong returns, for each firing, the service that the thing it names
	// belongs to, and why in one line; empty where nobody knows. It is asked
	// once for a batch.
	Belong(q db.Querier, list []alert.Firing) ([]Belonging, error)
}

// Belonging is a service, and why a firing belongs to it.
type Belonging struct{ Service, Why string }

// Service is the practice. Make it with New; set Blast and Map before use if there are such.
type Service struct {
	DB        *db.DB
	Catalog   Catalog
	People    People
	Calendars Calendars
	Alerts    Alerts
	Blast     Blast
	Map       Whereabouts

	// Again hears that somebody acknowledged what was acknowledged already,
	// which changes nothing here; nil: nobody listens. Set it while wiring.
	Again func(tx *db.Tx, i Incident) error

	reactions []Reaction
	matrices  sync.Map // id → *Matrix; versions never change
}

// New returns the practice on a database, asking others through small interfaces.
func New(d *db.DB, c Catalog, p People, cal Calendars, a Alerts) *Service {
	return &Service{DB: d, Catalog: c, People: p, Calendars: cal, Alerts: a}
}

// On registers a reaction to events. Call it while wiring, before any verb.
func (s *Service) On(r Reaction) { s.reactions = append(s.reactions, r) }

// Declaration is what a person reports. Title alone is enough.
type Declaration struct {
	Title     string
	Summary   string
	Service   string
	Team      string    // taken from the service when empty
	Impact    Level     // medium when not said
	Urgency   Level     // medium when not said
	StartedAt time.Time // when it began, if known; now otherwise
	WarRoom   string
	Restrict  *Viewers // not nil: restricted from the first moment
}

// Edit changes editable fields; nil leaves a field as it is.
type Edit struct {
	Title, Summary, Service, WarRoom *string
	Impact, Urgency                  *Level
	Priority                         *Priority // set by hand, in place of what the matrix says
}

// Note is what a person adds to the timeline.
type Note struct {
	Text string
	Tag  Tag
}

// Update is a status update.
type Update struct {
	Text   string
	Public bool
	Next   time.Duration // until the next public one; 0 = what the policy says
}

// Filter selects incidents; zero fields select all.
type Filter struct {
	Open         *bool
	States       []State
	Priorities   []Priority
	Service      string
	Team         string
	Commander    int64
	Person       int64  // has a role or takes part
	Text         string // words of the title, prefix; or a key
	Parent       int64
	Persistent   bool
	From, Before time.Time // triggered in [From, Before)
	Sort         Sort

	ids []int64 // only these: candidates of a text
}

// Sort is the order of a list.
type Sort string

// The orders.
const (
	Newest     Sort = "newest"
	ByPriority Sort = "priority" // worst first, then newest
)
