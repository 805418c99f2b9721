package cmdb

import (
	"context"
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
