package change_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// listener is a pipeline that hears what it is told.
type listener struct {
	mu    sync.Mutex
	heard []string
	fail  error
}

func (l *listener) Call(_ context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.heard = append(l.heard, string(r.Word)+" by "+cred.Token)
	return nil
}

func (g *gate) calls() int {
	g.Helper()
	n, err := g.CallSource().Run(context.Background(), g.DB)
	g.must(err)
	return n
}

func (g *gate) listens() *listener {
	l := &listener{}
	g.Callers = map[change.CallKind]change.Caller{change.CallGitHubProtection: l}
	box, err := secret.Parse(secret.Generate())
	g.must(err)
	g.Box = box
	_, err = g.SetCredentials(asPerson(lenaID, actor.Admin), hub.Name, change.Credentials{System: "github", Token: "ghp_secret"})
	g.must(err)
	return l
}

func waits(n int) change.Signal {
	return change.Signal{Kind: change.SignalDeployment, Repository: "harbour/checkout", Commit: sha(n), Deployment: &change.Deployment{Key: fmt.Sprint(n), Phase: change.PhaseWaiting, Services: []string{"checkout"}, Author: "jonas",
		Gate: &change.Gate{Call: change.CallGitHubProtection, Target: []byte(`{"run":` + fmt.Sprint(n) + `}`)}}}
}

// What cannot be delivered is tried again, for longer and longer, then given up
// where everybody sees it.
func TestCallsAreTriedAgain(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		l := g.listens()
		l.fail = errors.New("reset by peer")
		c := g.one(g.deliver("1", waits(1)))
		var waited []time.Duration
		for range 40 {
			g.calls()
			list, err := g.Calls(asker(), c.ID)
			g.must(err)
			if list[0].State == change.CallFailed {
				break
			}
			wait := list[0].Next.Sub(g.clock.Now())
			waited = append(waited, wait)
			g.clock.pass(wait)
			if g.calls() == 0 {
				t.Fatal("nothing is due when it should be")
			}
			g.clock.pass(time.Hour)
		}
		list, err := g.Calls(asker(), c.ID)
		g.must(err)
		if list[0].State != change.CallFailed || waited[0] != 5*time.Second || waited[3] <= waited[0] || waited[len(waited)-1] != 10*time.Minute {
			t.Errorf("%+v after %v", list[0], waited)
		}
		entries, _, err := g.History(asPerson(maraID, actor.Responder), c.ID, 0, 100)
		g.must(err)
		if last := entries[len(entries)-1]; last.Text != "GitHub could not be told" {
			t.Errorf("%+v", last)
		}
	})
}

func TestCallsWaitForTheirTime(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		l := g.listens()
		s := waits(1)
		s.Deployment.PlannedFrom = g.clock.Now().Add(3 * time.Hour)
		s.Deployment.PlannedTo = s.Deployment.PlannedFrom.Add(time.Hour)
		g.deliver("1", s)
		g.calls()
		if want := []string{"waiting by ghp_secret"}; !reflect.DeepEqual(l.heard, want) {
			t.Fatalf("heard %q, want %q", l.heard, want)
		}
		g.clock.pass(2 * time.Hour)
		g.calls()
		g.clock.pass(time.Hour)
		g.calls()
		if want := []string{"waiting by ghp_secret", "approved by ghp_secret"}; !reflect.DeepEqual(l.heard, want) {
			t.Errorf("heard %q, want %q", l.heard, want)
		}
	})
}

