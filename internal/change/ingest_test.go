package change_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

var hub = change.Source{Name: "github-main", Team: "payments"}

// tell sends signals as one delivery.
func (g *gate) deliver(id string, list ...change.Signal) change.Receipt {
	g.Helper()
	rc, err := g.Ingest(asker(), hub, id, list)
	g.must(err)
	return rc
}

func (g *gate) get(id int64) change.Change {
	g.Helper()
	c, err := g.Service.Get(asPerson(maraID, actor.Responder), id)
	g.must(err)
	return c
}

// one is the only change that a receipt names.
func (g *gate) one(rc change.Receipt) change.Change {
	g.Helper()
	if len(rc.Changes) != 1 {
		g.Fatalf("changes %v (notes %q), want one", rc.Changes, rc.Notes)
	}
	return g.get(rc.Changes[0])
}

// story is what happens to commit n, from the first push to the outcome.
func story(n int, start time.Time, end ...change.Phase) []change.Signal {
	head, merged, repo := sha(1000+n), sha(n), "Harbour/Checkout"
	at := func(m int) time.Time { return start.Add(time.Duration(m) * time.Minute) }
	pull := change.Pull{Number: int64(n), Link: fmt.Sprintf("https://github.example/harbour/checkout/pull/%d", n), Title: "fix: rounding", Author: "jonas", Branch: "rounding", Base: "main", Head: head, Created: at(2)}
	done := pull
	done.Merged, done.MergedAt, done.Sized, done.Added, done.Closed = merged, at(20), true, 12, true
	deploy := func(p change.Phase, m int) change.Signal {
		d := &change.Deployment{Key: fmt.Sprintf("deployment:harbour/checkout:%d", n), Phase: p, Environment: "Production", Application: "checkout-app", Author: "robot", Link: "https://github.example/run/" + string(p)}
		if p == change.PhaseFailed {
			d.Reason = "the new pods did not start"
		}
		return change.Signal{Kind: change.SignalDeployment, At: at(m), Repository: repo, Commit: strings.ToUpper(merged), Deployment: d}
	}
	list := []change.Signal{
		{Kind: change.SignalPush, At: at(1), Repository: repo, Commit: head, Push: &change.Pushed{Branch: "rounding", Title: "wip", Author: "jonas", Oldest: at(0), Committed: at(1)}},
		{Kind: change.SignalPull, At: at(2), Repository: repo, Commit: head, Pull: &pull},
		{Kind: change.SignalReview, At: at(10), Repository: repo, Commit: head, Review: &change.Review{Number: int64(n), Reviewer: "priya", Author: "jonas", Verdict: change.ReviewApproved, At: at(10)}},
		{Kind: change.SignalPull, At: at(20), Repository: repo, Commit: head, Pull: &done},
		{Kind: change.SignalPush, At: at(21), Repository: repo, Commit: merged, Push: &change.Pushed{Branch: "main", Default: true, Title: "fix: rounding (#7)", Author: "jonas", Oldest: at(20), Committed: at(20)}},
		deploy(change.PhaseCreated, 25), deploy(change.PhaseStarted, 26),
	}
	for i, p := range end {
		list = append(list, deploy(p, 30+i))
	}
	return list
}

var sameRecord = cmp.Options{cmpopts.IgnoreUnexported(change.Change{}), cmpopts.IgnoreFields(change.Change{}, "ID", "Version", "Commit", "Artefact", "CreatedAt", "PullRequest", "Entries", "Trail")}

// Every order, and every repeat, of what pipelines tell makes the same record.
func TestAnyOrderMakesTheSameRecord(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		random := rand.New(rand.NewPCG(5, 7))
		start := g.clock.Now().Add(-2 * time.Hour)
		// One failure before all of them, so that each fix is rework.
		g.deliver("first", change.Signal{Kind: change.SignalDeployment, At: start.Add(-time.Hour), Commit: sha(999), Deployment: &change.Deployment{Key: "first", Phase: change.PhaseFailed, Services: []string{"checkout"}}})
		n := 0
		for name, end := range map[string][]change.Phase{
			"succeeded": {change.PhaseSucceeded}, "failed": {change.PhaseFailed}, "succeeded, then failed": {change.PhaseSucceeded, change.PhaseFailed}, "failed, then succeeded": {change.PhaseFailed, change.PhaseSucceeded},
			"canceled on the way": {change.PhaseCanceled}, "rolled back": {change.PhaseSucceeded, change.PhaseRolledBack},
		} {
			var want change.Change
			for try := range 12 {
				n++
				list := story(n, start, end...)
				if try > 0 {
					list = append(list, list[random.IntN(len(list))], list[random.IntN(len(list))])
					random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
				}
				var id int64
				for i := 0; i < len(list); {
					k := min(len(list), i+1+random.IntN(3))
					for _, c := range g.deliver(fmt.Sprintf("%s %d %d", name, try, i), list[i:k]...).Changes {
						id = c
					}
					i = k
				}
				got := g.get(id)
				if try == 0 {
					want = got
					g.storyIs(name, got, start)
				} else if d := cmp.Diff(want, got, sameRecord); d != "" {
					var order []string
					for _, s := range list {
						order = append(order, string(s.Kind))
						if s.Deployment != nil {
							order[len(order)-1] = string(s.Deployment.Phase)
						}
					}
					g.Fatalf("%s, told as %s (-in order, +so):\n%s", name, strings.Join(order, ", "), d)
				}
			}
		}
	})
}

