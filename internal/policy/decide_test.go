package policy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/internal/policy"
)

// short writes a decision in one line.
func short(d policy.Decision) string {
	var b strings.Builder
	b.WriteString(string(d.Outcome))
	for _, r := range d.Reviews {
		fmt.Fprintf(&b, " %s:%d", r.Who, r.Count)
	}
	for _, r := range d.Reasons {
		if r.Effect == policy.Denies {
			fmt.Fprintf(&b, " %s", r.Rule)
		}
	}
	if d.Failed != "" {
		b.WriteString(" FAILED " + d.Failed)
	}
	return b.String()
}

// What the shipped policy decides in each situation.
func TestShippedPolicy(t *testing.T) {
	want := map[string]string{
		"quiet":                     "allow",
		"medium, reviewed":          "allow",
		"medium, nobody reviewed":   "needs_review peer:1",
		"medium, changes requested": "needs_review peer:1",
		"high":                      "needs_review board:1",
		"high, no way back":         "deny rollback-plan",
		"high, no tests":            "deny tests-green",
		"tests failed":              "deny tests-green",
		"no test ran":               "needs_review peer:1",
		"findings":                  "needs_review owner:1",

		"budget ample":                "allow",
		"budget low":                  "needs_review owner:1",
		"budget spent":                "deny budget-guard",
		"budget spent, security":      "needs_review owner:1",
		"budget spent, says rollback": "deny budget-guard",

		"freeze":                              "deny freeze",
		"freeze, security":                    "needs_review owner:1",
		"freeze, says rollback":               "deny freeze",
		"freeze, emergency":                   "needs_review on-call:1",
		"freeze without exception, emergency": "deny freeze",
		"more freezes than listed":            "needs_review owner:1",
		"outside of a window":                 "deny window",
		"inside a window":                     "allow",

		"collision, running":    "deny collision",
		"collision, planned":    "needs_review owner:1",
		"collision, dependency": "needs_review owner:1",
		"boundaries":            "needs_review owner:1",
		"incident":              "needs_review owner:1",
		"schema":                "needs_review owner:1",
		"destroys":              "needs_review owner:1",

		"standard":                         "allow",
		"standard, high risk":              "allow",
		"standard in a freeze":             "deny freeze",
		"standard, does not fit":           "needs_review peer:1",
		"emergency":                        "needs_review on-call:1",
		"emergency, everything against it": "needs_review on-call:1",
		"pending review":                   "deny pending-review",

		"return":             "allow collision freeze rollback-plan", // its own words stay
		"everything at once": "needs_review board:1 owner:1 peer:1",
		"all unknown":        "needs_review board:1 owner:1 peer:1",
		"nothing adopted":    "allow",
	}
	for _, s := range scenarios() {
		d := policy.Shipped().Decide(context.Background(), s.in)
		if got := short(d); got != want[s.name] {
			t.Errorf("%s: %s, want %s", s.name, got, want[s.name])
		}
		for _, r := range d.Reasons {
			if r.Text == "" || strings.Contains(r.Text, "%!") {
				t.Errorf("%s: rule %s says %q", s.name, r.Rule, r.Text)
			}
		}
		// The same from JSON, as a backtest reads it.
		if diff := cmp.Diff(d, policy.Shipped().Decide(context.Background(), policy.Prepare(s.in).JSON())); diff != "" {
			t.Errorf("%s: from JSON (-struct +JSON): %s", s.name, diff)
		}
		text, err := json.Marshal(s.in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, policy.Shipped().Decide(context.Background(), policy.Stored(text))); diff != "" {
			t.Errorf("%s: as it is kept (-struct +JSON): %s", s.name, diff)
		}
	}
}

// Reasons say the figures that a rule looked at.
func TestReasons(t *testing.T) {
	d := policy.Shipped().Decide(context.Background(), both(budget(0.12, "low"), busy("in progress", "same")))
	want := []policy.Reason{
		{Rule: "collision", Effect: policy.Denies, Text: "CHG-316 is in progress on checkout: wait until it is over"},
		{Rule: "budget-guard", Effect: policy.Adds, Text: "Error budget of checkout is low: 12 % left"},
		{Rule: "risk-threshold", Effect: policy.Eases, Text: "Risk 23 is low (below 40): no human is needed for it"},
	}
	if diff := cmp.Diff(want, d.Reasons[:3]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]policy.Obligation{
		{Do: policy.Window, Rule: "collision", From: now.Add(time.Hour), Text: "After CHG-316"},
		{Do: policy.Verify, Rule: "verify", For: "PT30M"},
	}, d.Obligations, cmpopts.SortSlices(func(a, b policy.Obligation) bool { return a.Rule < b.Rule })); diff != "" {
		t.Error(diff)
	}
}

// Rules compare with the settings.
func TestSettings(t *testing.T) {
	s := policy.Defaults()
	s.Medium, s.Peers, s.ReviewTier = 20, 2, 0
	c := policy.Shipped().With(s)
	if got := short(c.Decide(context.Background(), quiet())); got != "needs_review peer:2" {
		t.Error(got)
	}
	if c != policy.Shipped().With(s) {
		t.Error("the same settings make another policy")
	}
	if got := short(policy.Shipped().Decide(context.Background(), quiet())); got != "allow" {
		t.Error("settings reached a policy with others:", got)
	}
}

func BenchmarkDecide(b *testing.B) {
	c, in := policy.Shipped(), quiet()
	b.Run("Prepare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			policy.Prepare(in)
		}
	})
	f := policy.Prepare(in)
	ctx := context.Background()
	b.Run("Prepared", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Decide(ctx, f)
		}
	})
	b.Run("Whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Decide(ctx, in)
		}
	})
}
