package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

var errPending = errs.E(errs.Unavailable, "the map is not ready")

// Import takes a run of a source.
func (s *Service) Import(ctx context.Context, h RunHeader, read func(Emit) ([]Remark, error)) (Run, Diff, error) {
	if _, err := actor.Require(ctx, actor.Ingest); err != nil {
		return Run{}, Diff{}, err
	}
	return Run{}, Diff{}, errPending
}

// Confirm lets a run that asks go on.
func (s *Service) Confirm(ctx context.Context, run int64) (Run, error) {
	_, err := actor.Require(ctx, actor.Configure)
	return Run{}, err
}

// Refuse ends a run that asks; nothing changes.
func (s *Service) Refuse(ctx context.Context, run int64) (Run, error) {
	_, err := actor.Require(ctx, actor.Configure)
	return Run{}, err
}

// Run returns a run.
func (s *Service) Run(ctx context.Context, id int64) (Run, error) {
	_, err := actor.Require(ctx, actor.Read)
	return Run{}, err
}

// Runs returns runs, newest first, before a number (0: from the newest), of a
// source ("": of all).
func (s *Service) Runs(ctx context.Context, source string, before int64, limit int) ([]Run, bool, error) {
	_, err := actor.Require(ctx, actor.Read)
	return nil, false, err
}

// Detail is an item with what surrounds it.
type Detail struct {
	Item
	Relations    []Related     // present and stale ones first, then those that are over
	Observations []Observation // what each source says
}

// Related is a relation of an item with the item at its other end.
type Related struct {
	Relation
	Other Item // without attributes and identifiers
	Out   bool // the item is its From
}

// Observation is what a source says of an item.
type Observation struct {
	ID        int64
	Source    string
	Scope     string
	Item      int64
	Pinned    bool // a person said that it belongs to the item
	Seen      Seen
	Run       int64 // that last changed it; 0 for none
	FirstSeen time.Time
	LastSeen  time.Time
	AbsentAt  time.Time // since when a complete run does not see it; zero: seen
}

// Get returns an item with its relations and observations.
func (s *Service) Get(ctx context.Context, id int64) (Detail, error) {
	_, err := actor.Require(ctx, actor.Read)
	return Detail{}, err
}

// Find returns the item that a text means: "CI-12", "arn=arn:aws:…",
// "database:orders" (kind and name), "checkout" (a name or any identifier's
// value). NotFound, or Invalid with the candidates when it means several.
func (s *Service) Find(ctx context.Context, text string) (Item, error) {
	_, err := actor.Require(ctx, actor.Read)
	return Item{}, err
}

// ByIdentifier returns the items that bear an identifier, oldest first.
func (s *Service) ByIdentifier(ctx context.Context, scheme, value string) ([]Item, error) {
	_, err := actor.Require(ctx, actor.Read)
	return nil, err
}

// Filter narrows a list of items; the zero Filter lists all that are not
// retired.
type Filter struct {
	Kind      string
	State     State // "": present and stale
	All       bool  // with State "": also retired ones
	Env       string
	Team      string
	Source    string // seen by this source
	Text      string // the name begins with it
	Conflicts bool   // sources differ about it
}

// List returns items by name, after a cursor ("": from the start), and the
// cursor of the next page ("": there is none).
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) ([]Item, string, error) {
	_, err := actor.Require(ctx, actor.Read)
	return nil, "", err
}

// Form is how an item was from one time to another.
type Form struct {
	Item
	Since, Until time.Time // Until zero: still
}

// History returns the forms of an item, newest first.
func (s *Service) History(ctx context.Context, id int64, limit int) ([]Form, error) {
	_, err := actor.Require(ctx, actor.Read)
	return nil, err
}

// AsOf returns an item as it was at a time, with its relations then.
func (s *Service) AsOf(ctx context.Context, id int64, at time.Time) (Detail, error) {
	_, err := actor.Require(ctx, actor.Read)
	return Detail{}, err
}

// Blast is what a failure of services does, for reactions.
type Blast struct {
	Down, Degraded, AtRisk int // items
	Services               []ServiceHit
	Teams                  []string // that own what is down or degraded, by name
}

// ServiceHit is a catalog service that is touched.
type ServiceHit struct {
	Service string // its name in the catalog
	Tier    int    // -1: the catalog does not know it
	Team    string
	Level   string // "down", "degraded", "at-risk"
	Item    int64
}

// ImpactOf says what breaks if the services are down. It asks no actor: it is
// for reactions inside the product.
func (s *Service) ImpactOf(q db.Querier, services []string) (Blast, error) {
	return Blast{}, errPending
}

// DigestOf is the digest of a record's present content, for the comparison of
// the evidence with the tables.
func (s *Service) DigestOf(q db.Querier, key string) (string, error) { return "", errPending }

// Due is the practice's work that time brings.
func (s *Service) Due() job.Source { return job.Source{Name: "cmdb"} }