// storyIs checks the record of a story told in order.
func (g *gate) storyIs(name string, c change.Change, start time.Time) {
	g.Helper()
	state := map[string]change.State{"succeeded": change.Verifying, "failed": change.Failed, "succeeded, then failed": change.Failed, "failed, then succeeded": change.Failed,
		"canceled on the way": change.Failed, "rolled back": change.RolledBack}[name]
	if c.State != state || c.Main() != "checkout" || c.Team != "payments" || c.Environment != "production" || c.Repository != "harbour/checkout" || c.Title != "fix: rounding" || c.Author != "jonas" || c.AuthorPerson != jonasID ||
		c.Purpose != change.Fix || !strings.Contains(c.PullRequest, "/pull/") || !c.CommittedAt.Equal(start) || !c.StartedAt.Equal(start.Add(26*time.Minute)) || !c.Bypass || c.Source != hub.Name {
		g.Fatalf("%s: %+v", name, c)
	}
}

func TestDeliveryTakenOnce(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		list := story(1, g.clock.Now().Add(-time.Hour), change.PhaseSucceeded)
		first := g.deliver("d1", list...)
		if rc := g.deliver("d1", list...); !rc.Repeat || len(rc.Changes) != 0 {
			t.Errorf("a repeat: %+v", rc)
		}
		c := g.one(first)
		// Recorded and sent again under another number, as the number is not signed.
		g.deliver("d2", list...)
		if again := g.get(c.ID); again.Version != c.Version || again.Entries != c.Entries {
			t.Errorf("a replay under another number changed version %d to %d, entries %d to %d", c.Version, again.Version, c.Entries, again.Entries)
		}
		other, err := g.Ingest(asker(), change.Source{Name: "github-second"}, "d1", list[:1])
		if err != nil || other.Repeat {
			t.Errorf("another integration's number is another: %+v, %v", other, err)
		}
	})
}

func TestClocksThatAreWrong(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		now := g.clock.Now()
		list := story(1, now.Add(48*time.Hour), change.PhaseSucceeded)
		rc := g.deliver("d", list...)
		c := g.one(rc)
		if !c.StartedAt.Equal(now) || !c.DeployedAt.Equal(now) {
			t.Errorf("started %s, deployed %s; want now, %s", c.StartedAt, c.DeployedAt, now)
		}
		if len(rc.Notes) != 1 || !strings.Contains(rc.Notes[0], "clock") {
			t.Errorf("notes %q", rc.Notes)
		}
		near := story(2, now.Add(-26*time.Minute).Add(4*time.Minute), change.PhaseSucceeded)[6:7] // started four minutes ahead: as it says
		if c := g.one(g.deliver("e", near...)); !c.StartedAt.Equal(now.Add(4 * time.Minute)) {
			t.Errorf("a clock that is four minutes ahead: started %s", c.StartedAt)
		}
	})
}

// A gate that allowed, and a pipeline that then went on: no bypass, one record.
func TestGateThenPipeline(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		a := g.ask(1)
		list := story(1, g.clock.Now().Add(-time.Hour), change.PhaseSucceeded)
		random := rand.New(rand.NewPCG(1, 2))
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for i, s := range list {
			g.deliver(fmt.Sprint(i), s)
		}
		c := g.get(a.Change.ID)
		if c.State != change.Verifying || c.Bypass || c.Source != "gate" || c.PullRequest == "" || c.CommittedAt.IsZero() {
			t.Errorf("%+v", c)
		}
		var n int
		g.must(g.DB.Read(context.Background(), func(q db.Querier) error {
			return q.QueryRow("SELECT COUNT(*) FROM change").Scan(&n)
		}))
		if n != 1 {
			t.Errorf("%d changes, want 1", n)
		}
	})
}

