package oncall_test

import (
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

func (c *crew) plans() {
	for query, args := range map[string][]any{
		oncall.ListSQL: {"", 10}, oncall.ListTeamSQL: {"payments", "", 10}, oncall.ChangedSQL: {int64(3)}, oncall.ChangedCoversSQL: {int64(3)},
		oncall.CoversSinceSQL: {int64(0), int64(0), 10}, oncall.CoversTimeSQL: {"payments", int64(0), int64(9), 10}, oncall.CoversOfSQL: {int64(1), int64(0), 10},
		oncall.CoversBySQL: {int64(1), int64(0), 10}, oncall.OpenOffersSQL: {int64(0), 10}, oncall.OffersOfSQL: {int64(1), 10}, oncall.FeedSQL: {[]byte("x")},
	} {
		dbtest.UsesIndex(c, c.db, query, args...)
	}
}

func TestCoversAndAbsences(t *testing.T) {
	each(t, func(c *crew) {
		jonas, tom := c.as("jonas"), c.as("tom")
		_, err := c.Create(jonas, "payments", weekly("priya", "tom"))
		c.ok(err)
		_, err = c.Create(jonas, "web", weekly("priya"))
		c.ok(err)
		for field, n := range map[string]oncall.NewCover{
			"to":      {Person: "tom", From: utc("2026-06-04 12:00"), To: utc("2026-06-04 12:00")},
			"person":  {Person: "nobody", From: utc("2026-06-04 12:00"), To: utc("2026-06-04 13:00")},
			"instead": {Person: "tom", Instead: "lena", From: utc("2026-06-04 12:00"), To: utc("2026-06-04 13:00")},
			"from":    {Person: "tom", To: utc("2026-06-04 13:00")},
			"reason":  {Person: "tom", From: utc("2026-06-04 12:00"), To: utc("2026-06-04 13:00"), Reason: strings.Repeat("x", 301)},
		} {
			_, err := c.Cover(tom, "payments", n)
			c.refused("cover "+field, err, errs.Invalid, field)
		}
		_, err = c.Cover(tom, "payments", oncall.NewCover{From: utc("2026-06-04 12:00"), To: utc("2027-06-06 13:00")})
		c.refused("more than a year", err, errs.Invalid, "to")
		_, err = c.Cover(tom, "payments", oncall.NewCover{From: utc("2026-06-02 12:00"), To: utc("2026-06-03 11:00")})
		c.refused("over already", err, errs.Invalid, "to")
		_, err = c.Cover(tom, "nothing", oncall.NewCover{From: utc("2026-06-04 12:00"), To: utc("2026-06-05 11:00")})
		c.refused("no schedule", err, errs.NotFound, "")
		_, err = c.Cover(c.as("omar"), "payments", oncall.NewCover{From: utc("2026-06-04 12:00"), To: utc("2026-06-05 11:00")})
		c.refused("an auditor", err, errs.Forbidden, "")

		cov, err := c.Cover(tom, "payments", oncall.NewCover{Person: "me", Instead: "priya", From: utc("2026-06-03 10:00"), To: utc("2026-06-03 20:00"), Reason: "dentist"})
		c.ok(err)
		if cov.From != utc("2026-06-03 12:00") {
			t.Errorf("the past is changed: from %v", cov.From)
		}
		if got := c.at("payments", "2026-06-03 11:00") + c.at("payments", "2026-06-03 12:00") + c.at("payments", "2026-06-03 20:00"); got != "priyatompriya" {
			t.Errorf("covered: %s", got)
		}
		c.set("2026-06-03 14:00")
		_, err = c.Uncover(c.as("lena"), cov.ID)
		c.refused("somebody else takes it back", err, errs.Forbidden, "")
		if cov, err = c.Uncover(c.as("priya"), cov.ID); err != nil || cov.To != utc("2026-06-03 14:00") || !cov.Removed.IsZero() {
			t.Errorf("one that runs: %+v %v", cov, err)
		}
		_, err = c.Uncover(jonas, cov.ID)
		c.refused("one that is over", err, errs.Conflict, "")
		next, err := c.Cover(jonas, "payments", oncall.NewCover{Person: "lena", From: utc("2026-06-05 10:00"), To: utc("2026-06-05 20:00")})
		c.ok(err)
		if list, err := c.Covers(tom, "payments", utc("2026-06-01 00:00"), utc("2026-07-01 00:00")); err != nil || len(list) != 2 {
			t.Errorf("covers: %+v %v", list, err)
		}
		if mine, err := c.Mine(c.as("lena"), utc("2026-06-01 00:00"), utc("2026-07-01 00:00")); err != nil || len(mine) != 1 || mine[0].Cover != next.ID {
			t.Errorf("lena's shifts: %+v %v", mine, err)
		}
		if _, err = c.Uncover(c.as("lena"), next.ID); err != nil || c.at("payments", "2026-06-05 12:00") != "priya" {
			t.Errorf("one to come: %v", err)
		}

		// Away, from every schedule.
		_, err = c.Absence(tom, oncall.NewAbsence{Person: "priya", From: utc("2026-06-04 00:00"), To: utc("2026-06-05 00:00")})
		c.refused("somebody else is away", err, errs.Forbidden, "")
		_, err = c.Absence(c.as("priya"), oncall.NewAbsence{From: utc("2026-06-04 00:00"), To: utc("2026-06-06 00:00"), Reason: "family"})
		c.ok(err)
		if got := c.at("payments", "2026-06-04 12:00") + c.at("web", "2026-06-04 12:00"); got != "" {
			t.Errorf("away: %s", got)
		}
		holes, err := c.Holes(jonas, utc("2026-06-03 14:00"), utc("2026-06-10 00:00"))
		c.ok(err)
		if len(holes) != 2 || holes[0].Kind != oncall.HoleAway || holes[0].From != utc("2026-06-04 00:00") || holes[0].Until != utc("2026-06-06 00:00") || holes[0].People[0] != c.ids["priya"] {
			t.Errorf("holes: %+v", holes)
		}
		_, err = c.Cover(jonas, "payments", oncall.NewCover{Person: "lena", Instead: "priya", From: utc("2026-06-04 00:00"), To: utc("2026-06-06 00:00")})
		c.ok(err)
		if holes, err = c.Holes(jonas, utc("2026-06-03 14:00"), utc("2026-06-10 00:00")); err != nil || len(holes) != 1 || holes[0].Schedule != "web" {
			t.Errorf("somebody stands in: %+v %v", holes, err)
		}
		loads, err := c.Fairness(jonas, "payments", utc("2026-06-01 00:00"), utc("2026-06-15 07:00"))
		c.ok(err)
		if len(loads) != 3 || c.handles([]int64{loads[0].Person}) != "tom" || loads[0].Time != (7*24+2)*time.Hour || loads[2].Time != 48*time.Hour || loads[0].Pages != -1 {
			t.Errorf("fairness: %+v", loads)
		}
	})
}

func TestSwaps(t *testing.T) {
	each(t, func(c *crew) {
		priya, tom, lena := c.as("priya"), c.as("tom"), c.as("lena")
		_, err := c.Create(c.as("jonas"), "payments", weekly("priya", "tom", "lena"))
		c.ok(err)
		told := 0
		c.Told = func(*db.Tx, oncall.Offer) error { told++; return nil }
		day := func(n int) time.Time { return utc("2026-06-01 00:00").AddDate(0, 0, n) }
		_, err = c.OfferSwap(tom, "payments", oncall.NewOffer{From: day(3), Until: day(4)})
		c.refused("not tom's shift", err, errs.Invalid, "from")
		_, err = c.OfferSwap(priya, "payments", oncall.NewOffer{To: "tom", From: day(3), Until: day(4), ReturnFrom: day(4), ReturnTo: day(5)})
		c.refused("tom has none to return", err, errs.Invalid, "return_from")
		_, err = c.OfferSwap(priya, "payments", oncall.NewOffer{To: "tom", From: day(3), Until: day(5), ReturnFrom: day(4), ReturnTo: day(9)})
		c.refused("overlap", err, errs.Invalid, "return_from")
		_, err = c.OfferSwap(priya, "payments", oncall.NewOffer{To: "priya", From: day(3), Until: day(5)})
		c.refused("to oneself", err, errs.Invalid, "to")

		o, err := c.OfferSwap(priya, "payments", oncall.NewOffer{To: "tom", From: day(3), Until: day(4), ReturnFrom: day(9), ReturnTo: day(10), Note: "concert"})
		c.ok(err)
		_, err = c.AcceptSwap(lena, o.ID)
		c.refused("offered to tom", err, errs.Forbidden, "")
		_, err = c.AcceptSwap(priya, o.ID)
		c.refused("one's own", err, errs.Conflict, "")
		if list, err := c.Swaps(tom); err != nil || len(list) != 1 {
			t.Errorf("tom's offers: %v %v", list, err)
		}
		if list, err := c.Swaps(lena); err != nil || len(list) != 0 {
			t.Errorf("lena's offers: %v %v", list, err)
		}
		if o, err = c.AcceptSwap(tom, o.ID); err != nil || o.State != oncall.Accepted || len(o.Covers) != 2 {
			t.Errorf("accepted: %+v %v", o, err)
		}
		if got := c.at("payments", "2026-06-04 12:00") + c.at("payments", "2026-06-05 12:00") + c.at("payments", "2026-06-10 12:00"); got != "tompriyapriya" {
			t.Errorf("after the swap: %s", got)
		}
		_, err = c.AcceptSwap(tom, o.ID)
		c.refused("twice", err, errs.Conflict, "")
		_, err = c.OfferSwap(priya, "payments", oncall.NewOffer{From: day(3), Until: day(4)})
		c.refused("a shift given away", err, errs.Invalid, "from")

		o, err = c.OfferSwap(tom, "payments", oncall.NewOffer{From: day(3), Until: day(4)}) // it is his now
		c.ok(err)
		_, err = c.DeclineSwap(lena, o.ID)
		c.refused("offered to all", err, errs.Conflict, "")
		if o, err = c.AcceptSwap(lena, o.ID); err != nil || c.at("payments", "2026-06-04 12:00") != "lena" {
			t.Errorf("passed on: %+v %v %s", o, err, c.at("payments", "2026-06-04 12:00"))
		}
		o, err = c.OfferSwap(priya, "payments", oncall.NewOffer{From: day(5), Until: day(6), To: "lena"})
		c.ok(err)
		if o, err = c.DeclineSwap(lena, o.ID); err != nil || o.State != oncall.Declined {
			t.Errorf("declined: %+v %v", o, err)
		}
		o, err = c.OfferSwap(priya, "payments", oncall.NewOffer{From: day(5), Until: day(6)})
		c.ok(err)
		c.set("2026-06-07 12:00")
		_, err = c.AcceptSwap(lena, o.ID)
		c.refused("over", err, errs.Conflict, "")
		if told != 7 {
			t.Errorf("told %d times", told)
		}
	})
}
