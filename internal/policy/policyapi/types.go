package policyapi

import (
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Version is a version of the policy.
type Version struct {
	Key       string            `json:"key" example:"POLICY-3"`
	State     string            `json:"state" enum:"draft,active,shadow,retired"`
	Note      string            `json:"note,omitempty" doc:"What it is for"`
	Reason    string            `json:"reason,omitempty" doc:"Of the last change of state"`
	Digest    string            `json:"digest" doc:"SHA-256 of the modules"`
	Tests     int               `json:"tests" doc:"Rules named test_ that passed when it was kept"`
	Commit    string            `json:"commit,omitempty" doc:"That it was applied from"`
	MadeBy    string            `json:"made_by,omitempty" example:"USR-2"`
	DecidedBy string            `json:"decided_by,omitempty"`
	Created   *time.Time        `json:"created,omitempty"`
	Decided   *time.Time        `json:"decided,omitempty"`
	Activated *time.Time        `json:"activated,omitempty" doc:"The last time"`
	Version   int64             `json:"version"`
	Modules   map[string]string `json:"modules,omitempty" doc:"File name to Rego; not in lists"`
}

func out(v policy.Version) Version {
	return Version{
		Key: ref.N(ref.Policy, v.ID).String(), State: string(v.State), Note: v.Note, Reason: v.Reason, Digest: v.Digest, Tests: v.Tests, Commit: v.Commit, MadeBy: person(v.MadeBy), DecidedBy: person(v.DecidedBy),
		Created: api.When(v.Created), Decided: api.When(v.Decided), Activated: api.When(v.Activated), Version: v.Version, Modules: v.Modules,
	}
}

func person(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Person, id).String()
}

// Tested is how the tests of a policy went.
type Tested struct {
	Passed bool         `json:"passed" doc:"All of them"`
	Tests  []TestResult `json:"tests"`
}

// TestResult is one test: a rule named test_.
type TestResult struct {
	Name   string `json:"name"`
	Where  string `json:"where" example:"freeze_test.rego:12" doc:"The rule; of one that failed, what was not so"`
	Passed bool   `json:"passed"`
	Why    string `json:"why,omitempty"`
	Micros int64  `json:"took_us"`
}

func tested(list []policy.Result) Tested {
	t := Tested{Passed: true, Tests: make([]TestResult, len(list))}
	for n, r := range list {
		t.Passed = t.Passed && r.Passed
		t.Tests[n] = TestResult{r.Name, r.Where(), r.Passed, r.Why, r.Took.Microseconds()}
	}
	return t
}

// Trial is what a policy says to one input, beside the one that decides.
type Trial struct {
	Change   string           `json:"change,omitempty" example:"CHG-7"`
	Decision policy.Decision  `json:"decision" doc:"Of the policy that is tried"`
	Before   *policy.Decision `json:"before,omitempty" doc:"What the gate decided on the same facts"`
	Gaps     []string         `json:"gaps,omitempty" doc:"Facts of the input that are not complete; they count as unknown"`
}

// Backtest is what a policy would have decided differently.
type Backtest struct {
	Decisions      int            `json:"decisions" doc:"That were replayed"`
	Changed        int            `json:"changed" doc:"That come out differently"`
	Different      []Difference   `json:"different" doc:"Failed changes first; at most 500"`
	Before         map[string]int `json:"before" doc:"Decisions by outcome"`
	After          map[string]int `json:"after"`
	ReviewsBefore  int            `json:"reviews_before" doc:"Approvals by people"`
	ReviewsAdded   int            `json:"reviews_added"`
	ReviewsRemoved int            `json:"reviews_removed"`
	HoursSaved     float64        `json:"hours_saved" doc:"Of waiting that would not have been; measured"`
	HoursAdded     float64        `json:"hours_added" doc:"Of waiting that would have come: an estimate by the median wait"`
	TypicalWait    float64        `json:"typical_wait_hours"`
	Failures       int            `json:"failures" doc:"Of the replayed changes"`
	Caught         int            `json:"caught" doc:"Failed ones that somebody would have looked at, or that would have been stopped, and were not"`
	LetThrough     int            `json:"let_through" doc:"Failed ones that were looked at or stopped, and would not have been"`
	Unexplained    int            `json:"unexplained" doc:"The policy gave no clear answer"`
	FirstFault     string         `json:"first_fault,omitempty"`
	Milliseconds   int64          `json:"took_ms"`
}

// Difference is a decision that comes out differently.
type Difference struct {
	Change string          `json:"change" example:"CHG-7"`
	Title  string          `json:"title,omitempty"`
	At     time.Time       `json:"at"`
	Old    policy.Decision `json:"old"`
	New    policy.Decision `json:"new"`
	Waited float64         `json:"waited_hours"`
	Failed bool            `json:"failed"`
}

func hours(d time.Duration) float64 { return hundredths(d.Hours()) }
func hundredths(f float64) float64  { return math.Round(f*100) / 100 }

func backtest(r policy.Report) Backtest {
	b := Backtest{
		Decisions: r.N, Changed: r.Changed, Different: make([]Difference, len(r.Different)), Before: map[string]int{}, After: map[string]int{}, ReviewsBefore: r.ReviewsBefore, ReviewsAdded: r.ReviewsAdded, ReviewsRemoved: r.ReviewsRemoved,
		HoursSaved: hundredths(r.HoursSaved), HoursAdded: hundredths(r.HoursAdded), TypicalWait: hours(r.TypicalFor), Failures: r.Failures, Caught: r.Caught, LetThrough: r.LetThrough, Unexplained: r.Unexplained, FirstFault: r.FirstFault, Milliseconds: r.Took.Milliseconds(),
	}
	for o, n := range r.Before {
		b.Before[string(o)] = n
	}
	for o, n := range r.After {
		b.After[string(o)] = n
	}
	for n, d := range r.Different {
		b.Different[n] = Difference{d.Change, d.Title, d.At, d.Old, d.New, hours(d.Waited), d.Failed}
	}
	return b
}
