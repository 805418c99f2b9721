package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// launch lets a change set out at a time: it is merged, its tests run, and its
// pipeline asks the gate.
func (h *history) launch(at time.Time, s *voyage) {
	h.add(at, func(ctx context.Context) error {
		h.next(s)
		if s.pull == 0 {
			h.ships.pulls++
			s.pull = h.ships.pulls
		}
		if _, err := h.say(ctx, s.known(at)...); err != nil {
			return err
		}
		return h.ask(ctx, s, at)
	})
}

// known is what the forge knows of a change's commit.
func (s *voyage) known(at time.Time) []change.Signal {
	signal := func(kind change.SignalKind, ago time.Duration) change.Signal {
		return change.Signal{Kind: kind, At: at.Add(-ago), Repository: s.repository, Commit: s.commit}
	}
	written := time.Duration(2+s.lines%46) * time.Hour
	pull := signal(change.SignalPull, 9*time.Minute)
	pull.Pull = &change.Pull{Number: s.pull, Link: s.link("pull"), Title: s.title, Author: s.author, Branch: s.author + "/work", Base: "main", Head: s.commit, Merged: s.commit, MergedAt: at.Add(-9 * time.Minute), MergedBy: s.author,
		Created: at.Add(-written), Added: s.lines * 3 / 4, Removed: s.lines / 4, Files: 1 + s.lines/25, Commits: 1 + s.lines/80, Sized: true}
	push := signal(change.SignalPush, 8*time.Minute)
	push.Push = &change.Pushed{Branch: "main", Title: s.title, Author: s.author, Committed: at.Add(-30 * time.Minute), Oldest: at.Add(-written), Commits: 1 + s.lines/80, Files: []string{"src/main.go"}, FileCount: 1 + s.lines/25, Default: true, Migrates: s.kind == change.Schema}
	tests := signal(change.SignalTests, 3*time.Minute)
	tests.Tests = &change.Tests{Suite: "unit", Total: s.tests, Passed: s.tests, Link: s.link("actions")}
	out := []change.Signal{pull, push, tests}
	if s.reviewer != "" {
		review := signal(change.SignalReview, 20*time.Minute)
		review.Review = &change.Review{Number: s.pull, Reviewer: s.reviewer, Author: s.author, Verdict: change.ReviewApproved, At: at.Add(-20 * time.Minute), Link: s.link("pull")}
		out = append(out, review)
	}
	return out
}

func (s *voyage) link(what string) string {
	return fmt.Sprintf("https://git.harbour.example/%s/%s/%d", s.repository, what, s.pull)
}

// ask asks the gate, and goes on as it says.
func (h *history) ask(ctx context.Context, s *voyage, at time.Time) error {
	q := change.Ask{Services: []string{s.service}, Type: s.as, Kind: s.kind, Purpose: s.purpose, Model: s.model, Title: s.title, Repository: s.repository, Commit: s.commit, Artefact: s.version,
		Author: s.author, PullRequest: s.link("pull"), Link: s.link("actions"), PlannedFrom: s.from, PlannedTo: s.to, RollbackPlan: s.plan, RollbackRef: s.auto, Source: h.ships.forge.Name}
	if len(s.ran) > 0 {
		q.Previous = s.ran[len(s.ran)-1].version
	}
	if s.back != 0 {
		q.RollbackOf = ref.N(ref.Change, s.back).String()
	}
	answer, err := h.a.Changes.Ask(h.pipeline(ctx), q)
	if err != nil {
		return fmt.Errorf("%s %s: %w", s.service, s.version, err)
	}
	s.id = answer.Change.ID
	return h.answered(s, answer, at)
}

func (h *history) answered(s *voyage, a change.Answer, at time.Time) error {
	switch {
	case s.fate == asks:
	case a.Allowed:
		h.deploy(at.Add(2*time.Minute), s)
	case a.State == change.Awaiting:
		for _, x := range a.Approvals {
			if x.State == change.Waiting {
				wait := s.wait
				if wait == 0 {
					wait = h.patience(x.Who, at)
				}
				h.approve(at.Add(wait), s, x.Who)
			}
		}
	case a.State == change.Scheduled || a.State == change.Approved:
	default: // held: the pipeline asks again
		if s.tries++; s.tries > 4 {
			h.add(at.Add(20*time.Minute), func(ctx context.Context) error {
				_, err := h.a.Changes.Cancel(h.as(s.author)(ctx), s.id, "It goes with the next one.")
				return err
			})
			return nil
		}
		again := at.Add(50 * time.Minute)
		if a.Again.After(again) {
			again = a.Again.Add(time.Hour)
		}
		if again.Before(h.ships.now.Add(-3 * time.Hour)) {
			h.add(again, func(ctx context.Context) error { return h.ask(ctx, s, again) })
		}
	}
	return nil
}

// patience is how long somebody takes to approve: colleagues an hour, the board
// until it has met, whoever is on call a minute or two.
func (h *history) patience(who string, at time.Time) time.Duration {
	switch who {
	case "on-call":
		return h.minutes(3)
	case "board":
		wait := h.minutes(190)
		if at.Weekday() == time.Friday && at.Hour() > 11 { // it meets on Monday again
			wait += 64 * time.Hour
		}
		return wait
	}
	return h.minutes(48)
}

