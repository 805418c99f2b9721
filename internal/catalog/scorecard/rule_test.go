package scorecard

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/catalog"
)

func TestRules(t *testing.T) {
	have := Values{"service.tier": Number(0, "").Said("tier 0"), "runbook.count": Number(2, ""), "runbook.age_days": Unknown("no day on “Restart”"), "oncall.policy": Yes(true, "set", "none"),
		"oncall.people": Number(1, "people"), "service.name": Word("checkout")}
	for _, x := range []struct {
		rule string
		want Result
	}{
		{"runbook.count >= 1", Result{"", Passed, "2"}},
		{"runbook.count > 2", Result{"", Failed, "2"}},
		{"oncall.policy && oncall.people >= 2", Result{"", Failed, "set"}},
		{"service.tier > 1 || oncall.people >= 2", Result{"", Failed, "1 people"}},
		{"runbook.age_days < 90", Result{"", Unclear, "no day on “Restart”"}},
		{"slo.count >= 1", Result{"", Neutral, "service levels not in use"}},
		{"slo.count >= 1 || runbook.count == 2", Result{"", Passed, "2"}},                         // what is missing does not matter
		{"slo.count >= 1 && runbook.count == 3", Result{"", Failed, "2"}},                         // … nor here
		{"slo.count >= 1 && runbook.age_days < 9", Result{"", Unclear, "no day on “Restart”"}},    // unknown outweighs
		{"!(slo.count >= 1)", Result{"", Neutral, "service levels not in use"}},                   // and is not turned round
		{"runbook.age_days < 90 ? true : false", Result{"", Unclear, "no day on “Restart”"}},      // a condition
		{"1 / (runbook.count - 2) > 0", Result{"", Unclear, "the rule failed: division by zero"}}, // never passes
		{`service.name.startsWith("check")`, Result{"", Passed, ""}},
	} {
		if d := cmp.Diff(x.want, evaluate(context.Background(), x.rule, have)); d != "" {
			t.Errorf("%s: %s", x.rule, d)
		}
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	for rule, want := range map[string]string{
		"runbok.count > 1":                     "line 1, column 7: there is no fact runbok.count; did you mean runbook.count?",
		"runbook.count >\n  \"a\"":             "line 1, column 15: found no matching overload",
		"runbook.count":                        "must give true or false",
		"runbook.count >":                      "line 1, column 16: Syntax error",
		strings.Repeat("(", 80) + "true":       "line",
		"oncall.policy && owner.people == 'x'": "line 1, column 31",
	} {
		if _, err := compile(rule); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", rule, err, want)
		}
	}
}

// A rule cannot eat the machine.
func TestCostIsBounded(t *testing.T) {
	list := "[" + strings.TrimSuffix(strings.Repeat("1,", 100), ",") + "]"
	rule := list + ".all(a, " + list + ".all(b, " + list + ".all(c, a + b + c > runbook.count)))"
	r := evaluate(context.Background(), rule, Values{"runbook.count": Number(0, "")})
	if r.State != Unclear || !strings.Contains(r.Fact, "the rule failed") {
		t.Errorf("%+v", r)
	}
}

func TestLevels(t *testing.T) {
	c := Card{Name: "x", Spec: Spec{Checks: []Check{{ID: "a", Level: "bronze"}, {ID: "b", Level: "silver"}, {ID: "c", Level: "silver"}, {ID: "d", Level: "gold"}}}}
	for states, want := range map[string]string{
		"p p p p": "gold", "p p p f": "silver", "p p f p": "bronze bc", "f p p p": "none", "p n n p": "gold", "p n n n": "bronze", "n p p n": "silver",
		"u p p p": "none", "n n n n": "none", "p p u f": "bronze",
	} {
		var results []Result
		for _, s := range strings.Fields(states) {
			results = append(results, Result{State: map[string]State{"p": Passed, "f": Failed, "n": Neutral, "u": Unclear}[s]})
		}
		if got := c.reached(results).String(); got != strings.Fields(want)[0] {
			t.Errorf("%s: %s, want %s", states, got, want)
		}
	}
	level, next := c.Next(Standing{Results: []Result{{State: Passed}, {State: Unclear}, {State: Neutral}, {State: Failed}}})
	if level != Silver || len(next) != 1 || next[0].Check.ID != "b" {
		t.Errorf("%v %+v", level, next)
	}
}

// The cards that come with the program are right, and every service in use
// has exactly one.
func TestShipped(t *testing.T) {
	for _, c := range shipped {
		sp := c.Spec
		if err := sp.normalise(c.Name); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if d := cmp.Diff(c.Spec, sp); d != "" {
			t.Errorf("%s: %s", c.Name, d)
		}
	}
	for tier := range 4 {
		for _, l := range catalog.Lifecycles {
			n := 0
			for _, c := range shipped {
				if c.applies(context.Background(), catalog.Service{Name: "x", Tier: tier, Lifecycle: l}) {
					n++
				}
			}
			if want := map[bool]int{true: 1}[l == catalog.Live || l == catalog.Deprecated]; n != want {
				t.Errorf("tier %d, %s: %d cards, want %d", tier, l, n, want)
			}
		}
	}
}

func TestSpecFaults(t *testing.T) {
	sp := Spec{Applies: "oncall.people > 1", Checks: []Check{{ID: "A B", Level: "iron", Rule: "x", Link: "javascript:alert(1)"}, {ID: "b", Title: "t", Rule: "true"}, {ID: "b", Title: "t", Rule: "runbook.count > 1"}}}
	err := sp.normalise("x y")
	for _, want := range []string{"name", "applies", "checks[0].id", "checks[0].title", "checks[0].level", "checks[0].rule", "checks[0].link", "checks[1].rule", "checks[2].id"} {
		if err == nil || !strings.Contains(err.Error(), want+" ") && !strings.Contains(err.Error(), want+":") {
			t.Errorf("%s is not refused: %v", want, err)
		}
	}
}

func BenchmarkMeasure(b *testing.B) {
	have := Values{}
	for _, f := range Facts {
		have[f.Name] = map[Type]Value{Int: Number(1, ""), Bool: Yes(true, "", ""), Text: Word("x")}[f.Type]
	}
	for b.Loop() {
		shipped[0].measure(context.Background(), "x", have, time.Time{})
	}
}
