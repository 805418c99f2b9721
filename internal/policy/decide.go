package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// The rules that stand in Go, because no policy may undo them.
const (
	RuleFailed     = "policy-failed"          // the policy gave no clear answer
	RuleIncomplete = "incomplete-facts"       // a fact was given with gaps
	RuleRollback   = "rollback-never-blocked" // back to what already ran
)

// Decide answers for one input: Facts, a fact.Input, or its JSON. It always
// answers, and within Deadline or the context's: what goes wrong is
// NeedsReview, with the reason in Failed.
func (c *Compiled) Decide(ctx context.Context, input any) Decision {
	f := Prepare(input)
	return f.settle(c.answer(ctx, f))
}

func (c *Compiled) answer(ctx context.Context, f Facts) Decision {
	if why := cmp.Or(c.broken, f.broken); why != "" {
		return failed(why)
	}
	v, err := c.evaluate(ctx, f.input, c.query)
	switch {
	case err != nil:
		return failed(c.explain(ctx, err))
	case v == nil:
		return failed("the policy has no decision for these facts")
	}
	d, err := decode(v)
	if err != nil {
		return failed(err.Error())
	}
	return d
}

// answerVar is the variable of the prepared query.
const answerVar = ast.Var("answer")

// patience is how many times Deadline is given where only a machine that is busy
// with other things can make an evaluation late: to the policy that comes with
// the program, and in a backtest, which keeps all processors busy itself.
const patience = 20

// evaluate runs a query; nil when it is undefined. OPA gives up between two
// steps; a policy that is not ours may have a step that does not end (comparing
// lists that hold lists …), so that one is left behind, and after a few of
// those the policy is asked no more.
func (c *Compiled) evaluate(ctx context.Context, input *ast.Term, query ast.Body) (ast.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	cancel := topdown.NewCancel()
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, cancel.Cancel)()
	}
	if c.source.trusted {
		timer := time.AfterFunc(patience*c.Deadline, cancel.Cancel)
		defer timer.Stop()
		return c.run(ctx, input, query, cancel)
	}
	if c.source.stuck.Load() >= maxStuck {
		return nil, errStuck
	}
	type result struct {
		v   ast.Value
		err error
	}
	done := make(chan result, 1)
	left := new(atomic.Bool)
	go func() {
		v, err := c.run(ctx, input, query, cancel)
		done <- result{v, err}
		if !left.CompareAndSwap(false, true) {
			c.source.stuck.Add(-1)
		}
	}()
	timer := time.NewTimer(c.Deadline)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.v, r.err
	case <-timer.C:
	}
	cancel.Cancel()
	timer.Reset(Deadline)
	select {
	case r := <-done:
		return r.v, r.err
	case <-timer.C:
	}
	c.source.stuck.Add(1)
	if !left.CompareAndSwap(false, true) { // it ended this very moment
		c.source.stuck.Add(-1)
	}
	return nil, errStep
}

var (
	errStep  = errors.New("one step of the policy does not end")
	errStuck = errors.New("earlier evaluations of this policy still go on, so that it is asked no more")
)

// run evaluates a query. A panic inside OPA is an error: a gate must not fall
// for a policy.
func (c *Compiled) run(ctx context.Context, input *ast.Term, query ast.Body, cancel topdown.Cancel) (v ast.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, fmt.Errorf("evaluation panicked: %v", p)
		}
	}()
	txn, err := c.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer c.store.Abort(ctx, txn)
	q := topdown.NewQuery(query).WithQueryCompiler(c.queries).WithCompiler(c.compiler).WithStore(c.store).WithTransaction(txn).
		WithInput(input).WithCancel(cancel).WithMetrics(metrics.NoOp()).WithTime(epoch).WithStrictBuiltinErrors(true)
	err = q.Iter(ctx, func(r topdown.QueryResult) error {
		if t := r[answerVar]; t != nil {
			v = t.Value
		}
		return nil
	})
	return v, err
}

// epoch is the time of all evaluations: no function shows it to a policy.
var epoch = time.Unix(0, 1).UTC()

// explain says why an evaluation failed, for whoever wrote the policy.
func (c *Compiled) explain(ctx context.Context, err error) string {
	var e *topdown.Error
	switch {
	case ctx.Err() != nil:
		return "the evaluation was given up by who asked"
	case topdown.IsCancel(err):
		return fmt.Sprintf("the policy gave no answer within %v", c.Deadline)
	case errors.As(err, &e) && e.Location != nil && e.Location.File != "":
		return errs.Short(fmt.Sprintf("%s:%d:%d: %s", e.Location.File, e.Location.Row, e.Location.Col, e.Message))
	}
	return errs.Short(err.Error())
}

// failed is the decision when there is no clear answer.
func failed(why string) Decision {
	return Decision{Outcome: NeedsReview, Failed: why,
		Reviews: []Review{{Who: Board, Count: 1, Rule: RuleFailed}},
		Reasons: []Reason{{Rule: RuleFailed, Effect: Unknown, Text: "The policy gave no clear answer: " + why}}}
}

// settle applies the rules that stand in Go.
func (f Facts) settle(d Decision) Decision {
	if f.returns {
		d.Outcome, d.Reviews, d.Failed = Allow, nil, ""
		d.Obligations = slices.DeleteFunc(d.Obligations, func(o Obligation) bool { return o.Do == Window })
		d.Reasons = append([]Reason{{Rule: RuleRollback, Effect: Eases, Text: "This goes back to what already ran here successfully; that is never blocked"}}, d.Reasons...)
		return d
	}
	if len(f.gaps) == 0 {
		return d
	}
	text := "Facts are incomplete: " + f.gaps[0]
	if n := len(f.gaps) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	d.Reasons = append([]Reason{{Rule: RuleIncomplete, Effect: Unknown, Text: text}}, d.Reasons...)
	if d.Outcome != Deny {
		d.Outcome = NeedsReview
		d.Reviews = merge(append(d.Reviews, Review{Who: Board, Count: 1, Rule: RuleIncomplete}))
	}
	return d
}
