package change_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// The people of the demo organisation; gates are tested on their real rows.
const (
	maraID int64 = iota + 1
	jonasID
	priyaID
	tomID
	lenaID
	omarID
)

// staff answers who people are by their rows.
type staff struct{}

func (staff) Names(q db.Querier, ids []int64) (map[int64]string, error) {
	list, err := auth.People(q, ids)
	out := map[int64]string{}
	for id, p := range list {
		out[id] = p.Display
	}
	return out, err
}

func (staff) PersonOf(q db.Querier, handle string) (int64, bool, error) {
	p, err := auth.PersonByHandle(q, handle)
	if errs.Is(err, errs.NotFound) {
		return 0, false, nil
	}
	return p.ID, err == nil, err
}

func (s staff) PersonByMail(q db.Querier, address string) (int64, bool, error) {
	return s.PersonOf(q, address)
}

func (staff) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamAlone(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// verdict is a policy as a function.
type verdict func(in fact.Input) policy.Decision

func (v verdict) Decide(_ context.Context, input any) policy.Decision { return v(input.(fact.Input)) }

// policies are the ones in force and in the shadow; both can be exchanged.
type policies struct {
	mu             sync.Mutex
	active, shadow change.Judge
	id             int64
}

func (p *policies) Active(db.Querier) (change.Judge, int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.active, p.id, nil
}

func (p *policies) Shadow(db.Querier) (change.Judge, int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shadow, 99, nil
}

// calendarOf windows that are set by hand.
type windows struct {
	set atomic.Pointer[window.Set]
	n   atomic.Int64
}

func (w *windows) Current(db.Querier) (*window.Set, int64, error) {
	return w.set.Load(), w.n.Load(), nil
}

type duty struct{ people []int64 }

func (d duty) OnCallFor(db.Querier, string, string, time.Time) ([]int64, error) { return d.people, nil }

// gate is the practice with people, services, windows and a policy.
type gate struct {
	*testing.T
	*change.Service
	clock   *gateClock
	policy  *policies
	windows *windows
}

type gateClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *gateClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *gateClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func asPerson(id int64, role actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: id, Person: id, Role: role})
}

func asker() context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.Integration, ID: 3, Role: actor.Machine})
}

// allow, peer and deny are the plainest policies.
func allow(fact.Input) policy.Decision {
	return policy.Decision{Outcome: policy.Allow, Reasons: []policy.Reason{{Rule: "all", Effect: policy.Neutral, Text: "All may pass"}}}
}

func review(who string, count int) verdict {
	return func(fact.Input) policy.Decision {
		return policy.Decision{Outcome: policy.NeedsReview, Reviews: []policy.Review{{Who: who, Count: count, Rule: "test"}},
			Reasons: []policy.Reason{{Rule: "test", Effect: policy.Adds, Text: "The test wants it"}}}
	}
}

func deny(fact.Input) policy.Decision {
	return policy.Decision{Outcome: policy.Deny, Reasons: []policy.Reason{{Rule: "test", Effect: policy.Denies, Text: "Nothing passes"}}}
}

// unlessFrozen denies while a freeze is in force.
func unlessFrozen(in fact.Input) policy.Decision {
	if len(in.Windows.Value.Freezes) > 0 {
		return policy.Decision{Outcome: policy.Deny, Reasons: []policy.Reason{{Rule: "freeze", Effect: policy.Denies, Text: in.Windows.Value.Freezes[0].Title}}}
	}
	return allow(in)
}

// gates runs a test on both databases.
func gates(t *testing.T, f func(g *gate)) {
	c := &gateClock{now: time.Date(2026, 11, 20, 14, 4, 0, 0, time.UTC)} // a Friday
	dbtest.EachWith(t, c.Now, func(t *testing.T, d *db.DB) { f(newGate(t, d, c)) })
}

