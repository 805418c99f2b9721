package policy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/policy"
)

func past(list ...policy.Past) iter.Seq2[policy.Past, error] {
	return func(yield func(policy.Past, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func of(n int, in fact.Input, old policy.Decision, waited time.Duration, failed bool) policy.Past {
	return policy.Past{Change: fmt.Sprintf("CHG-%d", n), At: now, Input: policy.Prepare(in).JSON(), Old: old, Waited: waited, Failed: failed}
}

// A backtest counts what would have come out differently.
func TestBacktest(t *testing.T) {
	allow := policy.Decision{Outcome: policy.Allow}
	board := policy.Decision{Outcome: policy.NeedsReview, Reviews: []policy.Review{{Who: policy.Board, Count: 2, Rule: "old"}}}
	peer := policy.Decision{Outcome: policy.NeedsReview, Reviews: []policy.Review{{Who: policy.Peer, Count: 1, Rule: "another word"}}}
	unreviewed := func(in *fact.Input) { set(&in.Reviews, func(r *fact.Reviews) { r.Approved = 0 }) }
	r, err := policy.Backtest(context.Background(), policy.Shipped(), past(
		of(1, quiet(), board, 6*time.Hour, false),                 // was asked, would go on
		of(2, quiet(), board, 2*time.Hour, true),                  // was asked and failed, would go on
		of(3, both(medium, unreviewed), allow, 0, true),           // went on and failed, would be asked
		of(4, both(medium, unreviewed), peer, 3*time.Hour, false), // the same, in other words
		of(5, both(frozen), allow, 0, true),                       // went on and failed, would be stopped
		of(6, quiet(), allow, 0, true),                            // the same
		of(7, both(high), board, time.Hour, false),                // one of the board fewer
	))
	if err != nil {
		t.Fatal(err)
	}
	r.Took = 0
	var keys []string
	for _, d := range r.Different {
		keys = append(keys, d.Change)
	}
	r.Different = nil
	want := policy.Report{N: 7, Changed: 5,
		Before: map[policy.Outcome]int{policy.Allow: 3, policy.NeedsReview: 4}, After: map[policy.Outcome]int{policy.Allow: 3, policy.NeedsReview: 3, policy.Deny: 1},
		ReviewsBefore: 7, ReviewsAdded: 1, ReviewsRemoved: 5, HoursSaved: 8, HoursAdded: 2, TypicalFor: 2 * time.Hour,
		Failures: 4, Caught: 2, LetThrough: 1}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"CHG-2", "CHG-3", "CHG-5", "CHG-1", "CHG-7"}, keys); diff != "" {
		t.Error(diff)
	}

	broken := compile(t, `decision := 17`)
	if r, err := policy.Backtest(context.Background(), broken, past(of(1, quiet(), allow, 0, false))); err != nil || r.Unexplained != 1 || r.FirstFault == "" {
		t.Errorf("%+v, %v", r, err)
	}
	stop := errors.New("the database is gone")
	_, err = policy.Backtest(context.Background(), policy.Shipped(), func(yield func(policy.Past, error) bool) {
		_ = yield(of(1, quiet(), allow, 0, false), nil) && yield(policy.Past{}, stop)
	})
	if !errors.Is(err, stop) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := policy.Backtest(ctx, policy.Shipped(), past(of(1, quiet(), allow, 0, false))); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The order of differences does not depend on which processor was quicker, and
// the list is bounded.
func TestBacktestIsBounded(t *testing.T) {
	in := policy.Prepare(quiet()).JSON()
	const n = 3000
	many := func(yield func(policy.Past, error) bool) {
		for i := range n {
			if !yield(policy.Past{Change: fmt.Sprint(i), Input: in, Old: policy.Decision{Outcome: policy.Deny}, Failed: i%100 == 99}, nil) {
				return
			}
		}
	}
	r, err := policy.Backtest(context.Background(), policy.Shipped(), many)
	if err != nil || r.Changed != n || len(r.Different) != policy.MaxDifferences || r.LetThrough != n/100 {
		t.Fatalf("%d of %d differ, %d listed, %d let through, %v", r.Changed, r.N, len(r.Different), r.LetThrough, err)
	}
	if r.Different[0].Change != "99" || r.Different[30].Change != "0" || r.Different[31].Change != "1" {
		t.Errorf("%s, %s, %s", r.Different[0].Change, r.Different[30].Change, r.Different[31].Change)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func BenchmarkBacktest(b *testing.B) {
	in := policy.Prepare(quiet()).JSON()
	const n = 5000
	for b.Loop() {
		r, err := policy.Backtest(context.Background(), policy.Shipped(), func(yield func(policy.Past, error) bool) {
			for range n {
				if !yield(policy.Past{Input: in, Old: policy.Decision{Outcome: policy.Allow}}, nil) {
					return
				}
			}
		})
		if err != nil || r.Changed != 0 {
			b.Fatal(r.Changed, err)
		}
		b.ReportMetric(n/r.Took.Seconds(), "changes/s")
	}
}
