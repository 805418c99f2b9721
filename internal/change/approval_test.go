package change_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

func responder(id int64) context.Context { return asPerson(id, actor.Responder) }

func (g *gate) state(id int64) change.Answer {
	g.Helper()
	a, err := g.GateState(asker(), id)
	g.must(err)
	return a
}

func TestFourEyes(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Peer, 1))
		a := g.in(g.ask(1), change.Awaiting)
		_, err := g.Approve(responder(jonasID), a.Change.ID, "", "mine")
		g.refused(errs.Forbidden, err)
		_, err = g.Approve(asPerson(omarID, actor.Requester), a.Change.ID, "", "")
		g.refused(errs.Forbidden, err)
		_, err = g.Approve(asker(), a.Change.ID, "", "")
		g.refused(errs.Forbidden, err)
		_, err = g.Approve(responder(maraID), a.Change.ID, sha(9), "")
		g.refused(errs.Conflict, err)
		c, err := g.Approve(responder(maraID), a.Change.ID, sha(1), "looks fine")
		g.must(err)
		if c.State != change.Approved || c.ApprovedAt.IsZero() {
			g.Fatalf("%s", c.State)
		}
		_, err = g.Approve(responder(maraID), a.Change.ID, sha(1), "pressed twice")
		g.must(err)
		_, err = g.Approve(responder(tomID), a.Change.ID, "", "")
		g.refused(errs.Conflict, err)
		b := g.in(g.ask(1), change.Approved)
		if !b.Allowed || !strings.Contains(b.Line, "1 approval") || b.Change.Version != c.Version {
			g.Errorf("%s", b.Line)
		}

		// Who asks the gate as a person cannot approve either; who looks again can.
		q := question(2)
		q.Author = "somebody-else"
		x, err := g.Service.Ask(responder(tomID), q)
		g.must(err)
		_, err = g.AskAgain(responder(maraID), x.Change.ID)
		g.must(err)
		_, err = g.Approve(responder(tomID), x.Change.ID, "", "")
		g.refused(errs.Forbidden, err)
		_, err = g.Approve(responder(maraID), x.Change.ID, "", "")
		g.must(err)
	})
}

func TestEveryReviewerCounts(t *testing.T) {
	gates(t, func(g *gate) {
		g.Duty = duty{[]int64{tomID}}
		g.rules(verdict(func(fact.Input) policy.Decision {
			return policy.Decision{Outcome: policy.NeedsReview, Reviews: []policy.Review{{Who: policy.Peer, Count: 2, Rule: "risk"}, {Who: policy.Owner, Count: 1, Rule: "boundaries"},
				{Who: policy.OnCall, Count: 1, Rule: "hours"}, {Who: policy.Team + "discovery", Count: 1, Rule: "search"}, {Who: policy.Board, Count: 1, Rule: "risk"}}}
		}))
		a := g.in(g.ask(1), change.Awaiting)
		if len(a.Approvals) != 6 {
			g.Fatalf("%d approvals", len(a.Approvals))
		}
		for _, x := range []struct {
			who  int64
			role actor.Role
			then string
		}{
			{maraID, actor.Responder, "1 × peer, 1 × on-call, 1 × team discovery, 1 × board"}, // peer and owner
			{tomID, actor.Responder, "1 × team discovery, 1 × board"},                         // peer and on call
			{priyaID, actor.Responder, "1 × board"},
		} {
			c, err := g.Approve(asPerson(x.who, x.role), a.Change.ID, "", "")
			g.must(err)
			if c.State != change.Awaiting || !strings.Contains(g.state(c.ID).Line, x.then) {
				g.Fatalf("after %d: %s, want %s", x.who, g.state(c.ID).Line, x.then)
			}
		}
		g.clock.pass(90 * time.Minute)
		c, err := g.Approve(asPerson(lenaID, actor.Manager), a.Change.ID, "", "")
		g.must(err)
		if c.State != change.Approved || c.Waited != 90*time.Minute {
			g.Errorf("%s after %s", c.State, c.Waited)
		}
	})
}

func TestApprovalsAreOfOneCommit(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Peer, 1))
		key := func(a *change.Ask) { a.Key = "deployment 7" }
		a := g.in(g.ask(1, key), change.Awaiting)
		_, err := g.Approve(responder(maraID), a.Change.ID, "", "")
		g.must(err)
		b := g.in(g.ask(2, key), change.Awaiting)
		if b.Change.ID != a.Change.ID || b.Change.Commit != sha(2) || b.Allowed {
			g.Fatalf("%s %s", b.Change.Key(), b.Line)
		}
		list, err := g.Approvals(responder(maraID), a.Change.ID)
		g.must(err)
		if len(list) != 2 || list[0].State != change.Expired || list[1].State != change.Waiting || list[1].Commit != sha(2) {
			g.Errorf("%+v", list)
		}
		_, err = g.Approve(responder(maraID), a.Change.ID, "", "")
		g.must(err)
		g.in(g.state(a.Change.ID), change.Approved)
	})
}

