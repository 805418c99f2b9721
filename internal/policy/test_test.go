package policy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/policy"
)

// The shipped policy passes its own tests.
func TestShippedTests(t *testing.T) {
	results := policy.Shipped().Test(context.Background())
	if len(results) < 8 {
		t.Fatalf("only %d tests", len(results))
	}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s: %s: %s", r.Where(), r.Name, r.Why)
		}
	}
}

// A test that fails says where and what.
func TestResults(t *testing.T) {
	c := compile(t, `decision := {"outcome": "deny"}

test_right if decision.outcome == "deny"

test_wrong if {
	input.now != ""
	decision.outcome == "allow"
	input.change.type == "normal"
}

test_value := 17

test_error if to_number(decision.outcome) == 1

test_endless if {
	d := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
	count([1 | some a in d; some b in d; some c in d; some e in d; some f in d; some g in d; some h in d; some i in d; some j in d; a + b + c + e + f + g + h + i + j < 0]) == 0
}
`)
	want := []struct {
		name string
		line int
		why  string
	}{
		{"test_right", 5, ""},
		{"test_wrong", 9, `this is not so: decision.outcome == "allow"`},
		{"test_value", 13, "it is 17 and not true"},
		{"test_error", 15, "mine.rego:15"},
		{"test_endless", 17, "no answer within"},
	}
	results := c.Test(context.Background())
	if len(results) != len(want) {
		t.Fatalf("%+v", results)
	}
	for i, w := range want {
		if r := results[i]; r.Name != w.name || r.Line != w.line || r.Passed != (w.why == "") || !strings.Contains(r.Why, w.why) {
			t.Errorf("%+v, want %+v", r, w)
		}
	}
}

// The example that tests begin with is whole, and nothing is against it.
func TestExample(t *testing.T) {
	var b bytes.Buffer
	if err := json.Indent(&b, policy.Prepare(quiet()).JSON(), "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	if *update {
		if err := os.WriteFile("example.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(b.Bytes(), policy.Example()) {
		t.Error("example.json is not the example; run go test ./internal/policy -run Example -update")
	}
	if f := policy.Prepare(policy.Example()); len(f.Gaps()) > 0 {
		t.Error(f.Gaps())
	}
}
