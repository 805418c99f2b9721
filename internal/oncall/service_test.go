package oncall_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// crew is Harbour & Co with an on-call service, and a clock.
type crew struct {
	*testing.T
	*oncall.Service
	people *auth.Service
	db     *db.DB
	ids    map[string]int64
	seen   chan string // what the change feed told
	mu     sync.Mutex
	now    time.Time
}

func (c *crew) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *crew) set(s string)   { c.mu.Lock(); defer c.mu.Unlock(); c.now = utc(s) }

func (c *crew) as(name string) context.Context {
	role := map[string]actor.Role{"mara": actor.Admin, "jonas": actor.Manager, "omar": actor.Auditor}[name]
	if role == "" {
		role = actor.Responder
	}
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: c.ids[name], Person: c.ids[name], Role: role})
}

func (c *crew) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// refused checks kind and, if not empty, the first field.
func (c *crew) refused(what string, err error, kind errs.Kind, field string) {
	c.Helper()
	if !errs.Is(err, kind) {
		c.Errorf("%s: %v, want %v", what, err, kind)
		return
	}
	if field == "" {
		return
	}
	f := errs.As(err).Fields
	if len(f) == 0 || f[0].Name != field || f[0].Remedy == "" {
		c.Errorf("%s: fields %v, want %s", what, f, field)
	}
}

// at says who is on call at a time.
func (c *crew) at(schedule, when string) (out string) {
	c.Helper()
	c.ok(c.db.Read(context.Background(), func(q db.Querier) error {
		people, _, err := c.OnCall(q, schedule, utc(when))
		out = c.handles(people)
		return err
	}))
	return out
}

func (c *crew) handles(people []int64) string {
	var list []string
	for _, p := range people {
		for name, id := range c.ids {
			if id == p {
				list = append(list, name)
			}
		}
	}
	return strings.Join(list, "+")
}

func weekly(people ...string) oncall.Spec {
	l := oncall.LayerSpec{Name: "primary", Start: "2026-06-01T09:00", Every: "P1W"}
	for _, p := range people {
		l.Shifts = append(l.Shifts, []string{p})
	}
	return oncall.Spec{Title: "Payments", Team: "", Zone: "Europe/Berlin", Layers: []oncall.LayerSpec{l}}
}

// each runs f with a fresh organisation on both databases.
func each(t *testing.T, f func(c *crew)) {
	t.Parallel()
	c := &crew{now: utc("2026-06-03 12:00")}
	dbtest.EachWith(t, c.Now, func(t *testing.T, d *db.DB) {
		c.set("2026-06-03 12:00")
		c.T, c.db, c.ids, c.seen = t, d, map[string]int64{}, make(chan string, 1000)
		var err error
		c.people, _, err = auth.New(d, auth.Config{})
		c.ok(err)
		ctx := actor.With(context.Background(), actor.Job("test"))
		for _, name := range []string{"mara", "jonas", "priya", "tom", "lena", "omar"} {
			p, _, err := c.people.CreatePerson(ctx, auth.PersonEdit{Handle: name, Role: actor.Responder, Profile: auth.Profile{Display: strings.ToUpper(name[:1]) + name[1:]}})
			c.ok(err)
			c.ids[name] = p.ID
		}
		c.Service = oncall.New(d)
		d.OnChange(func(list []db.Change) { // after the service's own listener
			for _, ch := range list {
				c.seen <- ch.Record + " " + ch.Action
			}
		})
		c.people.Reactions.PersonDisabled = append(c.people.Reactions.PersonDisabled, c.PersonDisabled)
		c.people.Reactions.PersonErased = append(c.people.Reactions.PersonErased, c.PersonErased)
		f(c)
		c.contentMatchesEvidence()
		c.booksAgree()
	})
}

// booksAgree checks that what was compiled change by change is what another
// replica, which begins with nothing, compiles.
func (c *crew) booksAgree() {
	c.Helper()
	fresh := oncall.New(c.db)
	c.ok(c.db.Read(context.Background(), func(q db.Querier) error {
		have, err := c.Schedules(q)
		if err != nil {
			return err
		}
		want, err := fresh.Schedules(q)
		if err != nil {
			return err
		}
		if !slices.Equal(have.Names(), want.Names()) {
			c.Errorf("schedules %v, stored %v", have.Names(), want.Names())
			return nil
		}
		for _, name := range want.Names() {
			a, _ := have.Rota(name)
			b, _ := want.Rota(name)
			x, y := say(a.Between(utc("2026-05-25 00:00"), utc("2026-08-01 00:00"))), say(b.Between(utc("2026-05-25 00:00"), utc("2026-08-01 00:00")))
			same(c.T, name+" as kept and as stored", x, y)
		}
		return nil
	}))
}

// contentMatchesEvidence checks that each record is what its last entry says.
func (c *crew) contentMatchesEvidence() {
	c.Helper()
	c.ok(c.db.Read(context.Background(), func(q db.Querier) error {
		type row struct{ record, entry string }
		rows, err := db.Collect(q, func(r *db.Rows) (x row, err error) {
			var e []byte
			err = r.Scan(&x.record, &e)
			x.entry = string(e)
			return x, err
		}, "SELECT record, entry FROM evidence ORDER BY leaf_id")
		if err != nil {
			return err
		}
		last := map[string]string{}
		for _, r := range rows {
			last[r.record] = r.entry
		}
		seen := 0
		for record, entry := range last {
			r, err := ref.Parse(record)
			if err != nil || r.Kind != ref.Schedule && r.Kind != ref.Cover {
				continue
			}
			seen++
			var e struct {
				After string `json:"after"`
			}
			if err := json.Unmarshal([]byte(entry), &e); err != nil {
				return err
			}
			digest, err := oncall.DigestOf(q, r)
			if errs.Is(err, errs.NotFound) {
				err = nil
			}
			if err != nil || digest != e.After {
				c.Errorf("%s: content %q, evidence %q (%v)", record, digest, e.After, err)
			}
		}
		if seen == 0 {
			c.Error("no evidence")
		}
		return nil
	}))
}

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