func TestApprovalsExpire(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Peer, 1))
		a := g.in(g.ask(1), change.Awaiting)
		g.clock.pass(8 * change.Day)
		g.dues()
		g.in(g.state(a.Change.ID), change.Assessed)
		_, err := g.Approve(responder(maraID), a.Change.ID, "", "")
		g.refused(errs.Conflict, err)
		g.in(g.ask(1), change.Awaiting) // asked anew
		_, err = g.Approve(responder(maraID), a.Change.ID, "", "")
		g.must(err)
		g.clock.pass(8 * change.Day)
		g.dues()
		g.in(g.state(a.Change.ID), change.Assessed)
		if b := g.in(g.ask(1), change.Awaiting); b.Allowed {
			g.Error("an approval was used after it expired")
		}
		// Unused also when the clock did not run yet: the gate looks itself.
		_, err = g.Approve(responder(maraID), a.Change.ID, "", "")
		g.must(err)
		g.clock.pass(8 * change.Day)
		g.in(g.ask(1), change.Awaiting)
	})
}

func TestReject(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Peer, 2))
		a := g.in(g.ask(1), change.Awaiting)
		_, err := g.Reject(responder(maraID), a.Change.ID, " ")
		g.refused(errs.Invalid, err)
		_, err = g.Reject(responder(jonasID), a.Change.ID, "not good")
		g.refused(errs.Forbidden, err)
		_, err = g.Reject(responder(maraID), a.Change.ID, "no tests for refunds")
		g.must(err)
		_, err = g.Reject(responder(maraID), a.Change.ID, "again")
		g.must(err)
		b := g.in(g.ask(1), change.Rejected)
		if b.Allowed || b.Change.ID != a.Change.ID || !strings.Contains(b.Line, "no tests for refunds") {
			g.Errorf("asked again: %s", b.Line)
		}
		if c := g.in(g.ask(2), change.Awaiting); c.Change.ID == a.Change.ID {
			g.Error("another commit is another change")
		}
	})
}

func TestDelegation(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Board, 1))
		a := g.in(g.ask(1), change.Awaiting)
		_, err := g.Approve(responder(tomID), a.Change.ID, "", "")
		g.refused(errs.Forbidden, err)
		now := g.clock.Now()
		_, err = g.Delegate(responder(tomID), change.Delegation{Person: lenaID, Delegate: tomID, Until: now.Add(time.Hour)})
		g.refused(errs.Forbidden, err)
		for _, bad := range []change.Delegation{{Delegate: lenaID, Until: now.Add(time.Hour)}, {Delegate: omarID, Until: now.Add(time.Hour)}, {Delegate: 77, Until: now.Add(time.Hour)},
			{Delegate: tomID}, {Delegate: tomID, Until: now.Add(400 * change.Day)}, {Delegate: tomID, From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour)}} {
			_, err := g.Delegate(asPerson(lenaID, actor.Manager), bad)
			g.refused(errs.Invalid, err)
		}
		d, err := g.Delegate(asPerson(lenaID, actor.Manager), change.Delegation{Delegate: tomID, Until: now.Add(time.Hour), Reason: "on leave"})
		g.must(err)
		_, err = g.Delegate(asPerson(lenaID, actor.Manager), change.Delegation{Delegate: jonasID, Until: now.Add(time.Hour)})
		g.must(err)
		_, err = g.Approve(responder(jonasID), a.Change.ID, "", "")
		g.refused(errs.Forbidden, err) // the author is no delegate
		list, err := g.Waiting(responder(tomID))
		g.must(err)
		if len(list) != 1 || list[0].As[0] != policy.Board {
			g.Errorf("tom's list: %+v", list)
		}
		c, err := g.Approve(responder(tomID), a.Change.ID, "", "")
		g.must(err)
		given, err := g.Approvals(responder(tomID), c.ID)
		g.must(err)
		if c.State != change.Approved || given[0].Person != tomID || given[0].OnBehalf != lenaID {
			g.Errorf("%s %+v", c.State, given)
		}
		b := g.in(g.ask(2), change.Awaiting)
		g.must(g.EndDelegation(responder(tomID), d.ID))
		g.must(g.EndDelegation(responder(tomID), d.ID))
		_, err = g.Approve(responder(tomID), b.Change.ID, "", "")
		g.refused(errs.Forbidden, err)
		g.refused(errs.NotFound, g.EndDelegation(responder(tomID), 99))
		all, err := g.Delegations(responder(tomID), 0, 10)
		g.must(err)
		if len(all) != 2 || all[1].Ended.IsZero() {
			g.Errorf("%+v", all)
		}
	})
}

