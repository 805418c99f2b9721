package policy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

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

func TestShippedPolicy(t *testing.T) {
	want := map[string]string{
		"quiet": "allow",
	}
	for _, s := range scenarios() {
		d := policy.Shipped().Decide(context.Background(), s.in)
		if got := short(d); got != want[s.name] {
			t.Errorf("%s: %s, want %s", s.name, got, want[s.name])
		}
		if testing.Verbose() {
			for _, r := range d.Reasons {
				t.Logf("   %s %s: %s", r.Effect, r.Rule, r.Text)
			}
			for _, r := range d.Obligations {
				t.Logf("   %+v", r)
			}
		}
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
