package change_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

func TestGateAllowsAndKeepsWhy(t *testing.T) {
	gates(t, func(g *gate) {
		a := g.in(g.ask(1), change.Approved)
		if !a.Allowed || a.Line == "" || a.Path != a.Change.Ref().Path() || a.Change.Decision == 0 || a.Change.Risk < 0 {
			g.Fatalf("%+v", a)
		}
		d, err := g.DecisionByID(asPerson(maraID, actor.Responder), a.Change.Decision)
		g.must(err)
		if d.Result.Outcome != policy.Allow || d.Policy != 1 || d.Change != a.Change.ID || d.Input.Change.Commit != sha(1) || d.Mode != change.ModeGate {
			g.Errorf("%+v", d)
		}
		if len(d.Input.Services.Value) != 1 || d.Input.Services.Value[0].Team != "payments" || d.Input.Budget.State != fact.NotAdopted || d.Input.Risk.State != fact.Value {
			g.Errorf("facts: %+v", d.Input)
		}
		// Asked again, by an alias and in capitals, it is the same, and nothing is written.
		b := g.ask(1, func(a *change.Ask) { a.Services = []string{"Checkout-App"} })
		if b.Change.ID != a.Change.ID || b.Change.Version != a.Change.Version || !b.Allowed || g.decisions(a.Change.ID)[change.ModeGate] != 1 {
			g.Errorf("asked again: %s v%d, decisions %v", b.Change.Key(), b.Change.Version, g.decisions(a.Change.ID))
		}
		g.must(g.DB.Read(context.Background(), func(q db.Querier) error {
			sum, err := change.DecisionDigest(q, d.Ref())
			if err != nil || len(sum) != 64 {
				g.Errorf("digest %q: %v", sum, err)
			}
			return nil
		}))
	})
}

func TestGateRefusesWhatItCannotRead(t *testing.T) {
	gates(t, func(g *gate) {
		for name, edit := range map[string]func(*change.Ask){
			"a short hash":          func(a *change.Ask) { a.Commit = "abc123" },
			"nothing to deploy":     func(a *change.Ask) { a.Commit = "" },
			"no service":            func(a *change.Ask) { a.Services = nil },
			"an unknown service":    func(a *change.Ask) { a.Services = []string{"chekout"} },
			"a type":                func(a *change.Ask) { a.Type = "urgent" },
			"a kind":                func(a *change.Ask) { a.Kind = "thing" },
			"a standard without":    func(a *change.Ask) { a.Type = change.Standard },
			"a rollback of a thing": func(a *change.Ask) { a.RollbackOf = "the last one" },
			"a plan":                func(a *change.Ask) { a.PlannedFrom, a.PlannedTo = g.clock.Now().Add(time.Hour), g.clock.Now() },
		} {
			a := question(1)
			edit(&a)
			_, err := g.Service.Ask(asker(), a)
			if !errs.Is(err, errs.Invalid) {
				g.Errorf("%s: %v", name, err)
			}
		}
		_, err := g.Service.Ask(context.Background(), question(1))
		g.refused(errs.Unauthenticated, err)
		_, err = g.Service.Ask(asPerson(omarID, actor.Requester), question(1))
		g.refused(errs.Forbidden, err)
	})
}

func TestUnregisteredServiceIsProposed(t *testing.T) {
	gates(t, func(g *gate) {
		var proposed []string
		g.Unregistered = func(tx *db.Tx, name, repository string) error {
			proposed = append(proposed, name+" of "+repository)
			return errs.BadField("services", name, "not this one")
		}
		a := question(1)
		a.Services = []string{"checkout", "loyalty"}
		_, err := g.Service.Ask(asker(), a)
		g.refused(errs.Invalid, err)
		if len(proposed) != 1 || proposed[0] != "loyalty of harbour/checkout" {
			g.Errorf("%v", proposed)
		}
	})
}