func TestBoardAgenda(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Board, 1))
		a := g.ask(1)
		g.clock.pass(time.Hour)
		b := g.ask(2)
		g.rules(review(policy.Peer, 1))
		g.ask(3)
		list, err := g.Board(responder(maraID))
		g.must(err)
		if len(list) != 2 || list[0].Change.ID != a.Change.ID || list[1].Change.ID != b.Change.ID || list[0].Waited != time.Hour || list[0].Why == "" || list[0].Decision.ID == 0 {
			g.Errorf("%+v", list)
		}
		mine, err := g.Waiting(responder(maraID))
		g.must(err)
		if len(mine) != 1 || mine[0].As[0] != policy.Peer {
			g.Errorf("mara's list: %+v", mine)
		}
		if mine, err = g.Waiting(responder(jonasID)); err != nil || len(mine) != 0 {
			g.Errorf("the author's list: %+v %v", mine, err)
		}
	})
}

func (g *gate) reviewed(id int64, r change.Review) {
	g.Helper()
	g.must(g.DB.Write(asker(), actor.Actor{Kind: actor.Integration, ID: 3, Role: actor.Machine}, "review", func(tx *db.Tx) error {
		tx.Unrecorded("a test")
		return g.ApplyReview(tx, id, r)
	}))
}

func TestCodeReviewIsAnApproval(t *testing.T) {
	gates(t, func(g *gate) {
		g.rules(review(policy.Peer, 2))
		a := g.in(g.ask(1), change.Awaiting)
		word := func(who string, v change.Verdict) change.Review {
			return change.Review{Number: 7, Reviewer: who, Author: "jonas", Verdict: v, At: g.clock.Now(), Link: "https://git.harbour.example/7"}
		}
		for _, r := range []change.Review{word("jonas", change.ReviewApproved), word("JONAS", change.ReviewApproved), word("", change.ReviewApproved),
			word("tom", change.ReviewCommented), word("tom", change.ReviewChanges)} {
			g.reviewed(a.Change.ID, r)
		}
		if s := g.in(g.state(a.Change.ID), change.Awaiting); !strings.Contains(s.Line, "2 × peer") {
			g.Fatalf("%s", s.Line)
		}
		g.reviewed(a.Change.ID, word("tom", change.ReviewApproved))
		g.reviewed(a.Change.ID, word("tom", change.ReviewApproved)) // delivered twice
		if s := g.in(g.state(a.Change.ID), change.Awaiting); !strings.Contains(s.Line, "1 × peer") {
			g.Fatalf("%s", s.Line)
		}
		_, err := g.Approve(responder(tomID), a.Change.ID, "", "")
		g.must(err) // he did already: once more changes nothing
		g.in(g.state(a.Change.ID), change.Awaiting)
		g.reviewed(a.Change.ID, word("a-stranger", change.ReviewApproved))
		s := g.in(g.state(a.Change.ID), change.Approved)
		list, err := g.Approvals(responder(maraID), a.Change.ID)
		g.must(err)
		if list[0].Person != tomID || list[1].Outside != "a-stranger" || list[1].Via != change.ViaReview || !s.Allowed {
			g.Errorf("%+v", list)
		}
		g.reviewed(a.Change.ID, word("a-stranger", change.ReviewDismissed))
		g.in(g.state(a.Change.ID), change.Assessed)
		g.dues()
		if s := g.in(g.state(a.Change.ID), change.Awaiting); !strings.Contains(s.Line, "1 × peer") {
			g.Errorf("%s", s.Line)
		}
	})
}

func TestShadowPolicyDecidesNothing(t *testing.T) {
	gates(t, func(g *gate) {
		g.policy.shadow = verdict(deny)
		a := g.in(g.ask(1), change.Approved)
		g.ShadowsDone()
		n := g.decisions(a.Change.ID)
		if n[change.ModeShadow] != 1 || n[change.ModeGate] != 1 || !g.state(a.Change.ID).Allowed {
			g.Errorf("%v", n)
		}
		count := 0
		for r, err := range g.Replays(responder(maraID), 10) {
			g.must(err)
			count++
			if r.Change != a.Change.ID || r.Input.Change.Commit != sha(1) || r.Result.Outcome != policy.Allow {
				g.Errorf("%+v", r)
			}
		}
		if count != 1 {
			g.Errorf("%d replays", count)
		}
	})
}

