package policy_test

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// Whatever is given as a policy, it is refused with its faults, or decides in
// time.
func FuzzCompile(f *testing.F) {
	f.Add("package evenkeel.change\n\ndecision := {\"outcome\": \"allow\"}\n")
	f.Add("package evenkeel.change\n\ndecision := {\"outcome\": \"deny\", \"deny\": deny}\n\ndeny contains {\"rule\": \"x\", \"text\": \"x\"} if input.size.value.lines > 3\n")
	f.Add("package evenkeel.change\n\ndecision := http.send({})\n")
	f.Add("package evenkeel.change\n\ndecision := f(f(1))\n\nf(x) := [x, x]\n")
	for _, text := range policy.Default() {
		f.Add(text)
	}
	in := policy.Prepare(quiet())
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		c, err := policy.Compile(map[string]string{"mine.rego": text})
		if err != nil {
			if e := errs.As(err); e.Kind != errs.Invalid || len(e.Fields) == 0 {
				t.Fatal(err)
			}
			return
		}
		d := c.Decide(context.Background(), in)
		if d.Outcome != policy.Allow && d.Outcome != policy.Deny && d.People() == 0 {
			t.Fatalf("%+v", d)
		}
		c.Test(context.Background())
		if took := time.Since(began); took > policy.CompileLimit+5*time.Second {
			t.Fatalf("it took %v", took)
		}
	})
}

// Whatever is given as facts, it is decided.
func FuzzDecide(f *testing.F) {
	for _, s := range scenarios()[:8] {
		f.Add(policy.Prepare(s.in).JSON())
	}
	f.Add([]byte(`{"now":1e999999999,"budget":{"state":"value","value":{"left":1e999999999,"level":"low","service":"x"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p := policy.Prepare(text)
		d := policy.Shipped().Decide(context.Background(), p)
		if len(p.Gaps()) > 0 && d.Outcome == policy.Allow && d.Reasons[0].Rule != policy.RuleRollback {
			t.Fatalf("allowed with gaps: %v", p.Gaps())
		}
		if d.Outcome == policy.NeedsReview && d.People() == 0 {
			t.Fatalf("%+v", d)
		}
	})
}
