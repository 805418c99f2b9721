package policy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

const head = "package evenkeel.change\n\n"

func compile(t *testing.T, text string) *policy.Compiled {
	t.Helper()
	c, err := policy.Compile(map[string]string{"mine.rego": head + text})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What does not compile is refused with its place and what would be right.
func TestRefused(t *testing.T) {
	for _, x := range []struct{ text, where, remedy string }{
		{`decision := http.send({"url": "http://x"})`, "mine.rego:3:13", "reaches nothing outside"},
		{`decision := net.lookup_ip_addr("x")`, "mine.rego:3:13", "reaches nothing outside"},
		{`decision := time.now_ns()`, "mine.rego:3:13", "use input.now"},
		{`decision := rand.intn("x", 5)`, "mine.rego:3:13", "pure function"},
		{`decision := uuid.rfc4122("x")`, "mine.rego:3:13", "pure function"},
		{`decision := opa.runtime()`, "mine.rego:3:13", "nothing of the machine"},
		{`decision := numbers.range(1, 1000000)`, "mine.rego:3:13", "not on the list"},
		{`decision := nothing.at_all(1)`, "mine.rego:3:13", "undefined function"},
		{"decision := {\n", "mine.rego:", "unexpected eof"},
		{"decision := x if {\n\tx := input.bugdet.value\n}\n", "mine.rego:4:7", "there is no such fact"},
		{"decision := x if {\n\tx := input.budget.value.lefft\n}\n", "mine.rego:4:7", "there is no such fact"},
		{"decision if {\n\tx := 1\n}\n", "mine.rego:4:2", "unused"},
		{"decision := a\n\na := b\n\nb := a\n", "mine.rego", "recurs"},
		{"outcome := 1\n", "", "decision"},
	} {
		_, err := policy.Compile(map[string]string{"mine.rego": head + x.text})
		e := errs.As(err)
		if err == nil || e.Kind != errs.Invalid || len(e.Fields) == 0 {
			t.Errorf("%q: %v", x.text, err)
			continue
		}
		if f := e.Fields[0]; !strings.HasPrefix(f.Where, x.where) || !strings.Contains(f.Remedy, x.remedy) {
			t.Errorf("%q: %s", x.text, f)
		}
	}
	for name, modules := range map[string]map[string]string{
		"nothing":         {},
		"another package": {"x.rego": "package other\n\ndecision := 1\n"},
		"empty":           {"x.rego": ""},
		"a path":          {"../x.rego": head + "decision := 1\n"},
		"large":           {"x.rego": head + "decision := 1\n" + strings.Repeat("#", policy.MaxModule)},
	} {
		if _, err := policy.Compile(modules); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is no clear answer is a review by the change authority.
func TestNoClearAnswer(t *testing.T) {
	for _, x := range []struct{ text, says string }{
		{`decision := {"outcome": "allow"} if input.now == ""`, "no decision"},
		{`decision := 17`, "not an object"},
		{`decision := {}`, "decision.outcome is missing"},
		{`decision := {"outcome": "maybe"}`, `"maybe" is not one of`},
		{`decision := {"outcome": true}`, "not a text"},
		{`decision := {"outcome": "allow", "ask": [{"rule": "x", "text": "x", "who": "peer"}]}`, "contradicts itself"},
		{`decision := {"outcome": "allow", "deny": [{"rule": "x", "text": "x"}]}`, "contradicts itself"},
		{`decision := {"outcome": "needs_review", "ask": [{"rule": "x", "text": "x", "who": "mara"}]}`, `"mara" is not one of`},
		{`decision := {"outcome": "needs_review", "ask": [{"rule": "x", "text": "x", "who": "peer", "count": 0}]}`, "whole number"},
		{`decision := {"outcome": "needs_review", "ask": "peer"}`, "not a list"},
		{`decision := {"outcome": "allow", "duty": [{"rule": "x", "do": "dance"}]}`, `"dance" is not one of`},
		{`decision := {"outcome": "allow", "duty": [{"rule": "x", "do": "verify", "for": "a while"}]}`, "ISO 8601"},
		{`decision := {"outcome": "allow", "note": [x | some x in [1, 2]]}`, "not an object"},
		{"decision := {\"outcome\": outcome}\n\noutcome := \"allow\" if input.risk.value.score < 100\n\noutcome := \"deny\" if input.risk.value.score < 99\n", "conflicting values"},
		{`decision := {"outcome": "allow", "x": to_number("x")}`, "mine.rego:3"},
	} {
		d := compile(t, x.text).Decide(context.Background(), quiet())
		if d.Outcome != policy.NeedsReview || !strings.Contains(d.Failed, x.says) || d.People() != 1 || d.Reviews[0].Who != policy.Board {
			t.Errorf("%s\n%s", x.text, short(d))
		}
	}
	d := compile(t, `decision := {"outcome": "needs_review"}`).Decide(context.Background(), quiet())
	if short(d) != "needs_review board:1" {
		t.Error(short(d))
	}
	d = compile(t, `decision := {"outcome": "needs_review", "ask": [{"rule": "x", "text": "x", "who": "team:payments", "count": 2}, {"rule": "y", "text": "y", "who": "team:payments"}]}`).Decide(context.Background(), quiet())
	if short(d) != "needs_review team:payments:2" {
		t.Error(short(d))
	}
}

// A policy that does not end, or makes much out of little, is given up at its
// deadline.
func TestDeadline(t *testing.T) {
	digits := "digits := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n\n"
	loop := digits + "decision := {\"outcome\": \"allow\"} if {\n\tcount([1 | some a in digits; some b in digits; some c in digits; some d in digits; some e in digits; some f in digits; some g in digits; some h in digits; a + b + c + d + e + f + g + h < 0]) == 0\n}\n"
	for name, text := range map[string]string{
		"loop":   loop,
		"words":  grows(`w0 := "0123456789"`, `concat(W, [W, W, W])`, "count(w59) > 0"),
		"digits": grows(`w0 := 99`, `W * W`, `w59 > 0`),
		"width":  "decision := {\"outcome\": \"allow\"} if sprintf(\"%99999999d\", [1]) != \"\"\n",
		"number": "decision := {\"outcome\": \"allow\"} if to_number(\"1e999999999\") > 0\n",
	} {
		began := time.Now()
		d := compile(t, text).Decide(context.Background(), quiet())
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
		if d.Outcome != policy.NeedsReview || d.Failed == "" {
			t.Errorf("%s: %s", name, short(d))
		}
	}
	c := compile(t, loop)
	c.Deadline = time.Hour
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if d := c.Decide(ctx, quiet()); d.Outcome != policy.NeedsReview || !strings.Contains(d.Failed, "given up") {
		t.Error(short(d))
	}
}

// grows writes a policy that makes much out of little, step by step.
func grows(first, step, end string) string {
	var b strings.Builder
	b.WriteString(first + "\n\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&b, "w%d := %s\n\n", i, strings.ReplaceAll(step, "W", fmt.Sprintf("w%d", i-1)))
	}
	return b.String() + "decision := {\"outcome\": \"allow\"} if " + end + "\n"
}

// What becomes too large when it is written out is refused: comparing it takes
// the program down.
func TestWeight(t *testing.T) {
	var variables strings.Builder
	variables.WriteString("decision := {\"outcome\": \"allow\"} if {\n\tw0 := [1]\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&variables, "\tw%d := [w%d, w%d]\n", i, i-1, i-1)
	}
	variables.WriteString("\tw59 == w59\n}\n")
	for name, text := range map[string]string{
		"rules":     grows("w0 := [1]", "[W, W]", "w59 == [1]"),
		"hidden":    grows("w0 := [input.now]", "object.get({}, input.change.kind, [W, W])", "w59 == w58"),
		"functions": "f(x) := [x, x]\n\ng(x) := f(f(f(f(f(f(f(f(x))))))))\n\nh(x) := g(g(g(g(x))))\n\ndecision := {\"outcome\": \"allow\"} if h(1) == h(2)\n",
		"variables": variables.String(),
		"lists":     grows(`w0 := [1, 2, 3, 4]`, `array.concat(W, W)`, "count(w59) > 0"),
		"loops":     grows("w0 := [1]", "[W | some _ in [1, 2]]", "w59 == w58"),
		"sets":      "a contains x if some x in [1, 2]\n\nb contains [x, y] if {\n\tsome x in a\n\ty := a\n}\n\nc contains [x, y] if {\n\tx := b\n\ty := b\n}\n\nd contains [x, y] if {\n\tx := c\n\ty := c\n}\n\ndecision := {\"outcome\": \"allow\"} if d == d\n",
	} {
		began := time.Now()
		_, err := policy.Compile(map[string]string{"mine.rego": head + text})
		if e := errs.As(err); err == nil || !strings.Contains(e.Fields[0].Remedy, "too large") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
	}
}

// A step that takes long is left behind, and after a few the policy is asked
// no more.
func TestStepThatDoesNotEnd(t *testing.T) {
	c := compile(t, fmt.Sprintf("decision := {\"outcome\": \"allow\"} if regex.match(`(a?){900}b`, %q)\n", strings.Repeat("a", 40_000)))
	for n, want := range []string{"does not end", "does not end", "asked no more"} {
		began := time.Now()
		d := c.Decide(context.Background(), quiet())
		if d.Outcome != policy.NeedsReview || !strings.Contains(d.Failed, want) || time.Since(began) > 2*time.Second {
			t.Errorf("%d: %s after %v", n, short(d), time.Since(began))
		}
	}
}
