package notify

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Unreached is an urgent notice of which every message is a dead letter.
type Unreached struct {
	Key    string
	Record ref.Ref
	Reason string
	Since  time.Time // when it was given
}

// Unreached lists urgent notices given since a time that reached nobody, newest
// first, at most 100. It checks no permission.
func (s *Service) Unreached(q db.Querier, since time.Time) ([]Unreached, error) {
	return unreached(q, since, watchLimit)
}

// Look is Watch inside a snapshot or transaction; it checks no permission.
func (s *Service) Look(q db.Querier, now time.Time) (Watch, error) { return s.watch(q, now) }
