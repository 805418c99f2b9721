package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// What a policy answers: an object with
//
//	outcome   "allow", "needs_review" or "deny"
//	deny      what stands against the change: [{rule, text}]
//	ask       approvals: [{rule, text, who, count}]
//	unknown   the same, because a fact is unknown
//	note      what was looked at and asks for nothing: [{rule, text, effect}]
//	duty      obligations: [{rule, do, whom, for, from, until, text}]
//
// Lists may be sets. An answer that contradicts itself (allow with something
// that stands against it, or asks) is no answer.

// Bounds of an answer.
const (
	maxParts = 100 // elements of a list
	maxText  = 500 // bytes of a text
	maxCount = 20  // people of a review
)

func decode(v ast.Value) (d Decision, err error) {
	o, ok := v.(ast.Object)
	if !ok {
		return d, fmt.Errorf("the decision is not an object")
	}
	r := reader{o: o, at: "decision"}
	d.Outcome = Outcome(r.text("outcome", true))
	if r.err == nil && d.Outcome != Allow && d.Outcome != NeedsReview && d.Outcome != Deny {
		return d, fmt.Errorf("decision.outcome %q is not one of allow, needs_review, deny", errs.Short(string(d.Outcome)))
	}
	d.Reasons = make([]Reason, 0, 16)
	denied, asked := 0, 0
	r.each("deny", func(p *reader) {
		denied++
		d.Reasons = append(d.Reasons, Reason{Rule: p.text("rule", true), Effect: Denies, Text: p.text("text", true)})
	})
	for _, list := range []struct {
		name   string
		effect Effect
	}{{"ask", Adds}, {"unknown", Unknown}} {
		r.each(list.name, func(p *reader) {
			asked++
			a := Review{Who: p.who(), Count: p.count(), Rule: p.text("rule", true)}
			d.Reviews = append(d.Reviews, a)
			d.Reasons = append(d.Reasons, Reason{Rule: a.Rule, Effect: list.effect, Text: p.text("text", true)})
		})
	}
	r.each("note", func(p *reader) {
		n := Reason{Rule: p.text("rule", true), Effect: Effect(p.text("effect", false)), Text: p.text("text", true)}
		switch n.Effect = cmp.Or(n.Effect, Neutral); n.Effect {
		case Neutral, Eases:
			d.Reasons = append(d.Reasons, n)
		default:
			p.fault("effect", "is neither none nor eases")
		}
	})
	r.each("duty", func(p *reader) { d.Obligations = append(d.Obligations, p.duty()) })
	if r.err != nil {
		return Decision{}, r.err
	}
	switch {
	case d.Outcome == Allow && denied+asked > 0:
		return Decision{}, fmt.Errorf("the decision contradicts itself: allow, and %d against it, %d approvals asked", denied, asked)
	case d.Outcome == NeedsReview && denied > 0:
		return Decision{}, fmt.Errorf("the decision contradicts itself: needs_review, and %d against it", denied)
	case d.Outcome == Deny:
		d.Reviews = nil
		if denied == 0 {
			d.Reasons = append(d.Reasons, Reason{Rule: "policy", Effect: Denies, Text: "The policy says no and gives no reason"})
		}
	case d.Outcome == NeedsReview && asked == 0:
		d.Reviews = []Review{{Who: Board, Count: 1, Rule: "policy"}}
		d.Reasons = append(d.Reasons, Reason{Rule: "policy", Effect: Adds, Text: "The policy asks for a review and does not say whose"})
	}
	d.Reviews = merge(d.Reviews)
	slices.SortStableFunc(d.Reasons, func(a, b Reason) int {
		return cmp.Or(slices.Index(order, a.Effect)-slices.Index(order, b.Effect), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Text, b.Text))
	})
	return d, nil
}

// order of reasons: what decides comes first.
var order = []Effect{Denies, Unknown, Adds, Eases, Neutral}

// merge keeps one review of each kind of reviewer, the one that asks for most
// people: one owner's approval answers all rules that ask for an owner.
func merge(list []Review) []Review {
	slices.SortFunc(list, func(a, b Review) int {
		return cmp.Or(strings.Compare(a.Who, b.Who), b.Count-a.Count, strings.Compare(a.Rule, b.Rule))
	})
	return slices.CompactFunc(list, func(a, b Review) bool { return a.Who == b.Who })
}