func newGate(t testing.TB, d *db.DB, c *gateClock) *gate {
	t.Helper()
	people, _, err := auth.New(d, auth.Config{})
	if err != nil {
		t.Fatal(err)
	}
	admin := actor.With(context.Background(), actor.Job("test"))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range []struct {
		handle string
		role   actor.Role
	}{{"mara", actor.Responder}, {"jonas", actor.Responder}, {"priya", actor.Responder}, {"tom", actor.Responder}, {"lena", actor.Manager}, {"omar", actor.Requester}} {
		got, _, err := people.CreatePerson(admin, auth.PersonEdit{Handle: p.handle, Email: p.handle + "@harbour.example", Role: p.role, Profile: auth.Profile{Display: p.handle}})
		must(err)
		if got.ID != int64(i+1) {
			t.Fatalf("%s is number %d", p.handle, got.ID)
		}
	}
	_, err = people.CreateTeam(admin, "payments", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "mara", Role: auth.Lead}, {Person: "jonas"}}})
	must(err)
	_, err = people.CreateTeam(admin, "discovery", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "priya", Role: auth.Manager}}})
	must(err)
	services := catalog.New(d, staff{})
	for name, team := range map[string]string{"checkout": "payments", "search": "discovery"} {
		_, err := services.Create(admin, name, catalog.Edit{Team: team, Tier: 1, Aliases: []string{name + "-app"}})
		must(err)
	}
	g := &gate{Service: change.New(d, services), clock: c, policy: &policies{active: verdict(allow), id: 1}, windows: &windows{}}
	g.T, _ = t.(*testing.T)
	none, err := window.Compile(nil)
	must(err)
	g.windows.set.Store(none)
	g.People, g.Policies, g.Windows = staff{}, g.policy, g.windows
	return g
}

func (g *gate) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

func (g *gate) refused(k errs.Kind, err error) {
	g.Helper()
	if !errs.Is(err, k) {
		g.Fatalf("got %v, want an error of kind %s", err, k)
	}
}

func (g *gate) rules(j change.Judge) {
	g.policy.mu.Lock()
	g.policy.active = j
	g.policy.id++
	g.policy.mu.Unlock()
	g.must(g.DB.Write(asker(), actor.Job("test"), "policy", func(tx *db.Tx) error {
		tx.Unrecorded("a test")
		return change.Bump(tx)
	}))
}

func sha(n int) string { return fmt.Sprintf("%040x", 0xabc000+n) }

// ask asks for a deployment of checkout by jonas.
func (g *gate) ask(n int, edit ...func(a *change.Ask)) change.Answer {
	g.Helper()
	a := question(n)
	for _, f := range edit {
		f(&a)
	}
	out, err := g.Service.Ask(asker(), a)
	g.must(err)
	return out
}

func question(n int) change.Ask {
	return change.Ask{Services: []string{"checkout"}, Commit: sha(n), Repository: "harbour/checkout", Author: "jonas"}
}

func (g *gate) in(a change.Answer, want change.State) change.Answer {
	g.Helper()
	if a.State != want {
		g.Fatalf("%s is %s (%s), want %s", a.Change.Key(), a.State, a.Line, want)
	}
	return a
}

// freeze puts a freeze for everything in force, as its practice does it.
func (g *gate) freeze(until time.Time) {
	set, err := window.Compile([]window.Named{{Name: "quiet", Version: 1, Spec: window.Spec{Title: "Quiet days", Kind: window.Freeze, Zone: "UTC",
		Start: "2026-11-01T00:00", End: until.UTC().Format("2006-01-02T15:04"), Allows: []string{"emergency"}}}})
	g.must(err)
	g.must(g.DB.Write(asker(), actor.Job("test"), "freeze", func(tx *db.Tx) error {
		tx.Unrecorded("a test")
		tx.After(func() { g.windows.set.Store(set); g.windows.n.Add(1) })
		return change.Bump(tx)
	}))
}

// decisions counts the decisions of a change by mode.
func (g *gate) decisions(id int64) map[change.Mode]int {
	g.Helper()
	list, err := g.DecisionsOf(asPerson(maraID, actor.Responder), id, 0, 200)
	g.must(err)
	out := map[change.Mode]int{}
	for _, d := range list {
		out[d.Mode]++
	}
	return out
}

// dues runs what is due until nothing is.
func (g *gate) dues() {
	g.Helper()
	for range 20 {
		n, err := g.Due().Run(context.Background(), g.DB)
		g.must(err)
		if n == 0 {
			return
		}
	}
	g.Fatal("due work does not end")
}
