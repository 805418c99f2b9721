package audit

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// A clock that is put back does not keep the log unsigned and unchecked until
// it is there again.
func TestClockPutBack(t *testing.T) {
	now := time.Now()
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		b.write(3)
		runs := func(what string, want int) {
			t.Helper()
			for _, s := range []struct {
				name string
				run  func() (int, error)
			}{{"signing", func() (int, error) { return b.s.Signer().Run(b.ctx, d) }}, {"checking", func() (int, error) { return b.s.Checker().Run(b.ctx, d) }}} {
				if n, err := s.run(); n != want || err != nil {
					t.Errorf("%s %s: %d %v, want %d", s.name, what, n, err, want)
				}
			}
		}
		runs("at first", 1)
		b.write(3)
		runs("too early", 0)
		now = now.Add(-30 * 24 * time.Hour)
		runs("a month before", 1)
		now = now.Add(30 * 24 * time.Hour)
	})
}