// A failure that nobody can mend by waiting is final; the receiver's wish to
// wait counts.
func TestCallsThatAreRefused(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		l := g.listens()
		l.fail = &notify.Failure{Text: "too many", After: 20 * time.Minute}
		c := g.one(g.deliver("1", waits(1)))
		g.calls()
		list, err := g.Calls(asker(), c.ID)
		if g.must(err); list[0].Next.Sub(g.clock.Now()) != 20*time.Minute {
			t.Errorf("%+v", list[0])
		}
		l.fail = &notify.Failure{Text: "gone", Permanent: true}
		g.clock.pass(time.Hour)
		g.calls()
		if list, err = g.Calls(asker(), c.ID); err != nil || list[0].State != change.CallFailed || list[0].Error != "gone" {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		g.listens()
		admin := asPerson(lenaID, actor.Admin)
		if _, err := g.SetCredentials(asPerson(maraID, actor.Responder), "x", change.Credentials{System: "github", Token: "t"}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a responder: %v", err)
		}
		for words, c := range map[string]change.Credentials{
			"system": {Token: "t"}, "at least one": {System: "github"}, "both": {System: "github", AppID: "1"}, "without a password": {System: "gitlab", Token: "t", URL: "https://u:p@x"}, "Kubernetes API": {System: "kubernetes", Token: "t"},
		} {
			if _, err := g.SetCredentials(admin, "x", c); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), words) {
				t.Errorf("%+v: %v, want %q", c, err, words)
			}
		}
		st, err := g.Credentials(asPerson(maraID, actor.Responder), hub.Name)
		g.must(err)
		if st.System != "github" || !reflect.DeepEqual(st.Has, []string{"token"}) || st.Version != 1 {
			t.Errorf("%+v", st)
		}
		// Nowhere in the database does the secret stand as it is.
		read := func() (sealed string) {
			g.must(g.DB.Read(context.Background(), func(q db.Querier) error {
				var b []byte
				var has string
				err := q.QueryRow("SELECT sealed, has FROM change_credential WHERE name = $1", hub.Name).Scan(&b, &has)
				sealed = string(b)
				if strings.Contains(has, "ghp_") || strings.Contains(sealed, "ghp_") {
					t.Error("the token stands in the database")
				}
				return err
			}))
			return sealed
		}
		before := read()
		// Another key: what the old one sealed is sealed anew and opens.
		old := secret.Generate()
		first, err := secret.Parse(old)
		g.must(err)
		g.Box = first
		_, err = g.SetCredentials(admin, hub.Name, change.Credentials{System: "github", Token: "ghp_secret"})
		g.must(err)
		if g.Box, err = secret.Parse(secret.Generate() + "\n" + old); err != nil {
			t.Fatal(err)
		}
		g.must(g.DB.Write(admin, actor.Job("test"), "renew", func(tx *db.Tx) error {
			tx.Unrecorded("a test")
			n, err := g.Renew(tx)
			if n != 1 {
				t.Errorf("renewed %d", n)
			}
			return err
		}))
		if read() == before {
			t.Error("the sealed value is the same")
		}
		l := &listener{}
		g.Callers[change.CallGitHubProtection] = l
		g.deliver("1", waits(1))
		if g.calls(); len(l.heard) != 1 || l.heard[0] != "approved by ghp_secret" {
			t.Errorf("heard %q", l.heard)
		}
	})
}

func TestParseRollback(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]change.RollbackTarget{
		"github:harbour/checkout/rollback.yml@main":       {Kind: change.CallGitHubDispatch, Repository: "harbour/checkout", Workflow: "rollback.yml", Ref: "main"},
		"github:harbour/checkout/rollback.yml":            {Kind: change.CallGitHubDispatch, Repository: "harbour/checkout", Workflow: "rollback.yml"},
		"gitlab:harbour/shop/checkout@main#gitlab-main":   {Kind: change.CallGitLabPipeline, Repository: "harbour/shop/checkout", Ref: "main", Integration: "gitlab-main"},
		"argo-rollouts:shop/checkout":                     {Kind: change.CallArgoAbort, Namespace: "shop", Name: "checkout"},
		"webhook:https://deploy.harbour.example/back?a=b": {Kind: change.CallWebhook, URL: "https://deploy.harbour.example/back?a=b"},
	} {
		if got, err := change.ParseRollback(in); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "github:", "github:a", "github:a/b", "github:a//c.yml", "gitlab:a", "argo-rollouts:a", "argo-rollouts:a/b/c", "webhook:ftp://x", "bash:rm", "github:a/b/c.yml#"} {
		if got, err := change.ParseRollback(in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
}

func TestOldDeliveriesAreForgotten(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		g.deliver("old", waits(1))
		g.clock.pass(20 * 24 * time.Hour)
		g.deliver("new", waits(2))
		g.clock.pass(11 * 24 * time.Hour)
		n, err := g.DeliverySource().Run(context.Background(), g.DB)
		if g.must(err); n != 1 {
			t.Errorf("forgot %d, want 1", n)
		}
		if rc := g.deliver("new", waits(2)); !rc.Repeat {
			t.Errorf("%+v", rc)
		}
	})
}

// Replicas that are told of the same deployments at once make one record of each.
func TestReplicasHearTheSame(t *testing.T) {
	t.Parallel()
	gates(t, func(g *gate) {
		start := g.clock.Now().Add(-time.Hour)
		others := []*change.Service{g.Service}
		for range 2 {
			s := change.New(g.DB, g.Catalog)
			s.People, s.Policies, s.Windows = g.People, g.Policies, g.Windows
			others = append(others, s)
		}
		var wg sync.WaitGroup
		for r, s := range others {
			wg.Go(func() {
				for n := 1; n <= 6; n++ {
					list := story(n, start, change.PhaseSucceeded)
					for i := range list {
						if _, err := s.Ingest(asker(), hub, fmt.Sprint(r, n, i), []change.Signal{list[(i*(r+1)+r)%len(list)]}); err != nil {
							t.Error(err)
						}
					}
					if _, err := s.Ingest(asker(), hub, fmt.Sprint(r, n), list); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		list, _, err := g.List(asPerson(maraID, actor.Responder), change.Filter{}, "", 50)
		g.must(err)
		if len(list) != 6 {
			t.Errorf("%d changes, want 6", len(list))
		}
		for _, c := range list {
			if c.State != change.Verifying || !c.CommittedAt.Equal(start) || c.Title != "fix: rounding" {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestIngestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, sql := range change.IngestQueries {
			dbtest.UsesIndex(t, d, sql)
		}
	})
}
