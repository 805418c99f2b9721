package change

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Mode says why policy was asked.
type Mode string

// The modes.
const (
	ModeGate   Mode = "gate"    // somebody wants to ship
	ModeStart  Mode = "start"   // the deployment begins: is what was allowed still so?
	ModeShadow Mode = "shadow"  // a policy that is tried beside the one in force
	ModeTrial  Mode = "dry run" // nothing was asked in earnest
)

// Decided is one answer of policy with all that it stood on. It never changes.
type Decided struct {
	ID       int64
	Change   int64 // 0: a dry run without a change
	At       time.Time
	Mode     Mode
	Policy   int64 // POLICY-n; 0: the one that comes with the program
	Weights  int64 // RISK-n; 0: those that come with the program
	Windows  int64 // stamp of the windows
	Settings int64 // version of the settings
	Risk     int   // 0 to 100; -1: unknown
	Input    fact.Input
	Result   policy.Decision
	Took     time.Duration // gathering facts and asking policy

	input, result string // as stored
}

// Ref is the decision's key.
func (d Decided) Ref() ref.Ref { return ref.N(ref.Decision, d.ID) }

// digest is over all of it; evidence holds it.
func (d Decided) digest() string {
	var b bytes.Buffer
	b.Grow(len(d.input) + len(d.result) + 128)
	fmt.Fprintf(&b, "%d %d %d %s %d %d %d %d %d\n", d.ID, d.Change, d.At.UnixMicro(), d.Mode, d.Policy, d.Weights, d.Windows, d.Settings, d.Risk)
	b.WriteString(d.input)
	b.WriteByte('\n')
	b.WriteString(d.result)
	return evidence.DigestBytes(nil, b.Bytes())
}

// entry is the evidence of a decision.
func (d Decided) entry() evidence.Entry {
	data := map[string]any{"outcome": d.Result.Outcome, "mode": d.Mode, "policy": ref.N(ref.Policy, d.Policy).String()}
	if d.Change != 0 {
		data["change"] = Change{ID: d.Change}.Key()
	}
	if d.Risk >= 0 {
		data["risk"] = d.Risk
	}
	if d.Result.Failed != "" {
		data["failed"] = true
	}
	return evidence.Entry{Action: "change.decision", Record: d.Ref(), Version: 1, After: d.digest(), Data: data}
}

// level is the level of risk; empty for an unknown one.
func (d Decided) level() string {
	if d.Input.Risk.State != fact.Value {
		return ""
	}
	return d.Input.Risk.Value.Level
}

// The rules that stand here, because they hold without any policy.
const (
	ruleNoPolicy = "no-policy"
	ruleRollback = policy.RuleRollback
)

// answer asks the policy about what was gathered. It never fails: without a
// policy, a person decides. A return to what ran before is allowed whatever
// policy says or fails to say.
func (g *gathered) answer(ctx context.Context, mode Mode, began time.Time) Decided {
	d := Decided{At: g.in.Now, Mode: mode, Policy: g.policy, Weights: g.weights, Windows: g.windows, Settings: g.settings, Risk: -1, Input: g.in}
	if g.in.Risk.State == fact.Value {
		d.Risk = g.in.Risk.Value.Score
	}
	d.Result = sound(judged(ctx, g.judge, g.in))
	if g.in.Rollback.State == fact.Value && g.in.Rollback.Value.Returns {
		d.Result = letPass(d.Result)
	}
	d.encode()
	d.Took = time.Since(began)
	return d
}

func judged(ctx context.Context, j Judge, in fact.Input) (d policy.Decision) {
	if j == nil {
		return policy.Decision{Outcome: policy.NeedsReview, Reviews: []policy.Review{{Who: policy.Peer, Count: 1, Rule: ruleNoPolicy}},
			Reasons: []policy.Reason{{Rule: ruleNoPolicy, Effect: policy.Unknown, Text: "No policy is in force, so a person decides"}}}
	}
	defer func() {
		if p := recover(); p != nil {
			d = failedPolicy(fmt.Sprint("it broke off: ", p))
		}
	}()
	return j.Decide(ctx, in)
}

func failedPolicy(why string) policy.Decision {
	return policy.Decision{Outcome: policy.NeedsReview, Failed: why, Reviews: []policy.Review{{Who: policy.Board, Count: 1, Rule: policy.RuleFailed}},
		Reasons: []policy.Reason{{Rule: policy.RuleFailed, Effect: policy.Unknown, Text: "The policy gave no clear answer: " + why}}}
}

// sound holds an answer against what the outcomes mean, whoever gave it: one
// that cannot be acted upon is a failed one.
func sound(d policy.Decision) policy.Decision {
	switch d.Outcome {
	case policy.Allow:
		if len(d.Reviews) > 0 {
			d.Outcome = policy.NeedsReview
		}
	case policy.Deny:
		d.Reviews = nil
	case policy.NeedsReview:
		if len(d.Reviews) == 0 {
			d.Reviews = []policy.Review{{Who: policy.Board, Count: 1, Rule: policy.RuleFailed}}
		}
	default:
		failed := failedPolicy(fmt.Sprintf("%q is no outcome", string(d.Outcome)))
		failed.Reasons = append(failed.Reasons, d.Reasons...)
		return failed
	}
	return d
}

// letPass allows what returns to an artefact that ran well. The policy's own
// words stay, as words; what it wants done afterwards stays, too.
func letPass(d policy.Decision) policy.Decision {
	d.Outcome, d.Reviews = policy.Allow, nil
	d.Obligations = slices.DeleteFunc(slices.Clone(d.Obligations), func(o policy.Obligation) bool { return o.Do == policy.Window })
	if !slices.ContainsFunc(d.Reasons, func(r policy.Reason) bool { return r.Rule == ruleRollback }) {
		d.Reasons = append([]policy.Reason{{Rule: ruleRollback, Effect: policy.Eases, Text: "This goes back to what already ran here successfully; that is never blocked"}}, d.Reasons...)
	}
	return d
}

func (d *Decided) encode() {
	input, err := json.Marshal(d.Input)
	if err != nil { // a number that JSON has not: NaN
		input = []byte("{}")
	}
	result, err := json.Marshal(d.Result)
	if err != nil {
		result = []byte("{}")
	}
	d.input, d.result = string(input), string(result)
}

// same reports whether another decision says the same, so that asking again
// and again leaves one record and not a hundred.
func (d Decided) same(o Decided) bool {
	if d.Result.Outcome != o.Result.Outcome || d.Policy != o.Policy || d.Weights != o.Weights || d.level() != o.level() {
		return false
	}
	if !slices.Equal(required(d.Result), required(o.Result)) {
		return false
	}
	stand := func(x policy.Reason) string { return x.Rule + " " + string(x.Effect) }
	var a, b []string
	for _, r := range d.Result.Reasons {
		a = append(a, stand(r))
	}
	for _, r := range o.Result.Reasons {
		b = append(b, stand(r))
	}
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// again is when it is worth asking again by itself: the last freeze ends, a
// window opens, the change in the way is over. Zero: nobody knows.
func (d Decided) again(now time.Time) (at time.Time) {
	if d.Result.Outcome != policy.Deny {
		return time.Time{}
	}
	sooner := func(t time.Time) {
		if t.After(now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	sooner(d.Input.Windows.Value.Next)
	for _, o := range d.Result.Obligations {
		if o.Do == policy.Window {
			sooner(o.From)
		}
	}
	for _, c := range d.Input.Collisions.Value.List {
		if c.Relation == "same" {
			sooner(c.To)
		}
	}
	return at
}
