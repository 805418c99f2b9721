package scorecard_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"

	"github.com/evenkeel/evenkeel/internal/auth"
)

type teams struct{}

func (teams) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamByName(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

type bundle struct {
	*testing.T
	*scorecard.Service
	d       *db.DB
	catalog *catalog.Catalog
	ctx     context.Context
	people  int // that the source says every team has
	now     *time.Time
}

func each(t *testing.T, f func(b *bundle)) {
	now := time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		people, _, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		b := &bundle{T: t, d: d, ctx: actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin}), people: 3, now: &now}
		if _, err := people.CreateTeam(b.ctx, "shop", auth.TeamEdit{}); err != nil {
			t.Fatal(err)
		}
		b.catalog = catalog.New(d, teams{})
		b.Service = scorecard.New(d, b.catalog)
		b.Provide(func(_ db.Querier, list []catalog.Service, _ time.Time) (map[string]scorecard.Values, error) {
			out := map[string]scorecard.Values{}
			for _, s := range list {
				out[s.Name] = scorecard.Values{"owner.people": scorecard.Number(b.people, "people"), "oncall.policy": scorecard.Yes(true, "set", "none"),
					"oncall.people": scorecard.Number(2, "people"), "oncall.gap_hours": scorecard.Number(0, "h")}
			}
			return out, nil
		}, "owner.people", "oncall.policy", "oncall.people", "oncall.gap_hours")
		f(b)
	})
}

