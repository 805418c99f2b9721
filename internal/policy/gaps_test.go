package policy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// No field that is missing, null or of another type makes a decision weaker:
// what was not allowed is not allowed, and what needed n approvals needs no
// fewer. (A denial may become a review: whoever reviews sees that facts are
// incomplete.)
func TestNoGapMakesADecisionWeaker(t *testing.T) {
	n := 0
	for _, s := range scenarios() {
		text := policy.Prepare(s.in).JSON()
		whole := policy.Shipped().Decide(context.Background(), text)
		if s.name == "return" { // what the policy says of it, without the rule in Go
			s.in.Rollback.Value.Returns = false
			text = policy.Prepare(s.in).JSON()
			whole = policy.Shipped().Decide(context.Background(), text)
		}
		for gap, input := range gaps(t, text) {
			n++
			d := policy.Shipped().Decide(context.Background(), input)
			switch {
			case whole.Outcome != policy.Allow && d.Outcome == policy.Allow:
				t.Errorf("%s, %s: %s became %s", s.name, gap, short(whole), short(d))
			case whole.Outcome == policy.NeedsReview && d.Outcome == policy.NeedsReview && d.People() < whole.People():
				t.Errorf("%s, %s: %s became %s", s.name, gap, short(whole), short(d))
			case d.Failed != "":
				t.Errorf("%s, %s: the policy failed: %s", s.name, gap, d.Failed)
			}
		}
	}
	if n < 10000 {
		t.Errorf("only %d gaps were tried", n)
	}
}

// A fact that turns unknown makes no decision weaker either.
func TestUnknownMakesNoDecisionWeaker(t *testing.T) {
	for _, s := range scenarios() {
		whole := policy.Shipped().Decide(context.Background(), s.in)
		var in map[string]any
		if err := json.Unmarshal(policy.Prepare(s.in).JSON(), &in); err != nil {
			t.Fatal(err)
		}
		for name, v := range in {
			if f, ok := v.(map[string]any); !ok || f["state"] == nil {
				continue
			}
			other := maps.Clone(in)
			other[name] = map[string]any{"state": "unknown", "why": "a test"}
			d := policy.Shipped().Decide(context.Background(), other)
			if whole.Outcome != policy.Allow && d.Outcome == policy.Allow || whole.Outcome == policy.NeedsReview && d.Outcome == policy.NeedsReview && d.People() < whole.People() {
				t.Errorf("%s, %s unknown: %s became %s", s.name, name, short(whole), short(d))
			}
			if d.Failed != "" {
				t.Errorf("%s, %s unknown: %s", s.name, name, d.Failed)
			}
		}
	}
}

// gaps returns an input with each field in turn deleted, null, and of another
// type, all the way down.
func gaps(t *testing.T, text []byte) map[string][]byte {
	out := map[string][]byte{}
	var root any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	add := func(name string) {
		b, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				was, path := v[k], at+"."+k
				delete(v, k)
				add(path + " deleted")
				for _, other := range []any{nil, wrong(was)} {
					v[k] = other
					add(fmt.Sprintf("%s = %v", path, other))
				}
				v[k] = was
				walk(was, path)
			}
		case []any:
			for i, was := range v {
				for _, other := range []any{nil, wrong(was)} {
					v[i] = other
					add(fmt.Sprintf("%s[%d] = %v", at, i, other))
				}
				v[i] = was
				walk(was, fmt.Sprintf("%s[%d]", at, i))
			}
		}
	}
	walk(root, "")
	return out
}

func wrong(v any) any {
	switch v.(type) {
	case string:
		return 17
	case float64:
		return "17"
	case bool:
		return "true"
	case []any:
		return map[string]any{}
	}
	return []any{}
}

// What is no input at all is reviewed.
func TestNoInput(t *testing.T) {
	for _, in := range []any{nil, 17, "x", []byte("{"), []byte("null"), []byte("[]"), map[string]any{}, []byte(`{"rollback":{"value":{"returns":"true"}}}`)} {
		d := policy.Shipped().Decide(context.Background(), in)
		if d.Outcome != policy.NeedsReview || d.People() == 0 {
			t.Errorf("%v: %s", in, short(d))
		}
	}
	if gaps := policy.Prepare(quiet()).Gaps(); len(gaps) > 0 {
		t.Errorf("a whole input has gaps: %v", gaps)
	}
	in := quiet()
	in.Size = fact.Of[fact.Size]{}
	if gaps := policy.Prepare(in).Gaps(); len(gaps) != 1 {
		t.Errorf("a fact without a state: %v", gaps)
	}
}

// Only a return to what ran is let through; calling a change one is not.
func TestRollbackIsNeverBlocked(t *testing.T) {
	broken, err := policy.Compile(map[string]string{"x.rego": "package evenkeel.change\n\ndecision := 17\n"})
	if err != nil {
		t.Fatal(err)
	}
	in := both(high, frozen, func(in *fact.Input) { in.Rollback = fact.Known(fact.Rollback{Returns: true}) })
	for _, c := range []*policy.Compiled{policy.Shipped(), broken} {
		if d := c.Decide(context.Background(), in); d.Outcome != policy.Allow || d.Reasons[0].Rule != policy.RuleRollback || len(d.Reasons) < 2 {
			t.Errorf("a return: %s, %v", short(d), d.Reasons)
		}
		in := in
		in.Rollback.Value.Returns = false
		in.Change.Purpose, in.Change.RollbackOf = "rollback", "CHG-7"
		if d := c.Decide(context.Background(), in); d.Outcome == policy.Allow {
			t.Errorf("it only says so: %s", short(d))
		}
	}
}
