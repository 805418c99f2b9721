package alert_test

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// Retention forgets ended firings that no incident tells of, and nothing else.
func TestSweepEpisodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := alert.New(d)
		now := time.Now()
		err := d.Write(ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
			tx.Unrecorded("rows of a test")
			for id, e := range []struct {
				incident int
				closed   time.Time
			}{{0, now.Add(-48 * time.Hour)}, {7, now.Add(-48 * time.Hour)}, {0, time.Time{}}, {0, now}} {
				if _, err := tx.Exec(`INSERT INTO alert_episode (id, alert_id, severity, summary, service, rule, group_key, group_text, incident_id, started_at, opened_at, closed_at)
					VALUES ($1, 1, 1, '', '', '', '', '', $2, 1, 1, $3)`, id+1, e.incident, db.Micros(e.closed)); err != nil {
					return err
				}
			}
			n, err := s.SweepEpisodes(tx, now.Add(-24*time.Hour), 10)
			if n != 1 {
				t.Errorf("%d dropped, want the one that is over, old and in no incident", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		dbtest.UsesIndex(t, d, "SELECT id FROM alert_episode WHERE incident_id = 0 AND closed_at > 0 AND closed_at < $1 ORDER BY closed_at LIMIT $2", 5, 5)
	})
}