// reader reads the fields of one object and keeps the first fault.
type reader struct {
	o   ast.Object
	at  string
	err error
}

func (r *reader) fault(name, why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s.%s %s", r.at, name, why)
	}
}

func (r *reader) get(name string) ast.Value {
	if t := r.o.Get(ast.InternedTerm(name)); t != nil {
		return t.Value
	}
	return nil
}

func (r *reader) text(name string, required bool) string {
	switch v := r.get(name).(type) {
	case ast.String:
		s := strings.ToValidUTF8(string(v), "\uFFFD")
		if s == "" && required {
			r.fault(name, "is empty")
		}
		if len(s) > maxText {
			s = strings.ToValidUTF8(s[:maxText], "") + "…"
		}
		return s
	case nil:
		if required {
			r.fault(name, "is missing")
		}
	default:
		r.fault(name, "is not a text")
	}
	return ""
}

func (r *reader) each(name string, f func(*reader)) {
	n := 0
	one := func(t *ast.Term) {
		o, ok := t.Value.(ast.Object)
		if n++; !ok || n > maxParts {
			if n > maxParts {
				r.fault(name, fmt.Sprintf("has more than %d elements", maxParts))
			} else {
				r.fault(name, "has an element that is not an object")
			}
			return
		}
		p := reader{o: o, at: name}
		if f(&p); p.err != nil && r.err == nil {
			r.err = p.err
		}
	}
	switch v := r.get(name).(type) {
	case nil:
	case *ast.Array:
		v.Foreach(one)
	case ast.Set:
		v.Foreach(one)
	default:
		r.fault(name, "is not a list")
	}
}

func (r *reader) who() string {
	s := r.text("who", true)
	if team, ok := strings.CutPrefix(s, Team); r.err == nil && !slices.Contains(Reviewers, s) && (!ok || team == "") {
		r.fault("who", fmt.Sprintf("%q is not one of %s, team:NAME", errs.Short(s), strings.Join(Reviewers, ", ")))
	}
	return s
}

func (r *reader) count() int {
	switch v := r.get("count").(type) {
	case nil:
		return 1
	case ast.Number:
		if n, ok := v.Int(); ok && n >= 1 && n <= maxCount {
			return n
		}
	}
	r.fault("count", fmt.Sprintf("is not a whole number from 1 to %d", maxCount))
	return 0
}

var iso8601 = regexp.MustCompile(`^P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$`)

func (r *reader) duty() Obligation {
	b := Obligation{Do: Duty(r.text("do", true)), Rule: r.text("rule", true), For: r.text("for", false), From: r.time("from"), Until: r.time("until"), Text: r.text("text", false)}
	switch v := r.get("whom").(type) {
	case nil:
	case *ast.Array:
		v.Foreach(func(t *ast.Term) { b.Whom = append(b.Whom, r.name(t)) })
	case ast.Set:
		v.Foreach(func(t *ast.Term) { b.Whom = append(b.Whom, r.name(t)) })
	default:
		r.fault("whom", "is not a list")
	}
	switch {
	case r.err != nil:
	case !slices.Contains([]Duty{Notify, Verify, Window}, b.Do):
		r.fault("do", fmt.Sprintf("%q is not one of notify, verify, window", errs.Short(string(b.Do))))
	case b.For != "" && (!iso8601.MatchString(b.For) || strings.Trim(b.For, "PT") == ""):
		r.fault("for", fmt.Sprintf("%q is not an ISO 8601 duration like PT30M", errs.Short(b.For)))
	}
	slices.Sort(b.Whom)
	return b
}

func (r *reader) name(t *ast.Term) string {
	s, ok := t.Value.(ast.String)
	if !ok || len(s) > 200 {
		r.fault("whom", "has an element that is not a name")
	}
	return string(s)
}

func (r *reader) time(name string) time.Time {
	s := r.text(name, false)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		r.fault(name, fmt.Sprintf("%q is not a time like 2026-03-01T08:00:00Z", errs.Short(s)))
	}
	return t.UTC()
}
