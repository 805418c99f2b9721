package oncall_test

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// TestTeamDuties: a team's duties are cut to the time asked about, and known
// only since the last edit of its schedules.
func TestTeamDuties(t *testing.T) {
	each(t, func(c *crew) {
		own := weekly("mara", "jonas")
		own.Team = "payments"
		_, err := c.Create(c.as("mara"), "payments", own)
		c.ok(err)
		_, err = c.Create(c.as("mara"), "other", weekly("tom"))
		c.ok(err)
		read := func(team, from, to string) (out []oncall.Shift, since time.Time) {
			c.ok(c.db.Read(context.Background(), func(q db.Querier) (err error) {
				out, since, err = c.TeamDuties(q, team, utc(from), utc(to))
				return err
			}))
			return out, since
		}
		c.set("2026-07-01 12:00")
		list, since := read("payments", "2026-06-10 00:00", "2026-06-20 00:00")
		if len(list) != 2 || !since.Equal(utc("2026-06-10 00:00")) || !list[0].From.Equal(since) || !list[1].Until.Equal(utc("2026-06-20 00:00")) ||
			!list[0].Until.Equal(list[1].From) || c.handles(list[0].People) != "jonas" || list[0].Schedule != "payments" {
			c.Errorf("since %s: %+v", since, list)
		}
		if list, since := read("payments", "2026-06-01 00:00", "2026-06-20 00:00"); !since.Equal(utc("2026-06-03 12:00")) || !list[0].From.Equal(since) {
			c.Errorf("before it was made: since %s, %+v", since, list)
		}
		if list, since := read("payments", "2026-05-01 00:00", "2026-06-01 00:00"); len(list) != 0 || !since.Equal(utc("2026-06-03 12:00")) {
			c.Errorf("all before it was made: since %s, %+v", since, list)
		}
		if list, since := read("nobody", "2026-06-01 00:00", "2026-06-20 00:00"); len(list) != 0 || !since.Equal(utc("2026-06-20 00:00")) {
			c.Errorf("no schedule: since %s, %+v", since, list)
		}
	})
}
