package change_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// replicas are several processes' worth of connections to one database.
func replicas(t *testing.T, n int) []*yard {
	t.Helper()
	url := dbtest.PostgresURL(t)
	out := make([]*yard, n)
	for i := range out {
		d, err := db.Open(t.Context(), db.Config{URL: url, NoFeed: i > 0, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		if i == 0 {
			out[i] = newYard(t, d, &handClock{})
			continue
		}
		out[i] = &yard{T: t, Service: change.New(d, out[0].Catalog), clock: out[0].clock}
	}
	return out
}

// Pipelines that ask different replicas about the same step at the same moment
// get one change; its services in another order are no deadlock.
func TestReplicasOpenOneChange(t *testing.T) {
	t.Parallel()
	all := replicas(t, 3)
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[string]map[int64]bool{}
	for n := range 36 {
		y := all[n%3]
		services := []string{"checkout", "search", "email"}
		if n%2 == 0 { // same main service, others the other way round
			services = []string{"checkout", "email", "search"}
		}
		wg.Go(func() {
			commit := fmt.Sprintf("%040x", n/9+1)
			c, err := y.FindOrOpen(pipeline(), change.Change{Services: services, Environment: change.Production, Kind: change.Deploy, Commit: commit})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if got[commit] == nil {
				got[commit] = map[int64]bool{}
			}
			got[commit][c.ID] = true
		})
	}
	wg.Wait()
	for commit, ids := range got {
		if len(ids) != 1 {
			t.Errorf("%s is %d changes: %v", commit, len(ids), ids)
		}
	}
	if err := all[0].DB.Read(context.Background(), func(q db.Querier) error {
		n, err := change.Stamps(q, []string{"checkout", "search", "email"})
		if n["checkout"] != 4 || n["search"] != 4 || n["email"] != 4 {
			t.Errorf("4 changes made the stamps %v", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// Deployments, returns, outcomes, notes and due work of one service at the same
// time from all replicas: nothing is counted twice or lost, and every record's
// evidence vouches for it.
func TestReplicasOutcomes(t *testing.T) {
	t.Parallel()
	all := replicas(t, 3)
	var list []change.Change
	for n := range 6 {
		c := all[0].make(change.Change{Artefact: fmt.Sprint("v", n%3), Returns: n >= 3, Author: "tom", Commit: fmt.Sprintf("%040x", 900+n)})
		list = append(list, c)
	}
	var wg sync.WaitGroup
	try := func(_ change.Change, err error) {
		if err != nil && !errs.Is(err, errs.Conflict) {
			t.Error(err)
		}
	}
	for n, c := range list {
		for r, y := range all {
			wg.Go(func() {
				try(y.Deployed(pipeline(), c.ID))
				try(y.AddNote(person(mara), c.ID, fmt.Sprint("from replica ", r)))
				try(y.Finish(pipeline(), c.ID, change.Outcome{State: []change.State{change.Succeeded, change.Failed}[(n+r)%2], At: time.Now()}))
				_, err := y.Due().Run(context.Background(), y.DB)
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	bad := 0
	for _, c := range list {
		c, err := all[1].Get(person(mara), c.ID)
		if err != nil || !c.State.Completed() {
			t.Fatalf("%s is %s (%v)", c.Key(), c.State, err)
		}
		if c.Bad() {
			bad++
		}
		v, err := all[2].Page(person(mara), c.ID)
		if err != nil || len(v.Entries) != c.Entries {
			t.Errorf("%s has %d entries and says %d (%v)", c.Key(), len(v.Entries), c.Entries, err)
		}
		all[0].sound(c.Ref())
	}
	if p := all[2].past("checkout"); p.Changes != len(list) || p.Failed != bad {
		t.Errorf("%d changes, %d failed; counted %+v", len(list), bad, p)
	}
}