// A gate never opens because something is missing or broken.
func TestWhatFailsNeedsReview(t *testing.T) {
	gates(t, func(g *gate) {
		for n, j := range []change.Judge{
			nil,
			verdict(func(fact.Input) policy.Decision { panic("a fault") }),
			verdict(func(fact.Input) policy.Decision { return policy.Decision{} }),
			verdict(func(fact.Input) policy.Decision { return policy.Decision{Outcome: "yes"} }),
			verdict(func(fact.Input) policy.Decision { return policy.Decision{Outcome: policy.NeedsReview} }),
			verdict(func(fact.Input) policy.Decision {
				return policy.Decision{Outcome: policy.Allow, Reviews: []policy.Review{{Who: "peer", Count: 1}}}
			}),
			looping(g.T),
		} {
			g.rules(j)
			a := g.in(g.ask(100+n), change.Awaiting)
			if a.Allowed || a.Change.Outcome != policy.NeedsReview || len(a.Approvals) == 0 {
				g.Errorf("policy %d: %s", n, a.Line)
			}
		}
	})
}

// looping is a policy that would take for ever.
func looping(t *testing.T) change.Judge {
	list := "[" + strings.TrimSuffix(strings.Repeat("1, ", 500), ", ") + "]"
	c, err := policy.Compile(map[string]string{"loop.rego": "package evenkeel.change\nlist := " + list + `
decision := {"outcome": "allow"} if {
	some a in list
	some b in list
	some c in list
	some d in list
	a + b + c + d == 5
}`})
	if err != nil {
		t.Fatal(err)
	}
	c.Deadline = 5 * time.Millisecond
	return c
}

// ranBefore makes an artefact run successfully.
func (g *gate) ran(n int, artefact string) change.Change {
	g.Helper()
	g.rules(verdict(allow))
	a := g.in(g.ask(n, func(a *change.Ask) { a.Artefact = artefact }), change.Approved)
	_, err := g.Start(asker(), a.Change.ID)
	g.must(err)
	_, err = g.Deployed(asker(), a.Change.ID)
	g.must(err)
	g.clock.pass(time.Hour)
	g.dues()
	c, err := g.Get(asPerson(maraID, actor.Responder), a.Change.ID)
	g.must(err)
	if c.State != change.Succeeded {
		g.Fatalf("%s is %s", c.Key(), c.State)
	}
	return c
}

func TestRollbackIsNeverBlocked(t *testing.T) {
	gates(t, func(g *gate) {
		g.ran(1, "v1")
		g.ran(2, "v2")
		g.freeze(g.clock.Now().Add(24 * time.Hour))
		for n, j := range []change.Judge{verdict(deny), verdict(unlessFrozen), nil, looping(g.T), review(policy.Board, 3),
			verdict(func(fact.Input) policy.Decision { panic("a fault") }), verdict(func(fact.Input) policy.Decision { return policy.Decision{} }), policy.Shipped()} {
			g.rules(j)
			a := g.ask(1, func(a *change.Ask) { a.Artefact, a.Key = "v1", "run "+sha(n) })
			if !a.Allowed || !a.Change.Returns {
				g.Errorf("policy %d holds a rollback: %s", n, a.Line)
			}
			if !strings.Contains(a.Line, "ran here successfully") {
				g.Errorf("policy %d: %s", n, a.Line)
			}
			_, err := g.Cancel(asPerson(maraID, actor.Responder), a.Change.ID, "not needed")
			g.must(err)
		}
		// Whoever only says so is held.
		g.rules(verdict(deny))
		for name, edit := range map[string]func(*change.Ask){
			"a purpose":               func(a *change.Ask) { a.Purpose = change.Rollback },
			"a reference":             func(a *change.Ask) { a.RollbackOf = "CHG-2" },
			"what never ran":          func(a *change.Ask) { a.Artefact = "v0" },
			"a tag with new contents": func(a *change.Ask) { a.Artefact = "v1" },
			"what runs now":           func(a *change.Ask) { a.Commit, a.Artefact = sha(2), "v2" },
			"another service":         func(a *change.Ask) { a.Services, a.Commit, a.Artefact = []string{"search"}, sha(1), "v1" },
			"another environment":     func(a *change.Ask) { a.Environment, a.Commit, a.Artefact = "eu", sha(1), "v1" },
		} {
			a := g.ask(300+len(name), edit)
			if a.Allowed {
				g.Errorf("%s opens the gate: %s", name, a.Line)
			}
		}
	})
}

