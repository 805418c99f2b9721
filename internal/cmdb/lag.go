package cmdb

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Behind is how old the oldest change is that this replica's graph has not taken
// in yet; 0 when it has all. While the graph is being loaded it is not known,
// and 0. It asks no actor: it is for metrics.
func (s *Service) Behind(q db.Querier, now time.Time) (time.Duration, error) {
	if !s.Ready() {
		return 0, nil
	}
	m := s.mem
	m.mu.Lock()
	top := m.top
	m.mu.Unlock()
	first, err := firstDeltaAfter(q, top)
	if err != nil || first == 0 {
		return 0, errs.Wrap("cmdb.behind", err)
	}
	return max(now.Sub(at(first)), 0), nil
}
