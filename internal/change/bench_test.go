package change_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// The people of the demo organisation.
const (
	mara int64 = iota + 1
	jonas
	priya
	tom
)

// someone is what the practice asks about people and teams, as plain data.
type someone struct{}

func (someone) Names(_ db.Querier, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	for _, id := range ids {
		if id >= mara && id <= tom {
			out[id] = [...]string{"", "Mara", "Jonas", "Priya", "Tom"}[id]
		}
	}
	return out, nil
}
func (someone) PersonOf(_ db.Querier, handle string) (int64, bool, error) {
	id, ok := map[string]int64{"mara": mara, "jonas": jonas, "priya": priya, "tom": tom}[handle]
	return id, ok, nil
}
func (p someone) PersonByMail(q db.Querier, address string) (int64, bool, error) {
	handle, _, _ := strings.Cut(address, "@")
	return p.PersonOf(q, handle)
}
func (someone) TeamExists(_ db.Querier, name string) (bool, error) {
	return name == "payments" || name == "discovery", nil
}

// handClock is moved by hand.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}
func (c *handClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// yard is one practice on one database, with the events it told.
type yard struct {
	*testing.T
	*change.Service
	clock *handClock

	mu     sync.Mutex
	events []change.Event
}

func person(id int64) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: id, Person: id, Role: actor.Manager})
}

func pipeline() context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.Integration, ID: 3, Role: actor.Machine})
}

func newYard(t *testing.T, d *db.DB, clock *handClock) *yard {
	t.Helper()
	people, _, err := auth.New(d, auth.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"payments", "discovery"} {
		if _, err := people.CreateTeam(person(mara), name, auth.TeamEdit{}); err != nil {
			t.Fatal(err)
		}
	}
	c := catalog.New(d, someone{})
	y := &yard{T: t, Service: change.New(d, c), clock: clock}
	y.People = someone{}
	y.On(func(_ *db.Tx, e change.Event) error {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.events = append(y.events, e)
		return nil
	})
	for name, team := range map[string]string{"checkout": "payments", "search": "discovery", "email": "discovery"} {
		if _, err := c.Create(person(mara), name, catalog.Edit{Team: team, Tier: 1, Aliases: []string{name + "-app"}}); err != nil {
			t.Fatal(err)
		}
	}
	return y
}

// yards runs a test on both databases. It begins on a Friday.
func yards(t *testing.T, f func(y *yard)) {
	t.Helper()
	t.Parallel()
	clock := &handClock{now: time.Date(2026, 11, 20, 14, 4, 0, 0, time.UTC)}
	dbtest.EachWith(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.now = time.Date(2026, 11, 20, 14, 4, 0, 0, time.UTC)
		f(newYard(t, d, clock))
	})
}

func (y *yard) must(err error) {
	y.Helper()
	if err != nil {
		y.Fatal(err)
	}
}

// make records a change by hand.
func (y *yard) make(c change.Change) change.Change {
	y.Helper()
	if len(c.Services) == 0 {
		c.Services = []string{"checkout"}
	}
	out, err := y.Open(person(mara), c)
	y.must(err)
	return out
}

var serial int

// ship takes a new change to the end of its deployment.
func (y *yard) ship(c change.Change) change.Change {
	y.Helper()
	serial++
	if c.Commit == "" {
		c.Commit = fmt.Sprintf("%040x", 7_000_000+serial)
	}
	c = y.make(c)
	c, err := y.Do(pipeline(), c.ID, func(s *change.Step) error {
		if err := s.Decide("allow", 20); err != nil {
			return err
		}
		if err := s.Approve("low risk", time.Time{}); err != nil {
			return err
		}
		if err := s.Start(s.Now()); err != nil {
			return err
		}
		return s.Deployed(s.Now())
	})
	y.must(err)
	return c
}

// told lists the kinds of events since it was last called.
func (y *yard) told() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	out := make([]string, 0, len(y.events))
	for _, e := range y.events {
		out = append(out, e.Change.Key()+" "+string(e.Kind))
	}
	y.events = nil
	return strings.Join(out, ", ")
}

// due runs everything that is due until nothing is.
func (y *yard) due() {
	y.Helper()
	src := y.Due()
	for n := 0; ; n++ {
		done, err := src.Run(context.Background(), y.DB)
		y.must(err)
		if done == 0 {
			return
		}
		if n == 50 {
			y.Fatal("due work does not end")
		}
	}
}

// sound compares the present content of a record with its last evidence entry.
func (y *yard) sound(r ref.Ref) {
	y.Helper()
	y.must(y.DB.Read(context.Background(), func(q db.Querier) error {
		got, err := change.DigestOf(q, r)
		if err != nil {
			return err
		}
		var last string
		if err := q.QueryRow("SELECT entry FROM evidence WHERE record = $1 ORDER BY version DESC LIMIT 1", r.String()).Scan(&last); err != nil {
			return err
		}
		if m := regexp.MustCompile(`"after":"([0-9a-f]+)"`).FindStringSubmatch(last); m == nil || m[1] != got {
			y.Errorf("%s has the digest %s, its last entry says %s", r, got, last)
		}
		return nil
	}))
}