func TestTwoGatesAtOnceMakeOneChange(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Peer, 1))
		var wg sync.WaitGroup
		answers := make([]change.Answer, 12)
		failed := make([]error, len(answers))
		for n := range answers {
			wg.Go(func() {
				a := question(1)
				if n%2 == 1 {
					a.Key = "run 7"
				}
				answers[n], failed[n] = g.Service.Ask(asker(), a)
			})
		}
		wg.Wait()
		for n, a := range answers {
			g.must(failed[n])
			if a.Change.ID != answers[0].Change.ID || a.State != change.Awaiting || a.Decision.ID == 0 {
				g.Errorf("answer %d: %s %s %s", n, a.Change.Key(), a.State, a.Line)
			}
		}
		id := answers[0].Change.ID
		if n := g.decisions(id)[change.ModeGate]; n != 1 {
			g.Errorf("%d decisions", n)
		}
		list, err := g.Approvals(asPerson(maraID, actor.Responder), id)
		g.must(err)
		if len(list) != 1 {
			g.Errorf("%d approvals", len(list))
		}
	})
}

// Many gates of services that stand on each other, at once: each is answered,
// and no two start blindly beside each other.
func TestManyGatesAtOnce(t *testing.T) {
	gates(t, func(g *gate) {
		var wg sync.WaitGroup
		failed := make([]error, 24)
		for n := range failed {
			wg.Go(func() {
				a := question(500 + n)
				a.Services = [][]string{{"checkout", "search"}, {"search", "checkout"}, {"search"}}[n%3]
				_, failed[n] = g.Service.Ask(asker(), a)
			})
		}
		wg.Wait()
		for _, err := range failed {
			g.must(err)
		}
	})
}

// A freeze that comes between the facts and the decision is seen.
func TestFreezeBetweenFactsAndDecision(t *testing.T) {
	gates(t, func(g *gate) {
		var once sync.Once
		g.rules(verdict(func(in fact.Input) policy.Decision {
			d := unlessFrozen(in)
			once.Do(func() { g.freeze(g.clock.Now().Add(48 * time.Hour)) })
			return d
		}))
		a := g.in(g.ask(1), change.Assessed)
		if a.Allowed || a.Change.Outcome != policy.Deny || a.Decision.Windows != 1 {
			g.Fatalf("%s", a.Line)
		}
		if n := g.decisions(a.Change.ID)[change.ModeGate]; n != 1 {
			g.Errorf("%d decisions were kept", n)
		}
	})
}

func TestFreezeEndsByItself(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(verdict(unlessFrozen))
		g.freeze(g.clock.Now().Add(2 * time.Hour))
		a := g.in(g.ask(1), change.Assessed)
		if a.Again.IsZero() || a.Again.After(g.clock.Now().Add(2*time.Hour)) {
			g.Fatalf("asked again at %v", a.Again)
		}
		b := g.ask(1) // a pipeline that waits
		if b.Change.Version != a.Change.Version || b.Allowed {
			g.Errorf("waiting writes: %d, %d", b.Change.Version, a.Change.Version)
		}
		g.clock.pass(3 * time.Hour)
		g.dues()
		if s, err := g.GateState(asker(), a.Change.ID); err != nil || !s.Allowed {
			g.Errorf("after the freeze: %s %v", s.Line, err)
		}
	})
}

