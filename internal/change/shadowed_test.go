package change

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/policy"
)

// Answers of a shadow come after the gate's and in their order; each is held
// against the one on the same facts.
func TestPair(t *testing.T) {
	d := func(change int64, m Mode, by int64, o policy.Outcome) Decided {
		return Decided{Change: change, Mode: m, Policy: by, Result: policy.Decision{Outcome: o}}
	}
	got := pair([]Decided{ // newest first
		d(3, ModeGate, 0, policy.Allow), // not answered yet
		d(1, ModeShadow, 2, policy.Deny), d(1, ModeShadow, 2, policy.Allow), d(2, ModeShadow, 2, policy.Allow), d(2, ModeShadow, 1, policy.Deny),
		d(1, ModeGate, 0, policy.Allow), d(2, ModeGate, 0, policy.NeedsReview), d(1, ModeGate, 0, policy.Allow), d(1, ModeStart, 0, policy.Deny),
	}, 2, 10)
	if got.Answers != 3 || len(got.Pairs) != 2 {
		t.Fatalf("%d answers, %+v", got.Answers, got.Pairs)
	}
	if got.Pairs[0].Decided.Change != 1 || got.Pairs[0].Difference <= 0 || got.Pairs[1].Decided.Change != 2 || got.Pairs[1].Difference >= 0 {
		t.Errorf("%+v", got.Pairs)
	}
}