// forge keeps what a forge told about a commit, as ingest does.
func (g *gate) forge(commit, kind, key, data string) {
	g.Helper()
	g.must(g.DB.Write(asker(), actor.Job("test"), "told", func(tx *db.Tx) error {
		tx.Unrecorded("a test")
		return change.Tell(tx, "harbour/checkout", commit, kind, key, data, g.clock.Now())
	}))
}

// With the policy that comes with the program a code review is enough for a
// medium risk, and one that is taken back is missed.
func TestReviewsThatPolicyCountsOn(t *testing.T) {
	gates(t, func(g *gate) {
		_, err := g.Configure(asPerson(lenaID, actor.Manager), 0, change.Settings{Thresholds: change.Levels{Medium: 2}})
		g.must(err)
		g.rules(policy.Shipped())
		g.forge(sha(1), "pull", "7", `{"number":7,"author":"jonas","head":"`+sha(1)+`","added":900,"removed":300,"files":60,"sized":true}`)
		g.forge(sha(1), "push", "main", `{"branch":"main","n_files":60}`)
		ask := func() change.Answer {
			return g.ask(1, func(a *change.Ask) { a.RollbackPlan = "ship the one before" })
		}
		a := g.in(ask(), change.Awaiting)
		if a.Change.RiskLevel != "medium" {
			g.Fatalf("the story needs a medium risk: %d %s", a.Change.Risk, a.Line)
		}
		g.forge(sha(1), "review", "7/tom", `{"number":7,"reviewer":"tom","author":"jonas","verdict":"approved","at":"2026-11-20T14:00:00Z"}`)
		b := ask()
		if !b.Allowed {
			g.Fatalf("a code review is a peer's: %s", b.Line)
		}
		word := change.Review{Number: 7, Reviewer: "tom", Author: "jonas", Verdict: change.ReviewApproved, At: g.clock.Now()}
		g.reviewed(b.Change.ID, word)
		if c := g.state(b.Change.ID); c.Change.Version != b.Change.Version {
			g.Error("what was counted is told again, and that changed something")
		}
		g.forge(sha(1), "review", "7/tom", `{"number":7,"reviewer":"tom","author":"jonas","verdict":"changes requested","at":"2026-11-20T15:00:00Z"}`)
		word.Verdict = change.ReviewChanges
		g.clock.pass(time.Minute)
		g.reviewed(b.Change.ID, word)
		g.dues()
		c := g.in(g.state(b.Change.ID), change.Awaiting)
		g.reviewed(b.Change.ID, word)
		if d := g.state(b.Change.ID); d.Change.Version != c.Change.Version {
			g.Error("told again, and that changed something")
		}
		// Another one's approval does not speak over it.
		g.forge(sha(1), "review", "7/priya", `{"number":7,"reviewer":"priya","author":"jonas","verdict":"approved","at":"2026-11-20T15:10:00Z"}`)
		g.reviewed(b.Change.ID, change.Review{Number: 7, Reviewer: "priya", Author: "jonas", Verdict: change.ReviewApproved})
		g.in(ask(), change.Awaiting)
	})
}

// A practice that a repository never had is neutral; one that it had and that
// says nothing this time is asked about.
func TestWhatARepositoryTells(t *testing.T) {
	gates(t, func(g *gate) {
		facts := func(n int) fact.Input {
			a, err := g.Preview(asker(), question(n))
			g.must(err)
			return a.Decision.Input
		}
		if in := facts(1); in.Tests.State != fact.NotAdopted || in.Reviews.State != fact.NotAdopted || in.Size.State != fact.NotAdopted {
			g.Errorf("%s %s %s", in.Tests.State, in.Reviews.State, in.Size.State)
		}
		g.forge(sha(2), "tests", "unit", `{"suite":"unit","total":5,"passed":4,"failed":1}`)
		g.forge(sha(2), "tests", "e2e", `{"suite":"e2e","total":3,"passed":3}`)
		if in := facts(2); in.Tests.State != fact.Value || in.Tests.Value.Failed != 1 || in.Tests.Value.Suites != 2 || in.Tests.Value.Total != 8 {
			g.Errorf("%+v", in.Tests)
		}
		change.ForgetTold(g.Service)
		if in := facts(3); in.Tests.State != fact.Unknown || in.Tests.Why == "" {
			g.Errorf("%+v", in.Tests)
		}
	})
}
