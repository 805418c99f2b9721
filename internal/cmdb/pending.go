package cmdb

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

var errPending = errs.E(errs.Unavailable, "the map is not ready")

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

