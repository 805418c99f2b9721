package calendar_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func as(role actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: role})
}

func want(t *testing.T, what string, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func TestStoredCalendars(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := calendar.New(d), as(actor.Manager)
		names := func() string {
			list, _, err := s.List(ctx, "", 50)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, c := range list {
				out = append(out, c.Name)
			}
			return strings.Join(out, " ")
		}
		byName := func(name string) (c *calendar.Calendar, err error) {
			err = d.Read(ctx, func(q db.Querier) error { c, err = s.ByName(q, name); return err })
			return c, err
		}
		if got := names(); got != "always business" {
			t.Errorf("at first: %s", got)
		}
		friday := utc("2026-11-20 16:00")
		due := func(name string) string {
			c, err := byName(name)
			if err != nil {
				t.Fatal(err)
			}
			at, _ := c.Add(friday, 2*time.Hour)
			return at.Format("Mon 15:04")
		}
		if due("") != "Mon 10:00" || due("business") != "Mon 10:00" || due("always") != "Fri 18:00" {
			t.Errorf("built in: %s %s", due(""), due("always"))
		}
		berlin := calendar.BusinessSpec
		berlin.Zone = "Europe/Berlin"
		if _, err := s.Create(ctx, "berlin", berlin); err != nil {
			t.Fatal(err)
		}
		if due("berlin") != "Mon 10:00" {
			t.Errorf("berlin: %s", due("berlin"))
		}
		_, err := s.Create(ctx, "berlin", berlin)
		want(t, "create again", err, errs.Conflict)
		_, err = s.Create(ctx, "always", berlin)
		want(t, "create always", err, errs.Invalid)
		_, err = s.Create(ctx, "x", calendar.Spec{Zone: "Mars"})
		want(t, "create on Mars", err, errs.Invalid)
		_, err = s.Create(as(actor.Responder), "x", berlin)
		want(t, "a responder creates", err, errs.Forbidden)

		// The built-in one is edited from version 0; its clocks follow at once.
		b, err := s.Get(ctx, "business")
		if err != nil || b.Version != 0 {
			t.Fatalf("%+v %v", b, err)
		}
		longer := calendar.BusinessSpec
		longer.Hours.Friday = []string{"09:00-20:00"}
		if b, err = s.Edit(ctx, "business", 0, longer); err != nil || b.Version != 1 || due("") != "Fri 18:00" {
			t.Errorf("edited: %+v %v %s", b, err, due(""))
		}
		_, err = s.Edit(ctx, "business", 0, longer)
		want(t, "stale edit", err, errs.Conflict)
		if b, err = s.Edit(ctx, "business", 1, longer); err != nil || b.Version != 1 {
			t.Errorf("an edit that changes nothing: %+v %v", b, err)
		}
		if err := s.Delete(ctx, "business"); err != nil || due("") != "Mon 10:00" {
			t.Errorf("put back: %v %s", err, due(""))
		}
		want(t, "content of what was deleted", d.Read(ctx, func(q db.Querier) error {
			_, err := calendar.DigestOf(q, ref.S(ref.Calendar, "business"))
			return err
		}), errs.NotFound)
		want(t, "delete what is built in", s.Delete(ctx, "business"), errs.Conflict)
		want(t, "delete always", s.Delete(ctx, "always"), errs.Conflict)
		want(t, "delete nothing", s.Delete(ctx, "nothing"), errs.NotFound)
		_, err = byName("nothing")
		want(t, "no such calendar", err, errs.NotFound)

		s.InUse = func(_ db.Querier, name string) ([]ref.Ref, error) { return []ref.Ref{ref.S(ref.Team, "payments")}, nil }
		if err := s.Delete(ctx, "berlin"); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "TEAM payments uses it") {
			t.Errorf("delete what is used: %v", err)
		}
		if list, more, err := s.List(ctx, "always", 1); err != nil || !more || len(list) != 1 || list[0].Name != "berlin" {
			t.Errorf("a page: %v %v %v", list, more, err)
		}
		if got := names(); got != "always berlin business" {
			t.Errorf("at last: %s", got)
		}
		dbtest.UsesIndex(t, d, calendar.ListSQL, "", 10)
	})
}
