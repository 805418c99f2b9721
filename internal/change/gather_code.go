package change

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
)

// said is one thing that pipelines told about a commit.
type said struct {
	Repository string
	Kind       SignalKind
	Key        string
	Data       string
}

// codeFacts are what pipelines told about the commit: its size, tests, scans,
// reviews, and whether it migrates a database.
//
// Nothing told is unknown where earlier commits of the repository had it, and
// not adopted where none ever had: a team that sends no test reports yet is
// not asked for them by surprise.
func (s *Service) codeFacts(q db.Querier, g *gathered, c Change, list []said) error {
	in := &g.in
	list = ofRepository(list, c.Repository)
	var pull *Pull
	var size fact.Size
	var tests fact.Tests
	var scans fact.Scans
	var sized, migrates, looked bool
	for _, x := range list {
		switch x.Kind {
		case SignalPull:
			var p Pull
			if json.Unmarshal([]byte(x.Data), &p) == nil && (pull == nil || p.Merged == c.Commit) {
				pull = &p
			}
		case SignalPush:
			var p Pushed
			if json.Unmarshal([]byte(x.Data), &p) == nil {
				migrates, looked = migrates || p.Migrates, looked || p.FileCount > 0
				size.Files = max(size.Files, p.FileCount)
			}
		case SignalPlan:
			var p Plan
			if json.Unmarshal([]byte(x.Data), &p) == nil {
				sized, looked, migrates = true, true, migrates || p.Schema
				size.Resources += p.Created + p.Updated + p.Destroyed
				size.Destroyed += p.Destroyed
			}
		case SignalTests:
			var t Tests
			if json.Unmarshal([]byte(x.Data), &t) == nil {
				tests.Total, tests.Passed, tests.Failed, tests.Skipped = tests.Total+t.Total, tests.Passed+t.Passed, tests.Failed+t.Failed, tests.Skipped+t.Skipped
				tests.Suites++
			}
		case SignalScan:
			var t Scan
			if json.Unmarshal([]byte(x.Data), &t) == nil {
				scans.Errors, scans.Warnings, scans.Notes = scans.Errors+t.Errors, scans.Warnings+t.Warnings, scans.Notes+t.Notes
				scans.Tools++
			}
		}
	}
	if pull != nil && pull.Sized {
		size.Lines, size.Files, sized = pull.Added+pull.Removed, pull.Files, true
	}
	var err error
	if in.Size, err = known(s, q, c, sized, size, "how much is changed", SignalPull, SignalPlan); err != nil {
		return err
	}
	if in.Tests, err = known(s, q, c, tests.Suites > 0, tests, "a test report", SignalTests); err != nil {
		return err
	}
	if in.Scans, err = known(s, q, c, scans.Tools > 0, scans, "a report of a scanner", SignalScan); err != nil {
		return err
	}
	switch {
	case c.Kind == Schema || migrates:
		in.Schema = fact.Known(true)
	case looked || c.Kind == Flag:
		in.Schema = fact.Known(false)
	default:
		if in.Schema, err = known(s, q, c, false, false, "which files are changed", SignalPush, SignalPlan); err != nil {
			return err
		}
	}
	return s.reviewsFact(q, g, c, pull, list)
}

// reviewsFact counts the reviews that stand. Those of the pull request's head
// count for the commit that it was merged as.
func (s *Service) reviewsFact(q db.Querier, g *gathered, c Change, pull *Pull, list []said) (err error) {
	in := &g.in
	if pull == nil {
		in.Reviews, err = known(s, q, c, false, fact.Reviews{}, "a pull request", SignalPull, SignalReview)
		return err
	}
	r := fact.Reviews{Merged: pull.Merged != ""}
	if pull.Head != "" && pull.Head != c.Commit {
		head, err := commitSaid(q, pull.Head)
		if err != nil {
			return err
		}
		list = append(list, ofRepository(head, c.Repository)...)
	}
	last := map[string]Review{}
	prefix := fmt.Sprintf("%d/", pull.Number)
	for _, x := range list {
		var v Review
		if x.Kind != SignalReview || !strings.HasPrefix(x.Key, prefix) || json.Unmarshal([]byte(x.Data), &v) != nil {
			continue
		}
		who := strings.ToLower(v.Reviewer)
		if strings.EqualFold(v.Reviewer, pull.Author) || sameAuthor(c.Author, v.Reviewer, v.Reviewer) || v.Verdict == ReviewCommented {
			continue
		}
		if old, ok := last[who]; !ok || v.At.After(old.At) {
			last[who] = v
		}
	}
	for _, v := range last {
		switch v.Verdict {
		case ReviewApproved:
			r.Approved++
			g.reviewers = append(g.reviewers, v)
		case ReviewChanges:
			r.ChangesRequested++
		}
	}
	if r.ChangesRequested > 0 { // somebody who read it does not want it shipped: no review speaks for it by itself
		g.reviewers = nil
	}
	slices.SortFunc(g.reviewers, func(a, b Review) int { return a.At.Compare(b.At) })
	if r.Stale, err = staleReviews(q, strings.ToLower(c.Repository), pull, last); err != nil {
		return err
	}
	in.Reviews = fact.Known(r)
	return nil
}

// ofRepository leaves what other repositories, forks for example, told about
// the same commit.
func ofRepository(list []said, repository string) []said {
	if repository == "" {
		return list
	}
	out := list[:0:0]
	for _, x := range list {
		if strings.EqualFold(x.Repository, repository) {
			out = append(out, x)
		}
	}
	return out
}

// known is a fact that was told; or unknown, where the repository told such a
// thing before; or not adopted, where it never did.
func known[T any](s *Service, q db.Querier, c Change, told bool, v T, what string, kinds ...SignalKind) (fact.Of[T], error) {
	if told {
		return fact.Known(v), nil
	}
	if c.Repository == "" || c.Commit == "" {
		return fact.NotInUse[T]("no repository and commit are named"), nil
	}
	used, err := s.told.ever(q, strings.ToLower(c.Repository), kinds)
	if err != nil {
		return fact.Of[T]{}, err
	}
	if used {
		return fact.NotKnown[T]("nobody told " + what + " of this commit; earlier ones of " + c.Repository + " had it"), nil
	}
	return fact.NotInUse[T]("nobody ever told " + what + " of " + c.Repository), nil
}

// toldCache remembers which repositories tell what: that one does holds for
// ever, that one does not for a minute.
type toldCache struct {
	mu   sync.RWMutex
	kept map[toldKey]toldAt
}

type toldKey struct {
	repository string
	kind       SignalKind
}

type toldAt struct {
	yes bool
	at  time.Time
}

const (
	toldKept = time.Minute
	toldMost = 100_000
)

func (t *toldCache) ever(q db.Querier, repository string, kinds []SignalKind) (bool, error) {
	for _, kind := range kinds {
		key := toldKey{repository, kind}
		t.mu.RLock()
		k, ok := t.kept[key]
		t.mu.RUnlock()
		if !ok || !k.yes && time.Since(k.at) > toldKept {
			yes, err := everTold(q, repository, kind)
			if err != nil {
				return false, err
			}
			k = toldAt{yes, time.Now()}
			t.mu.Lock()
			if t.kept == nil || len(t.kept) >= toldMost {
				t.kept = map[toldKey]toldAt{}
			}
			t.kept[key] = k
			t.mu.Unlock()
		}
		if k.yes {
			return true, nil
		}
	}
	return false, nil
}
