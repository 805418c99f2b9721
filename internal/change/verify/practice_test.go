package verify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

type teams struct{}

func (teams) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamByName(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// With the practice itself: one deployment makes no difference and succeeds at
// the end, the other doubles errors, fails early, and is rolled back by itself.
func TestWithThePractice(t *testing.T) {
	now := deployed
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		now = deployed
		ctx := actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		people, _, err := auth.New(d, auth.Config{})
		must(err)
		_, err = people.CreateTeam(ctx, "payments", auth.TeamEdit{})
		must(err)
		services := catalog.New(d, teams{})
		for _, name := range []string{"checkout", "storefront"} {
			_, err = services.Create(ctx, name, catalog.Edit{Team: "payments"})
			must(err)
		}
		changes := change.New(d, services)
		w := &world{value: func(query string, at time.Time) float64 {
			v := 0.02 + 0.001*float64((at.Unix()/60*7919)%11)
			if strings.Contains(query, "checkout") && !at.Before(deployed.Add(10*time.Minute)) {
				v *= 2
			}
			return v
		}}
		s := verify.New(d, changes)
		s.Metrics = w
		changes.Verifier = s
		changes.On(s.OnChange)
		var rolledBack []string
		changes.TakeBack = func(_ *db.Tx, c change.Change) error { rolledBack = append(rolledBack, c.Key()); return nil }
		p, err := changes.Settings(ctx)
		must(err)
		p.AutomaticRollback = true
		p.Metrics = []change.Metric{{Name: "Error ratio", Query: `errors{service="{service}"}`}}
		_, err = changes.Configure(ctx, p.Version, p.Settings)
		must(err)

		due := func() {
			t.Helper()
			for _, src := range []func(context.Context, *db.DB) (int, error){s.Due().Run, changes.Due().Run} {
				for range 5 {
					n, err := src(t.Context(), d)
					must(err)
					if n == 0 {
						break
					}
				}
			}
		}
		deploy := func(service string) int64 {
			t.Helper()
			c, err := changes.Open(ctx, change.Change{Services: []string{service}, Title: "Deploy " + service, RollbackRef: "webhook:https://pipeline.harbour.example/back"})
			must(err)
			_, err = changes.Start(ctx, c.ID)
			must(err)
			return c.ID
		}
		bad, good := deploy("checkout"), deploy("storefront")
		now = deployed.Add(10 * time.Minute)
		for _, id := range []int64{bad, good} {
			_, err = changes.Deployed(ctx, id)
			must(err)
		}
		for range 12 {
			now = now.Add(time.Minute)
			due()
		}
		c, err := changes.Get(ctx, bad)
		must(err)
		if c.State != change.Failed || c.OutcomeBy != change.ByVerification || !strings.HasPrefix(c.OutcomeReason, "Error ratio: 0.0") || c.EndedAt.Sub(c.DeployedAt) > 12*time.Minute {
			t.Errorf("%s by %s after %s: %s", c.State, c.OutcomeBy, c.EndedAt.Sub(c.DeployedAt), c.OutcomeReason)
		}
		if strings.Join(rolledBack, " ") != c.Key() {
			t.Errorf("rolled back: %v", rolledBack)
		}
		if c, _ = changes.Get(ctx, good); c.State != change.Verifying {
			t.Errorf("the other one: %s", c.State)
		}
		for range 20 {
			now = now.Add(time.Minute)
			due()
		}
		if c, _ = changes.Get(ctx, good); c.State != change.Succeeded || !strings.HasPrefix(c.OutcomeReason, "No significant difference") {
			t.Errorf("at the end: %s: %s", c.State, c.OutcomeReason)
		}
		for id, want := range map[int64]verify.Verdict{bad: verify.Unhealthy, good: verify.Healthy} {
			if v, err := s.Get(ctx, id); err != nil || !v.Done || v.Result.Verdict != want {
				t.Errorf("CHG-%d: %v, %+v", id, err, v)
			}
		}
	})
}
