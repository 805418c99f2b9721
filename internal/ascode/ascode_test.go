package ascode_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// bundle is everything as code over the real practices.
type bundle struct {
	*testing.T
	*ascode.Service
	ctx       context.Context
	d         *db.DB
	auth      *auth.Service
	calendars *calendar.Service
	catalog   *catalog.Catalog
	alerts    *alert.Service
}

type teams struct{}

func (teams) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamByName(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func each(t *testing.T, f func(b *bundle)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(setup(t, d)) })
}

func setup(t *testing.T, d *db.DB) *bundle {
	t.Helper()
	people, _, err := auth.New(d, auth.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{T: t, d: d, auth: people, calendars: calendar.New(d), catalog: catalog.New(d, teams{}), alerts: alert.New(d)}
	people.Reactions.TeamRemoved = append(people.Reactions.TeamRemoved, catalog.TeamRemoved)
	b.ctx = actor.With(context.Background(), actor.Actor{Kind: actor.Token, ID: 4, Role: actor.Admin, Name: "ci", From: "cli"})
	b.Service = ascode.New(d, append(b.alerts.Kinds(), calendar.AsCode(b.calendars), catalog.AsCode(b.catalog),
		ascode.NewKind("Team", ref.Team, ascode.OrderTeam, ascode.ByName(auth.ListTeamSpecs), ascode.Reporting(people.ApplyTeam), people.RemoveTeam))...)
	return b
}

// files cuts a text at lines like "== a.yaml ==".
func files(text string) []ascode.File {
	var out []ascode.File
	for line := range strings.Lines(strings.TrimPrefix(text, "\n")) {
		if name, ok := strings.CutPrefix(line, "== "); ok {
			out = append(out, ascode.File{Path: strings.TrimSuffix(name, " ==\n")})
		} else {
			out[len(out)-1].Content += line
		}
	}
	return out
}

func (b *bundle) apply(text, commit string) ascode.Plan {
	b.Helper()
	p, err := b.Apply(b.ctx, ascode.Input{Files: files(text), Commit: commit})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// short says a plan in lines.
func short(p ascode.Plan) string {
	var lines []string
	for _, c := range p.Changes {
		s := string(c.Action) + " " + c.Record
		if c.Adopt && c.Action == ascode.Update {
			s += " (adopt)"
		}
		for _, f := range c.Fields {
			s += " " + f.Path
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

const organisation = `
== teams/all.yaml ==
# Harbour & Co
apiVersion: evenkeel/v1
kind: Team
metadata:
  name: payments
spec:
  title: Payments
  calendar: berlin
---
apiVersion: evenkeel/v1
kind: BusinessCalendar
metadata: {name: berlin}
spec:
  zone: Europe/Berlin
  hours: &week
    monday: ["09:00-12:00", "13:00-17:00"]
    tuesday: ["09:00-17:00"]
  holidays:
    - {date: 2026-12-25, name: Christmas}
---
== services.yml ==
apiVersion: evenkeel/v1
kind: Service
metadata:
  name: checkout
spec:
  team: payments
  tier: 0
  promise: A filled basket can be paid.
  links:
    - title: Runbook
      url: https://wiki.harbour.example/checkout
  aliases: [Checkout-API, shop/checkout]
---
apiVersion: evenkeel/v1
kind: Integration
metadata: {name: prometheus}
spec: {kind: alertmanager, team: payments}
---
apiVersion: evenkeel/v1
kind: AlertRule
metadata: {name: checkout}
spec:
  position: 1
  matchers: [service=checkout]
  window: 1h
`

const commit1, commit2 = "0123456789abcdef0123456789abcdef01234567", "fedcba9876543210fedcba9876543210fedcba98"

func TestApplyTwicePlanAndExport(t *testing.T) {
	each(t, func(b *bundle) {
		in := ascode.Input{Files: files(organisation), Commit: commit1}
		plan, err := b.Plan(b.ctx, in)
		if err != nil {
			b.Fatal(err)
		}
		want := strings.Join([]string{
			"create CAL berlin holidays[date=2026-12-25] hours.monday hours.tuesday zone",
			"create TEAM payments calendar title",
			"create SVC checkout aliases links[title=Runbook] promise team tier",
			"create INT prometheus kind team",
			"create RULE checkout matchers position window"}, "\n")
		if d := cmp.Diff(want, short(plan)); d != "" {
			b.Fatal(d)
		}
		if _, err := b.catalog.Get(b.ctx, "checkout"); !errs.Is(err, errs.NotFound) {
			b.Fatalf("a plan changed something: %v", err)
		}
		in.Plan = plan.Digest
		if _, err := b.Apply(b.ctx, in); err != nil {
			b.Fatal(err)
		}
		s, err := b.catalog.Get(b.ctx, "shop/CHECKOUT")
		if err != nil || s.Name != "checkout" || s.Tier != 0 || s.Managed != "commit 0123456789ab" {
			b.Errorf("after apply: %+v, %v", s, err)
		}
		for _, in := range []ascode.Input{in, {Files: in.Files, Commit: commit2}} {
			in.Plan = ""
			again, err := b.Apply(b.ctx, in)
			if err != nil || again.Counts.Touched() != 0 || again.Counts.Unchanged != 5 {
				b.Errorf("applied twice: %s %+v %v", short(again), again.Counts, err)
			}
		}
		list, more, err := b.Applies(b.ctx, 0, 10)
		if err != nil || more || len(list) != 1 || list[0].Commit != commit1 || list[0].Counts.Created != 5 {
			b.Errorf("applies: %+v %v %v", list, more, err)
		}
		out, err := b.Export(b.ctx)
		if err != nil {
			b.Fatal(err)
		}
		p, err := b.Plan(b.ctx, ascode.Input{Files: out})
		if err != nil || p.Counts.Touched() != 0 || p.Counts.Unchanged != 5 {
			b.Errorf("a plan of the export: %s %v", short(p), err)
		}
	})
}

func TestEditsByHandAndRemoval(t *testing.T) {
	each(t, func(b *bundle) {
		b.apply(organisation, commit1)
		s, _ := b.catalog.Get(b.ctx, "checkout")
		e := s.Edit()
		e.Tier = 2
		_, err := b.catalog.Edit(b.ctx, "checkout", s.Version, e)
		if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "commit 0123456789ab") {
			b.Errorf("editing by hand: %v", err)
		}
		if _, err := b.catalog.Retire(b.ctx, "checkout"); !errs.Is(err, errs.Conflict) {
			b.Errorf("retiring by hand: %v", err)
		}
		if err := b.calendars.Delete(b.ctx, "berlin"); !errs.Is(err, errs.Conflict) {
			b.Errorf("deleting by hand: %v", err)
		}
		// A service nobody wrote down is left alone, another one is adopted.
		for _, name := range []string{"search", "orders"} {
			if _, err := b.catalog.Create(b.ctx, name, catalog.Edit{Team: "payments", Tier: 1}); err != nil {
				b.Fatal(err)
			}
		}
		smaller := strings.Replace(organisation, "  name: checkout\n", "  name: orders\n", 1)
		smaller = strings.Replace(smaller, "  aliases: [Checkout-API, shop/checkout]\n", "", 1)
		plan, err := b.Plan(b.ctx, ascode.Input{Files: files(smaller), Commit: commit2})
		want := "change SVC checkout lifecycle\n" +
			"change SVC orders (adopt) links[title=Runbook] promise tier"
		if d := cmp.Diff(want, short(plan)); d != "" || err != nil {
			b.Fatal(d, err)
		}
		b.apply(smaller, commit2)
		if s, err := b.catalog.Get(b.ctx, "checkout"); err != nil || s.Lifecycle != catalog.Retired || s.Managed != "" {
			b.Errorf("removed: %+v %v", s, err)
		}
		if p := b.apply(smaller, commit2); p.Counts.Touched() != 0 {
			b.Errorf("applied again: %s", short(p))
		}
		// All gone: what nobody needs is removed, the team still owns services.
		_, err = b.Apply(b.ctx, ascode.Input{Commit: commit2})
		if err == nil || !strings.Contains(err.Error(), "it owns the service checkout") {
			b.Errorf("removing an owner: %v", err)
		}
	})
}

func TestPlanThatIsOutOfDate(t *testing.T) {
	each(t, func(b *bundle) {
		b.apply(organisation, commit1)
		more := strings.Replace(organisation, "tier: 0", "tier: 1", 1)
		plan, err := b.Plan(b.ctx, ascode.Input{Files: files(more)})
		if err != nil {
			b.Fatal(err)
		}
		b.apply(strings.Replace(organisation, "tier: 0", "tier: 2", 1), commit1)
		_, err = b.Apply(b.ctx, ascode.Input{Files: files(more), Plan: plan.Digest})
		if !errs.Is(err, errs.Conflict) {
			b.Errorf("a plan of an old state was applied: %v", err)
		}
		moved := strings.Replace(more, "# Harbour & Co\n", "# Harbour & Co\n# moved by a line\n", 1)
		plan, _ = b.Plan(b.ctx, ascode.Input{Files: files(more)})
		if _, err = b.Apply(b.ctx, ascode.Input{Files: files(moved), Plan: plan.Digest}); err != nil {
			b.Errorf("the same plan from other lines: %v", err)
		}
	})
}

func TestOtherSource(t *testing.T) {
	each(t, func(b *bundle) {
		b.apply(organisation, commit1)
		other := files("== a.yaml ==\n{apiVersion: evenkeel/v1, kind: BusinessCalendar, metadata: {name: oslo}, spec: {zone: Europe/Oslo}}\n")
		p, err := b.Apply(b.ctx, ascode.Input{Files: other, Source: "norway"})
		if err != nil || short(p) != "create CAL oslo zone" {
			b.Errorf("another source: %s %v", short(p), err)
		}
		_, err = b.Apply(b.ctx, ascode.Input{Files: files(organisation), Source: "norway"})
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), `teams/all.yaml:5:9: metadata.name "payments"`) {
			b.Errorf("two sources of one record: %v", err)
		}
	})
}

func TestFaultsOnlyTheDatabaseKnows(t *testing.T) {
	each(t, func(b *bundle) {
		bad := strings.NewReplacer("team: payments\n  tier", "team: paymants\n  tier", "Europe/Berlin", "Europe/Brelin", "[service=checkout]", "[=checkout]").Replace(organisation)
		_, err := b.Apply(b.ctx, ascode.Input{Files: files(bad)})
		var got []string
		for _, f := range errs.As(err).Fields {
			got = append(got, f.Where+" "+f.Name)
		}
		want := []string{"teams/all.yaml:14:9 spec.zone", "services.yml:6:9 spec.team", "services.yml:24:14 spec.matchers[0]"}
		if d := cmp.Diff(want, got); d != "" {
			b.Errorf("%s\n%v", d, err)
		}
		if _, err := b.auth.Team(b.ctx, "payments"); !errs.Is(err, errs.NotFound) {
			b.Errorf("half of it was applied: %v", err)
		}
	})
}

// Applied at the same moment, each is whole and one of them is last.
func TestRace(t *testing.T) {
	each(t, func(b *bundle) {
		b.apply(organisation, commit1)
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				text := strings.NewReplacer("tier: 0", fmt.Sprintf("tier: %d", 1+i%3), "zone: Europe/Berlin", fmt.Sprintf("zone: Etc/GMT-%d", 1+i%3)).Replace(organisation)
				if _, err := b.Apply(b.ctx, ascode.Input{Files: files(text), Commit: commit2}); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		s, err := b.catalog.Get(b.ctx, "checkout")
		c, err2 := b.calendars.Get(b.ctx, "berlin")
		if err != nil || err2 != nil || c.Spec.Zone != fmt.Sprintf("Etc/GMT-%d", s.Tier) {
			b.Errorf("half of one and half of another: tier %d, zone %s %v %v", s.Tier, c.Spec.Zone, err, err2)
		}
	})
}

func TestWhoMay(t *testing.T) {
	b := setup(t, dbtest.SQLite(t))
	for _, role := range actor.Roles {
		ctx := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 9, Role: role})
		_, err := b.Plan(ctx, ascode.Input{Files: files(organisation)})
		if may := role == actor.Admin || role == actor.Manager; may != (err == nil) {
			t.Errorf("%s plans: %v", role, err)
		}
	}
}

func TestQueriesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, ascode.ListAppliesSQL, 100, 10)
		dbtest.UsesIndex(t, d, ascode.ListManagedSQL, "SVC", "", 10)
	})
}
