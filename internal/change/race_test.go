package change_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func actorOf(ctx context.Context) actor.Actor {
	who, _ := actor.From(ctx)
	return who
}

func admin() context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 9, Person: 9, Role: actor.Admin})
}

// Many pipelines that ask about the same step at once get the same change.
func TestTwoPipelinesOpenOneChange(t *testing.T) {
	yards(t, func(y *yard) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[int64]int{}
		for n := range 24 {
			wg.Go(func() {
				c, err := y.FindOrOpen(pipeline(), change.Change{Services: []string{"checkout", "search"}, Environment: change.Production, Kind: change.Deploy, Commit: fmt.Sprintf("%040x", n%3+1)})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					y.Error(err)
				}
				got[c.ID]++
			})
		}
		wg.Wait()
		if len(got) != 3 {
			y.Errorf("3 commits made %d changes: %v", len(got), got)
		}
		rows, _, err := y.List(person(mara), change.Filter{Service: "search"}, "", 0)
		y.must(err)
		if len(rows) != 3 {
			y.Errorf("%d changes", len(rows))
		}
		y.must(y.DB.Read(context.Background(), func(q db.Querier) error {
			n, err := change.Stamps(q, []string{"checkout", "search", "email"})
			if n["checkout"] != 3 || n["search"] != 3 || n["email"] != 0 {
				y.Errorf("stamps %v", n)
			}
			return err
		}))
		for _, c := range rows {
			y.sound(c.Ref())
		}
	})
}

// Many ends of many changes of one service at once: every one counts once, and
// each change has one outcome.
func TestConcurrentOutcomes(t *testing.T) {
	yards(t, func(y *yard) {
		var list []change.Change
		for range 6 {
			list = append(list, y.ship(change.Change{Author: "tom"}))
		}
		y.clock.pass(time.Minute)
		var wg sync.WaitGroup
		for _, c := range list {
			for n := range 4 {
				wg.Go(func() {
					to := []change.State{change.Succeeded, change.Failed}[(int(c.ID)+n)%2]
					if _, err := y.Finish(pipeline(), c.ID, change.Outcome{State: to}); err != nil && !errs.Is(err, errs.Conflict) {
						y.Error(err)
					}
					if _, err := y.AddNote(person(mara), c.ID, fmt.Sprint("note ", n)); err != nil {
						y.Error(err)
					}
				})
			}
		}
		wg.Wait()
		bad := 0
		for _, c := range list {
			c, _ = y.Get(person(mara), c.ID)
			if c.Bad() {
				bad++
			}
			if !c.State.Completed() {
				y.Errorf("%s is %s", c.Key(), c.State)
			}
			v, err := y.Page(person(mara), c.ID)
			y.must(err)
			if v.Change.Entries != len(v.Entries) {
				y.Errorf("%d entries, the row says %d", len(v.Entries), v.Change.Entries)
			}
			y.sound(c.Ref())
		}
		if p := y.past("checkout"); p.Changes != 6 || p.Failed != bad {
			y.Errorf("%+v, %d failed", p, bad)
		}
	})
}
