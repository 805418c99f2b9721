package alert

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const sweepEpisodes = `DELETE FROM alert_episode WHERE id IN (
	SELECT id FROM alert_episode WHERE incident_id = 0 AND closed_at > 0 AND closed_at < $1 ORDER BY closed_at LIMIT $2)`

// SweepEpisodes drops up to limit firings that ended before a time and that no
// incident tells of; an alert itself, and what incidents hold, stay. It is a
// policy of retention and records nothing itself.
func (s *Service) SweepEpisodes(tx *db.Tx, before time.Time, limit int) (int64, error) {
	return tx.Exec(sweepEpisodes, db.Micros(before), limit)
}