// What was allowed is looked at again when somebody wants to start.
func TestApprovedIsHeldByALaterFreeze(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(verdict(func(in fact.Input) policy.Decision {
			if d := unlessFrozen(in); d.Outcome == policy.Deny {
				return d
			}
			return review(policy.Peer, 1)(in)
		}))
		a := g.in(g.ask(1), change.Awaiting)
		_, err := g.Approve(asPerson(maraID, actor.Responder), a.Change.ID, sha(1), "fine")
		g.must(err)
		g.freeze(g.clock.Now().Add(2 * time.Hour))
		if b := g.in(g.ask(1), change.Assessed); b.Allowed {
			g.Fatal("it starts in the freeze")
		}
		g.clock.pass(3 * time.Hour)
		if c := g.in(g.ask(1), change.Approved); !c.Allowed { // nobody is asked twice
			g.Errorf("%s", c.Line)
		}
	})
}

func TestPreviewKeepsNothing(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Board, 2))
		a, err := g.Preview(asPerson(omarID, actor.Requester), question(1))
		g.must(err)
		if a.Allowed || a.Decision.Result.Outcome != policy.NeedsReview || a.Change.ID != 0 || !strings.Contains(a.Line, "2 × board") {
			g.Errorf("%+v", a.Line)
		}
		if b := g.ask(1); b.Change.ID != 1 {
			g.Errorf("a dry run used up a number: %s", b.Change.Key())
		}
	})
}

func TestGateQueriesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, x := range change.GateQueries(d) {
			dbtest.UsesIndex(t, d, x.SQL, x.Args...)
		}
	})
}

// A deployment that begins long after it was allowed is looked at again; what
// began is recorded as what it was.
func TestStartIsLookedAtAgain(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(verdict(unlessFrozen))
		a, b := g.in(g.ask(1), change.Approved), g.in(g.ask(2), change.Approved)
		g.clock.pass(10 * time.Minute)
		c, err := g.Start(asker(), a.Change.ID)
		g.must(err)
		if c.Bypass || g.decisions(c.ID)[change.ModeStart] != 1 {
			g.Errorf("bypass %v, decisions %v", c.Bypass, g.decisions(c.ID))
		}
		g.freeze(g.clock.Now().Add(time.Hour))
		c, err = g.Start(asker(), b.Change.ID)
		g.must(err)
		if !c.Bypass || c.State != change.InProgress {
			g.Errorf("it began in a freeze: bypass %v, %s", c.Bypass, c.State)
		}
		if s := g.state(c.ID); s.Allowed {
			g.Errorf("%s", s.Line)
		}
	})
}

// A second change of a service meets the one that runs.
func TestCollisionIsSeen(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(verdict(func(in fact.Input) policy.Decision {
			for _, c := range in.Collisions.Value.List {
				if c.Relation == "same" {
					return policy.Decision{Outcome: policy.Deny, Reasons: []policy.Reason{{Rule: "collision", Effect: policy.Denies, Text: c.Change + " is " + c.State}}}
				}
			}
			return allow(in)
		}))
		a := g.in(g.ask(1), change.Approved)
		_, err := g.Start(asker(), a.Change.ID)
		g.must(err)
		b := g.in(g.ask(2), change.Assessed)
		if !strings.Contains(b.Line, a.Change.Key()+" is in progress") || b.Again.IsZero() {
			g.Fatalf("%s", b.Line)
		}
		if c := g.ask(3, func(a *change.Ask) { a.Services = []string{"search"} }); !c.Allowed {
			g.Errorf("another service: %s", c.Line)
		}
		_, err = g.Deployed(asker(), a.Change.ID)
		g.must(err)
		g.clock.pass(2 * time.Hour)
		g.dues()
		g.dues()
		if c := g.ask(2); !c.Allowed {
			g.Errorf("when it is over: %s", c.Line)
		}
	})
}
