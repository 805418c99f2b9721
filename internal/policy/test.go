package policy

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Result is how one test of a policy went: a rule named test_ that is true.
type Result struct {
	Name   string        `json:"name"`
	File   string        `json:"file"`
	Line   int           `json:"line"` // of the rule; of what was not so, when it failed
	Passed bool          `json:"passed"`
	Why    string        `json:"why,omitempty"` // it failed: what was not so, or the error
	Took   time.Duration `json:"took"`
}

// Where is "freeze_test.rego:12".
func (r Result) Where() string { return fmt.Sprintf("%s:%d", r.File, r.Line) }

//go:embed example.json
var exampleJSON []byte

var example = sync.OnceValue(func() *ast.Term { return Prepare(exampleJSON).input })

// Example returns the facts of a change with nothing against it, as JSON: what
// tests of policies begin with.
func Example() []byte { return slices.Clone(exampleJSON) }

// testDeadline is how long one test may take; what it evaluates is traced when
// it fails.
const testDeadline = 10 * Deadline

// Test runs the rules named test_ of a policy, by file and line. (OPA's own
// runner brings its bundles, its loader and its WebAssembly with it.) Rules
// see the settings of the policy, and data.evenkeel.example: the facts of a
// change with nothing against it. So a test is short:
//
//	test_friday if {
//		decision.outcome == "deny" with input.clock.value.weekday as 5
//	}
//
// as input is the example unless a test says otherwise.
func (c *Compiled) Test(ctx context.Context) (out []Result) {
	if c.broken != "" {
		return []Result{{Name: "compiles", File: "modules", Why: c.broken}}
	}
	for _, file := range slices.Sorted(maps.Keys(c.source.modules)) {
		seen := map[string]bool{}
		for _, rule := range c.source.modules[file].Rules {
			name := rule.Head.Ref().String()
			if !strings.HasPrefix(name, "test_") || seen[name] {
				continue
			}
			seen[name] = true
			out = append(out, c.test(ctx, file, name, rule))
		}
	}
	slices.SortStableFunc(out, func(a, b Result) int { return strings.Compare(a.File, b.File) })
	return out
}

func (c *Compiled) test(ctx context.Context, file, name string, rule *ast.Rule) Result {
	r := Result{Name: name, File: file, Line: rule.Location.Row}
	began := time.Now()
	defer func() { r.Took = time.Since(began) }()
	query := fmt.Sprintf("answer = %s.%s", c.source.modules[file].Package.Path, name)
	body, err := ast.ParseBody(query)
	if err == nil {
		body, err = c.compiler.QueryCompiler().Compile(body)
	}
	if err != nil {
		r.Why = errs.Short(err.Error())
		return r
	}
	slow := &Compiled{Deadline: testDeadline, compiler: c.compiler, queries: c.queries, source: c.source, store: storeOf(map[string]any{"settings": c.settings, "example": json.RawMessage(exampleJSON)})}
	v, err := slow.evaluate(ctx, example(), body)
	switch {
	case err != nil:
		r.Why = slow.explain(ctx, err)
		var e *topdown.Error
		if errors.As(err, &e) && e.Location != nil && e.Location.File == file {
			r.Line = e.Location.Row
		}
	case v == nil:
		r.Why = "it is not so"
		if l := slow.where(ctx, body, file); l != nil {
			r.Line, r.Why = l.Row, "this is not so: "+errs.Short(strings.TrimSpace(string(l.Text)))
		}
	case v.Compare(ast.Boolean(true)) != 0:
		r.Why = "it is " + errs.Short(v.String()) + " and not true"
	default:
		r.Passed = true
	}
	return r
}

// where returns the last expression of a file that failed in an evaluation.
func (c *Compiled) where(ctx context.Context, body ast.Body, file string) (at *ast.Location) {
	cancel := topdown.NewCancel()
	timer := time.AfterFunc(c.Deadline, cancel.Cancel)
	defer timer.Stop()
	txn, err := c.store.NewTransaction(ctx)
	if err != nil {
		return nil
	}
	defer c.store.Abort(ctx, txn)
	t := tracer{file: file}
	err = topdown.NewQuery(body).WithQueryCompiler(c.queries).WithCompiler(c.compiler).WithStore(c.store).WithTransaction(txn).
		WithInput(example()).WithCancel(cancel).WithMetrics(metrics.NoOp()).WithTime(epoch).WithQueryTracer(&t).Iter(ctx, func(topdown.QueryResult) error { return nil })
	if err != nil {
		return nil
	}
	return t.at
}

// tracer remembers what failed last in a file.
type tracer struct {
	file string
	at   *ast.Location
}

func (*tracer) Enabled() bool               { return true }
func (*tracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }
func (t *tracer) TraceEvent(e topdown.Event) {
	if e.Op == topdown.FailOp && e.Location != nil && e.Location.File == t.file {
		t.at = e.Location
	}
}