// bench is who is asked for approvals, those who usually answer first.
var bench = map[string][]string{
	"board": {"omar", "mara"},
	"owner": {"jonas", "tom", "lena", "priya", "mara", "omar"},
}

// approve lets the first who may do it.
func (h *history) approve(at time.Time, s *voyage, as string) {
	if at.After(h.ships.now) {
		return // it waits for the visitor
	}
	h.add(at, func(ctx context.Context) error {
		who := bench[as]
		if who == nil {
			who = []string{"priya", "jonas", "tom", "lena", "mara", "omar"}
		}
		for _, name := range who {
			if name == s.author {
				continue
			}
			c, err := h.a.Changes.Approve(h.as(name)(ctx), s.id, s.commit, reasons[h.rand.IntN(len(reasons))])
			switch {
			case errs.Is(err, errs.Forbidden):
				continue
			case err != nil:
				return err
			}
			if c.State == change.Approved || c.State == change.Scheduled && c.PlannedFrom.Before(at) {
				h.deploy(at.Add(2*time.Minute), s)
			}
			if done, err := h.gave(ctx, s, as); done || err != nil {
				return err
			}
		}
		if as == "on-call" { // who is on call wrote it
			_, err := h.a.Changes.Cancel(h.as(s.author)(ctx), s.id, "I am the one on call; it can wait for a colleague.")
			return err
		}
		return fmt.Errorf("%s of %s: nobody may approve as %s", s.title, s.service, as)
	})
}

// gave reports whether nobody is waited for in this role any more: somebody who
// may not fill it, but approved in another one, has only said yes again.
func (h *history) gave(ctx context.Context, s *voyage, as string) (bool, error) {
	list, err := h.a.Changes.Approvals(system(ctx), s.id)
	return !slices.ContainsFunc(list, func(a change.Approval) bool { return a.Who == as && a.State == change.Waiting }), err
}

var reasons = []string{"", "", "Looks right, and it can be taken back.", "Read it line by line.", "Tested it on staging.", "Fine with us."}

// watched is how long a service is left alone after a deployment.
const watched = 32 * time.Minute

// deploy lets a change go to users, and what follows from that.
func (h *history) deploy(at time.Time, s *voyage) {
	h.ships.runs++
	key := fmt.Sprintf("deployment:%s:%d", s.repository, h.ships.runs)
	took := time.Duration(2+h.rand.IntN(8)) * time.Minute
	if s.notBefore.After(at) {
		at = s.notBefore
	}
	if s.back == 0 {
		if at.Before(s.free) {
			at = s.free // pipelines of a service wait for each other
		}
		s.free = at.Add(took + watched)
	}
	tell := func(t time.Time, phase change.Phase, reason string) {
		h.add(t, func(ctx context.Context) error {
			d := &change.Deployment{Key: key, Phase: phase, Environment: "production", Services: []string{s.service}, Artefact: s.version, Branch: "main", Title: s.title, Author: s.author,
				Link: s.link("actions"), Reason: reason, Change: s.kind, Type: s.as, Purpose: s.purpose, Model: s.model}
			if s.back != 0 {
				d.RollbackOf = ref.N(ref.Change, s.back).String()
			}
			r, err := h.say(ctx, change.Signal{Kind: change.SignalDeployment, At: t, Repository: s.repository, Commit: s.commit, Deployment: d})
			if err == nil && len(r.Changes) > 0 {
				s.id = r.Changes[0]
			}
			if err == nil && phase == change.PhaseSucceeded {
				h.arrived(ctx, s, t)
			}
			return err
		})
	}
	tell(at, change.PhaseStarted, "")
	switch s.fate {
	case breaks:
		tell(at.Add(took), change.PhaseFailed, "Pods did not become ready within 5 minutes")
	default:
		tell(at.Add(took), change.PhaseSucceeded, "")
	}
}

// arrived goes on from a change that runs.
func (h *history) arrived(ctx context.Context, s *voyage, at time.Time) {
	if s.as == change.Emergency && at.Before(h.ships.now.Add(-72*time.Hour)) {
		h.reviewLater(at.Add(20*time.Hour), s)
	}
	if s.kind != change.Deploy {
		return
	}
	if s.fate == hurts && s.back == 0 && len(s.ran) > 0 {
		story, ok := storyOf(s.service)
		lasts := min(h.minutes(26), 55*time.Minute) + 8*time.Minute
		story.heals = 0
		began := at.Add(time.Duration(3+h.rand.IntN(9)) * time.Minute)
		if ok && h.tell(story, began, lasts, h.ships.now) {
			good := s.ran[len(s.ran)-1]
			back := &voyage{yard: s.yard, release: good, kind: change.Deploy, as: change.Normal, purpose: change.Rollback, title: "Back to " + good.version, author: story.who, pull: s.pull, back: s.id}
			h.add(began.Add(lasts-7*time.Minute), func(ctx context.Context) error { return h.ask(ctx, back, began.Add(lasts-7*time.Minute)) })
			return
		}
	}
	if s.back == 0 {
		s.ran = append(s.ran, s.release)
	}
}

// storyOf is what goes wrong with a service.
func storyOf(service string) (story, bool) {
	for _, s := range stories {
		if s.service == service {
			return s, true
		}
	}
	return story{}, false
}
