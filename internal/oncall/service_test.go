package oncall_test

import (
	"fmt"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func TestSchedules(t *testing.T) {
	each(t, func(c *crew) {
		jonas := c.as("jonas")
		s, err := c.Create(jonas, "payments", weekly("priya", "tom", "lena"))
		c.ok(err)
		if s.Version != 1 || s.Spec.Layers[0].Shifts[0][0] != "priya" {
			t.Errorf("created: %+v", s)
		}
		_, err = c.Create(jonas, "payments", weekly("priya"))
		c.refused("again", err, errs.Conflict, "")
		_, err = c.Create(c.as("tom"), "other", weekly("priya"))
		c.refused("a responder", err, errs.Forbidden, "")
		_, err = c.Create(jonas, "No Name", weekly("priya"))
		c.refused("name", err, errs.Invalid, "name")
		_, err = c.Create(jonas, "x", weekly("priya", "nobody"))
		c.refused("unknown handle", err, errs.Invalid, "layers[0].shifts[1][0]")
		c.KnownTeam = func(_ db.Querier, name string) (bool, error) { return name == "payments", nil }
		bad := weekly()
		bad.Team = "nobodys"
		_, err = c.Create(jonas, "x", bad)
		c.refused("empty rotation", err, errs.Invalid, "layers[0].shifts")
		if f := errs.As(err).Fields; f[len(f)-1].Name != "team" {
			t.Errorf("the team is not refused: %v", f)
		}

		if got := c.at("payments", "2026-06-03 12:00") + " " + c.at("payments", "2026-06-08 06:59") + " " + c.at("payments", "2026-06-08 07:00"); got != "priya priya tom" {
			t.Errorf("on call: %s", got)
		}
		two := weekly("tom", "lena")
		two.Team = "payments"
		_, err = c.Edit(jonas, "payments", 7, two)
		c.refused("stale", err, errs.Conflict, "")
		p, err := c.Preview(jonas, "payments", two, utc("2026-06-03 12:00"), utc("2026-06-17 12:00"))
		c.ok(err)
		if got := fmt.Sprint(len(p.Old), len(p.New), len(p.Gaps), len(p.People)); got != "3 3 0 2" || p.People[0].Person != c.ids["lena"] || p.People[1].After != 0 {
			t.Errorf("preview: %s %+v", got, p.People)
		}
		if s, err = c.Edit(jonas, "payments", 1, two); err != nil || s.Version != 2 || c.at("payments", "2026-06-03 12:00") != "tom" {
			t.Errorf("edited: %+v %v", s, err)
		}
		if s, err = c.Edit(jonas, "payments", 2, two); err != nil || s.Version != 2 {
			t.Errorf("an edit that changes nothing: %+v %v", s, err)
		}
		// A transaction sees its own changes; one that fails leaves nothing behind.
		fails := fmt.Errorf("no")
		err = c.db.Write(jonas, actor.Job("test"), "test", func(tx *db.Tx) error {
			if err := c.Apply(tx, "payments", weekly("mara"), "abc"); err != nil {
				return err
			}
			people, _, err := c.OnCall(tx, "payments", utc("2026-06-03 12:00"))
			if err != nil || c.handles(people) != "mara" {
				t.Errorf("inside: %v %v", people, err)
			}
			return fails
		})
		if err == nil || c.at("payments", "2026-06-03 12:00") != "tom" {
			t.Errorf("rolled back: %v %s", err, c.at("payments", "2026-06-03 12:00"))
		}
		_, err = c.Edit(jonas, "payments", 2, weekly("lena"))
		c.ok(err)
		if got := c.at("payments", "2026-06-03 12:00"); got != "lena" {
			t.Errorf("the version after a rolled back one: %s", got)
		}

		// Renaming somebody changes nothing; handles are shown as they are now.
		lena, err := c.people.Person(c.as("mara"), "lena")
		c.ok(err)
		_, err = c.people.UpdatePerson(c.as("mara"), lena.ID, lena.Version, auth.PersonEdit{Handle: "lena.k", Role: lena.Role, Profile: auth.Profile{Display: "Lena"}})
		c.ok(err)
		if s, err = c.Get(jonas, "payments"); err != nil || s.Spec.Layers[0].Shifts[0][0] != "lena.k" || s.Version != 3 {
			t.Errorf("renamed: %+v %v", s, err)
		}
		_, err = c.Create(jonas, "web", weekly("tom"))
		c.ok(err)
		if list, more, err := c.List(jonas, "", "", 1); err != nil || !more || len(list) != 1 || list[0].Name != "payments" {
			t.Errorf("a page: %v %v %v", list, more, err)
		}
		if now, more, err := c.WhoNow(jonas, oncall.Filter{Person: c.ids["tom"]}, "", 10); err != nil || more || len(now) != 1 || now[0].Schedule != "web" {
			t.Errorf("who now: %+v %v", now, err)
		}
		c.InUse = func(_ db.Querier, name string) ([]ref.Ref, error) {
			return []ref.Ref{ref.S(ref.Escalation, "payments")}, nil
		}
		c.refused("in use", c.Delete(jonas, "web"), errs.Conflict, "")
		c.InUse = nil
		c.ok(c.Delete(jonas, "web"))
		c.refused("again", c.Delete(jonas, "web"), errs.NotFound, "")
		_, err = c.Shifts(jonas, "web", utc("2026-06-03 12:00"), utc("2026-06-04 12:00"))
		c.refused("shifts of what was deleted", err, errs.NotFound, "")
		if s, err = c.Create(jonas, "web", weekly("priya")); err != nil || s.Version != 2 || c.at("web", "2026-06-03 12:00") != "priya" {
			t.Errorf("made anew: %+v %v", s, err)
		}
		busy := oncall.Spec{Zone: "UTC"}
		for _, minute := range []string{"00", "20", "40"} {
			busy.Layers = append(busy.Layers, oncall.LayerSpec{Start: "2026-06-01T00:" + minute, Every: "PT1H", Shifts: [][]string{{"tom"}, {"priya"}}, Beside: true})
		}
		_, err = c.Preview(jonas, "", busy, utc("2026-06-03 12:00"), utc("2027-06-30 12:00"))
		c.refused("more than 20,000 duties", err, errs.Invalid, "to")
		_, err = c.Preview(jonas, "", busy, utc("2026-06-03 12:00"), utc("2027-08-03 12:00"))
		c.refused("more than 400 days", err, errs.Invalid, "to")
		wide := two
		wide.Layers = []oncall.LayerSpec{{Start: "2026-06-01T09:00", Every: "P1D", Shifts: [][]string{{"tom"}}, Only: []oncall.WindowSpec{{From: "12:00", To: "10:00"}}}}
		p, err = c.Preview(jonas, "web", wide, utc("2026-06-03 12:00"), utc("2026-06-05 12:00"))
		c.ok(err)
		if got := say(p.NewGaps); got != "04 08:00–04 10:00 [] \n05 08:00–05 10:00 [] \n" {
			t.Errorf("new gaps:\n%s", got)
		}
		c.plans()
	})
}

// People who leave: nobody is paged who cannot be, and it shows.
func TestPeopleWhoLeave(t *testing.T) {
	each(t, func(c *crew) {
		jonas, mara := c.as("jonas"), c.as("mara")
		spec := weekly("priya")
		spec.Layers = append(spec.Layers, weekly("tom", "lena").Layers[0])
		_, err := c.Create(jonas, "payments", spec)
		c.ok(err)
		_, err = c.Create(jonas, "web", weekly("tom"))
		c.ok(err)
		_, err = c.Absence(c.as("tom"), oncall.NewAbsence{From: utc("2026-07-04 00:00"), To: utc("2026-07-06 00:00"), Reason: "surgery"})
		c.ok(err)
		secret, err := c.FeedToken(c.as("tom"), "")
		c.ok(err)
		if f, err := c.Feeds().Open(mara, secret, utc("2026-06-01 00:00"), utc("2026-06-30 00:00")); err != nil || len(f.Shifts) == 0 || f.Title != "Tom" || f.Names[c.ids["tom"]].Handle != "tom" {
			t.Errorf("feed: %+v %v", f, err)
		}
		if got := c.at("payments", "2026-06-03 12:00"); got != "tom" {
			t.Errorf("at first: %s", got)
		}
		_, err = c.people.Disable(mara, c.ids["tom"])
		c.ok(err)
		if got := c.at("payments", "2026-06-03 12:00") + "," + c.at("web", "2026-06-03 12:00"); got != "priya," {
			t.Errorf("disabled: %s", got)
		}
		holes, err := c.Holes(jonas, utc("2026-06-03 12:00"), utc("2026-06-10 00:00"))
		c.ok(err)
		if len(holes) != 2 || holes[0].Schedule != "web" || holes[0].Kind != oncall.HoleGone || holes[0].Covered || !holes[0].Until.IsZero() ||
			holes[1].Schedule != "payments" || holes[1].Kind != oncall.HoleGone || !holes[1].Covered {
			t.Errorf("holes: %+v", holes)
		}
		_, err = c.Create(jonas, "other", weekly("tom"))
		c.refused("a disabled person", err, errs.Invalid, "layers[0].shifts[0][0]")
		_, err = c.Cover(jonas, "payments", oncall.NewCover{Person: "tom", From: utc("2026-06-04 12:00"), To: utc("2026-06-05 11:00")})
		c.refused("a disabled person comes", err, errs.Invalid, "person")
		spec.Title = "Other"
		_, err = c.Edit(jonas, "payments", 1, spec) // they may stay where they are
		c.ok(err)
		if _, err := c.Feeds().Open(mara, secret, utc("2026-06-01 00:00"), utc("2026-06-30 00:00")); !errs.Is(err, errs.NotFound) {
			t.Errorf("the feed of who is gone: %v", err)
		}
		_, err = c.people.Enable(mara, c.ids["tom"])
		c.ok(err)
		for want := ref.N(ref.Person, c.ids["tom"]).String() + " person.enable"; <-c.seen != want; {
		}
		if got := c.at("web", "2026-06-03 12:00"); got != "tom" {
			t.Errorf("enabled again: %q", got)
		}
		_, err = c.people.Erase(mara, c.ids["tom"])
		c.ok(err)
		list, err := c.Covers(jonas, "web", utc("2026-07-01 00:00"), utc("2026-07-30 00:00"))
		if err != nil || len(list) != 1 || list[0].Reason != "" {
			t.Errorf("the reason is still there: %+v %v", list, err)
		}
		if got := c.at("web", "2026-06-03 12:00"); got != "" {
			t.Errorf("erased: %s", got)
		}
	})
}