func TestRevertTakesBack(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		gates(t, func(g *gate) {
			start := g.clock.Now().Add(-3 * time.Hour)
			var bad change.Change
			for i, s := range story(1, start, change.PhaseSucceeded) {
				if rc := g.deliver(fmt.Sprint("a", i), s); len(rc.Changes) == 1 {
					bad = g.get(rc.Changes[0])
				}
			}
			list := story(2, start.Add(time.Hour), change.PhaseSucceeded)
			list[4].Push.Reverts = change.Reverted(nil, "Revert \"fix: rounding\"\n\nThis reverts commit "+sha(1)+".")
			list[1].Pull.Title, list[3].Pull.Title = "Revert \"fix: rounding\"", "Revert \"fix: rounding\""
			if late { // the push is heard of after the deployment
				list = append(slices.Delete(slices.Clone(list), 4, 5), list[4])
			}
			var c change.Change
			for i, s := range list {
				if rc := g.deliver(fmt.Sprint("b", i), s); len(rc.Changes) == 1 {
					c = g.get(rc.Changes[0])
				}
			}
			bad = g.get(bad.ID)
			if c.RollbackOf != bad.ID || bad.State != change.RolledBack || bad.TakenBackBy != c.ID || c.Purpose != change.Fix {
				t.Errorf("late %v: %s takes back %d (%s); %s is %s, taken back by %d", late, c.Key(), c.RollbackOf, c.Purpose, bad.Key(), bad.State, bad.TakenBackBy)
			}
		})
	}
}

func TestUnknownServices(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		sig := change.Signal{Kind: change.SignalDeployment, Repository: "harbour/Parcel_Tracking", Commit: sha(7), Deployment: &change.Deployment{Key: "k1", Phase: change.PhaseStarted}}
		if c := g.one(g.deliver("1", sig)); c.Main() != "parcel-tracking" || c.Team != "payments" {
			t.Errorf("proposed: %s of %q", c.Main(), c.Team)
		}
		admin := actor.With(context.Background(), actor.Job("test"))
		svc, err := g.Catalog.Get(admin, "parcel-tracking")
		if err != nil || svc.Lifecycle != catalog.Proposed {
			t.Errorf("%+v, %v", svc, err)
		}
		p, err := g.Settings(admin)
		g.must(err)
		p.Settings.UnknownService = change.Refuse
		_, err = g.Configure(admin, p.Version, p.Settings)
		g.must(err)
		sig.Repository, sig.Deployment.Key, sig.Deployment.Services = "harbour/other", "k2", []string{"no-such"}
		push := change.Signal{Kind: change.SignalPush, Repository: "harbour/other", Commit: sha(8), Push: &change.Pushed{Branch: "main"}}
		_, err = g.Ingest(asker(), hub, "2", []change.Signal{push, sig})
		if g.refused(errs.NotFound, err); !strings.Contains(err.Error(), "alias") {
			t.Errorf("no remedy in %v", err)
		}
		if _, err := g.Ingest(asker(), hub, "2", []change.Signal{push}); err != nil { // nothing of it was taken, its number neither
			t.Error(err)
		}
	})
}

func TestRepositoriesLeadToServices(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		g.Catalog.Reactions.Changed = append(g.Catalog.Reactions.Changed, g.OnService)
		admin := actor.With(context.Background(), actor.Job("test"))
		for name, link := range map[string]string{"cart": "https://git.harbour.example/harbour/shop/-/tree/main/services/cart", "till": "https://git.harbour.example/harbour/shop/-/tree/main/services/till", "pier": "https://github.com/harbour/pier.git"} {
			_, err := g.Catalog.Create(admin, name, catalog.Edit{Team: "payments", Links: []catalog.Link{{Kind: catalog.Repository, URL: link}}})
			g.must(err)
		}
		for i, x := range []struct {
			repository, path string
			want             []string
		}{
			{"harbour/shop", "services/cart/chart", []string{"cart"}}, {"harbour/shop", "", []string{"cart", "till"}}, {"harbour/Pier", "", []string{"pier"}},
		} {
			c := g.one(g.deliver(fmt.Sprint(i), change.Signal{Kind: change.SignalDeployment, Repository: x.repository, Commit: sha(i), Deployment: &change.Deployment{Key: fmt.Sprint(i), Phase: change.PhaseCreated, Path: x.path}}))
			if !slices.Equal(c.Services, x.want) {
				t.Errorf("%s %s: %v, want %v", x.repository, x.path, c.Services, x.want)
			}
		}
	})
}