func (b *bundle) add(name string, e catalog.Edit) catalog.Service {
	b.Helper()
	e.Team = "shop"
	s, err := b.catalog.Create(b.ctx, name, e)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// round measures everything that is due.
func (b *bundle) round() (n int) {
	b.Helper()
	for {
		done, err := b.Due().Run(context.Background(), b.d)
		if err != nil {
			b.Fatal(err)
		}
		if done == 0 {
			return n
		}
		n += done
		if n > 10_000 {
			b.Fatal("the round does not end")
		}
	}
}

func (b *bundle) of(service string) scorecard.Look {
	b.Helper()
	list, err := b.Of(b.ctx, service)
	if err != nil || len(list) != 1 {
		b.Fatalf("%s: %+v %v", service, list, err)
	}
	return list[0]
}

func TestServiceClimbs(t *testing.T) {
	each(t, func(b *bundle) {
		s := b.add("checkout", catalog.Edit{Tier: 0})
		l := b.of("checkout")
		level, next := l.Card.Next(l.Standing)
		if l.Card.Name != "vital" || l.Level != scorecard.None || level != scorecard.Bronze || next[0].Check.ID != "promise" || next[1].Check.ID != "runbook" {
			b.Errorf("%+v %v %+v", l.Standing, level, next)
		}
		e := s.Edit()
		e.Promise, e.Links = "Kept.", []catalog.Link{{Kind: catalog.Runbook, Title: "Restart", URL: "https://wiki.harbour.example/r"}}
		s, err := b.catalog.Edit(b.ctx, "checkout", 1, e)
		if err != nil {
			b.Fatal(err)
		}
		l = b.of("checkout")
		if level, next = l.Card.Next(l.Standing); l.Level != scorecard.Bronze || level != scorecard.Silver || next[0].Result.State != scorecard.Unclear || next[0].Result.Fact != "no day on “Restart”" {
			b.Errorf("%+v %v %+v", l.Standing, level, next)
		}
		e = s.Edit()
		e.Links[0].Checked, e.DependsOn = "2026-09-21", []catalog.Dependency{{On: "payments"}}
		b.add("payments", catalog.Edit{Tier: 1})
		if _, err = b.catalog.Edit(b.ctx, "checkout", 2, e); err != nil {
			b.Fatal(err)
		}
		if l = b.of("checkout"); l.Level != scorecard.Silver || l.Passed != 9 || l.Counted != 11 {
			b.Errorf("%+v", l.Standing)
		}
		b.people = 0
		if l = b.of("checkout"); l.Level != scorecard.None {
			b.Errorf("without people: %+v", l.Standing)
		}
	})
}

func TestRoundsAndTrend(t *testing.T) {
	each(t, func(b *bundle) {
		for i := range 130 {
			b.add(fmt.Sprintf("s%03d", i), catalog.Edit{Tier: i % 4, Promise: "Kept."})
		}
		*b.now = b.now.Add(time.Minute)
		if n := b.round(); n != 130 {
			b.Errorf("measured %d", n)
		}
		if n := b.round(); n != 0 {
			b.Errorf("measured again at once: %d", n)
		}
		list, more, err := b.Standings(b.ctx, scorecard.Filter{Card: "standard"}, "s002", 10)
		if err != nil || len(list) != 10 || !more || list[0].Service != "s003" || list[0].Level != scorecard.Bronze {
			b.Errorf("%+v %v %v", list, more, err)
		}
		if list, more, err = b.Standings(b.ctx, scorecard.Filter{Card: "vital", Team: "shop"}, "", 100); err != nil || len(list) != 66 || more {
			b.Errorf("%d %v %v", len(list), more, err)
		}
		levels, err := b.LevelsOf(b.ctx, []string{"s000", "s002", "nothing"})
		if d := cmp.Diff(map[string]scorecard.Level{"s000": scorecard.None, "s002": scorecard.Bronze}, levels); d != "" || err != nil {
			b.Errorf("%s %v", d, err)
		}
		for range 3 { // days go by
			*b.now = b.now.Add(24 * time.Hour)
			b.round()
		}
		if l := b.of("s002"); len(l.Trend) != 4 || l.Trend[3].Level != scorecard.Bronze {
			b.Errorf("%+v", l.Trend)
		}
		// A change is measured soon, and what is retired is forgotten.
		if _, err := b.catalog.Retire(b.ctx, "s002"); err != nil {
			b.Fatal(err)
		}
		*b.now = b.now.Add(3 * time.Second)
		if n := b.round(); n != 129 {
			b.Errorf("after a change: %d", n)
		}
		if levels, _ := b.LevelsOf(b.ctx, []string{"s002"}); len(levels) != 0 {
			b.Errorf("%v", levels)
		}
		// A card that stops to apply leaves nothing behind.
		if _, err := b.Put(b.ctx, "standard", 0, scorecard.Spec{Applies: "service.tier == 3", Checks: []scorecard.Check{{ID: "x", Title: "x", Rule: "promise.written"}}}); err != nil {
			b.Fatal(err)
		}
		*b.now = b.now.Add(3 * time.Second)
		b.round()
		if levels, _ := b.LevelsOf(b.ctx, []string{"s006", "s007"}); len(levels) != 1 {
			b.Errorf("%v", levels)
		}
		for _, f := range []scorecard.Filter{{Card: "vital"}, {Card: "vital", Team: "shop"}} {
			args := []any{f.Card, "", 10}
			if f.Team != "" {
				args = append(args, f.Team)
			}
			dbtest.UsesIndex(b.T, b.d, scorecard.StandingsSQL(f), args...)
		}
	})
}

func TestCards(t *testing.T) {
	each(t, func(b *bundle) {
		sp := scorecard.Spec{Title: "Ours", Checks: []scorecard.Check{{ID: "x", Title: "Described", Rule: "description.written"}}}
		c, err := b.Put(b.ctx, "vital", 1, sp) // the version that is shown of what comes with the program
		if err != nil || c.Version != 2 || c.Shipped {
			b.Fatalf("%+v %v", c, err)
		}
		if _, err := b.Put(b.ctx, "vital", 7, sp); !errs.Is(err, errs.Conflict) {
			b.Errorf("stale: %v", err)
		}
		if _, err := b.Put(b.ctx, "vital", 1, sp); !errs.Is(err, errs.Conflict) {
			b.Errorf("an edit of the program's card over the one in its place: %v", err)
		}
		if same, err := b.Put(b.ctx, "vital", 2, sp); err != nil || same.Version != 2 {
			b.Errorf("nothing changed: %+v %v", same, err)
		}
		if _, err := b.Put(b.ctx, "bad", 0, scorecard.Spec{Checks: []scorecard.Check{{ID: "x", Title: "x", Rule: "runbook.count >"}}}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "line 1, column") {
			b.Errorf("%v", err)
		}
		all, err := b.Cards(b.ctx)
		if err != nil || len(all) != 2 || all[0].Name != "standard" || !all[0].Shipped || all[1].Shipped {
			b.Errorf("%+v %v", all, err)
		}
		b.add("checkout", catalog.Edit{Tier: 0})
		_, tried, more, err := b.Try(b.ctx, scorecard.Spec{Checks: []scorecard.Check{{ID: "x", Title: "x", Rule: "promise.written"}}}, 10)
		if err != nil || len(tried) != 1 || more || tried[0].Results[0].State != scorecard.Failed {
			b.Errorf("%+v %v", tried, err)
		}
		_, one, applies, err := b.TryOn(b.ctx, scorecard.Spec{Applies: "service.tier > 2", Checks: []scorecard.Check{{ID: "x", Title: "x", Rule: "promise.written || runbook.count == 0"}}}, "checkout")
		if err != nil || applies || one.Level != scorecard.Bronze || one.Passed != 1 {
			b.Errorf("tried on one service: %+v %v %v", one, applies, err)
		}
		if _, _, _, err := b.TryOn(b.ctx, scorecard.Spec{Checks: []scorecard.Check{{ID: "x", Title: "x", Rule: "promise.written"}}}, "nothing"); !errs.Is(err, errs.NotFound) {
			b.Errorf("tried on nothing: %v", err)
		}
		facts, err := b.FactsOf(b.ctx, "checkout")
		if err != nil || len(facts) != len(scorecard.Facts) || facts[0].Value != `"checkout"` || facts[0].Text != "" || facts[4].Value != "false" || !facts[4].Known {
			b.Errorf("%+v %v", facts, err)
		}
		for _, f := range facts {
			if f.Known != (f.Value != "") || !f.Known && f.Text == "" {
				b.Errorf("%+v", f)
			}
		}
		code := ascode.New(b.d, scorecard.AsCode(b.Service))
		files, err := code.Export(b.ctx)
		if err != nil || len(files) != 1 {
			b.Fatalf("%+v %v", files, err)
		}
		if _, err := code.Apply(b.ctx, ascode.Input{Source: "t", Commit: "5d41402abc4b2a76b9719d911017c592ae1f2b3c", Files: files}); err != nil {
			b.Fatal(err)
		}
		if _, err := b.Put(b.ctx, "vital", 2, scorecard.Spec{Title: "x", Checks: sp.Checks}); !errs.Is(err, errs.Conflict) {
			b.Errorf("managed: %v", err)
		}
		if _, err := code.Apply(b.ctx, ascode.Input{Source: "t", Commit: "5d41402abc4b2a76b9719d911017c592ae1f2b3c", Files: []ascode.File{{Path: "a.yaml", Content: "apiVersion: evenkeel/v1\nkind: Scorecard\nmetadata: {name: other}\nspec:\n  checks: [{id: a, title: a, rule: promise.written}]\n"}}}); err != nil {
			b.Fatal(err)
		}
		if c, err := b.Get(b.ctx, "vital"); err != nil || !c.Shipped {
			b.Errorf("what the program brings is back: %+v %v", c, err)
		}
		if err := b.Delete(b.ctx, "standard"); !errs.Is(err, errs.Conflict) {
			b.Errorf("delete what the program brings: %v", err)
		}
		if err := b.Delete(b.ctx, "nothing"); !errs.Is(err, errs.NotFound) {
			b.Errorf("%v", err)
		}
		if _, err := b.Get(b.ctx, "nothing"); !errs.Is(err, errs.NotFound) {
			b.Errorf("%v", err)
		}
	})
}