// Services that were there before the practice was lead to their repositories, too.
func TestRepositoriesOfEarlierServices(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		admin := actor.With(context.Background(), actor.Job("test"))
		_, err := g.Catalog.Create(admin, "pier", catalog.Edit{Team: "payments", Links: []catalog.Link{{URL: "https://gitlab.com/harbour/docks/pier-api"}}})
		g.must(err)
		g.must(g.SyncRepositories(admin))
		g.must(g.SyncRepositories(admin))
		c := g.one(g.deliver("1", change.Signal{Kind: change.SignalDeployment, Repository: "harbour/docks/pier-api", Commit: sha(1), Deployment: &change.Deployment{Key: "1", Phase: change.PhaseCreated}}))
		if c.Main() != "pier" {
			t.Errorf("%v", c.Services)
		}
	})
}

func TestOtherEnvironmentsAreFacts(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		d := func(environment string, prod, preview bool) change.Signal {
			return change.Signal{Kind: change.SignalDeployment, Repository: "harbour/checkout", Commit: sha(1), Deployment: &change.Deployment{Key: environment, Phase: change.PhaseSucceeded, Environment: environment, Production: prod, Preview: preview, Services: []string{"checkout"}}}
		}
		for environment, want := range map[string]int{"staging": 0, "review/7": 0, "production": 1, "Prod": 1} {
			if rc := g.deliver(environment, d(environment, false, false)); len(rc.Changes) != want {
				t.Errorf("%s: %+v", environment, rc)
			}
		}
		if rc := g.deliver("x", d("eu-west", true, false)); len(rc.Changes) != 1 {
			t.Errorf("a sender that says users are there: %+v", rc)
		}
		if rc := g.deliver("y", d("preview-9", true, true)); len(rc.Changes) != 0 {
			t.Errorf("a preview: %+v", rc)
		}
	})
}

// A code review that comes after the question answers it.
func TestReviewAfterTheQuestion(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		g.rules(review("peer", 1))
		list := story(1, g.clock.Now().Add(-time.Hour))
		g.deliver("1", list[0], list[1], list[3], list[4])
		a := g.in(g.ask(1), change.Awaiting)
		g.deliver("2", list[2])
		g.clock.pass(time.Second)
		g.dues()
		if c := g.get(a.Change.ID); c.State != change.Approved {
			t.Errorf("%s is %s after priya approved the code", c.Key(), c.State)
		}
	})
}

func TestSignalsThatAreWrong(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		dep := func(edit func(d *change.Deployment)) change.Signal {
			d := &change.Deployment{Key: "k", Phase: change.PhaseStarted, Services: []string{"checkout"}}
			edit(d)
			return change.Signal{Kind: change.SignalDeployment, Commit: sha(1), Deployment: d}
		}
		for want, sig := range map[string]change.Signal{
			"commit":      {Kind: change.SignalPush, Commit: "abc", Push: &change.Pushed{}},
			"which":       {Kind: change.SignalTests, Tests: &change.Tests{Suite: "unit"}},
			"known kind":  {Kind: "gossip"},
			"the part":    {Kind: change.SignalPush, Commit: sha(1)},
			"name the":    dep(func(d *change.Deployment) { d.Key = "" }),
			"1 to 300":    dep(func(d *change.Deployment) { d.Key = strings.Repeat("k", 301) }),
			"use created": dep(func(d *change.Deployment) { d.Phase = "done" }),
			"emergency":   dep(func(d *change.Deployment) { d.Type = "urgent" }),
			"at most 50":  dep(func(d *change.Deployment) { d.Services = make([]string, 51) }),
			"hash of":     {Kind: change.SignalPull, Commit: sha(1), Pull: &change.Pull{Number: 0, Head: sha(1)}},
		} {
			_, err := g.Ingest(asker(), hub, "", []change.Signal{sig})
			if g.refused(errs.Invalid, err); !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q in it", err, want)
			}
		}
		if _, err := g.Ingest(asPerson(omarID, actor.Requester), hub, "", []change.Signal{dep(func(*change.Deployment) {})}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a requester: %v", err)
		}
		// What is only odd is taken, shortened where it has to be.
		c := g.one(g.deliver("", dep(func(d *change.Deployment) { d.Title = "a\x00b\xff " + strings.Repeat("ü", 400) })))
		if len(c.Title) > 200 || !strings.HasPrefix(c.Title, "ab") {
			t.Errorf("title %q", c.Title)
		}
	})
}
