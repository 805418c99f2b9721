package escalation

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Plan is a policy ready to climb: compiled, with the policies that it names
// written out. It is immutable.
type Plan struct {
	ID          string `json:"-"` // digest of the content
	Policy      string `json:"policy"`
	Title       string `json:"title"`
	Steps       []Step `json:"steps"`
	Repeat      int    `json:"repeat"`
	RepeatAfter time.Duration
	AckTimeout  time.Duration
	AckEscalate time.Duration
}

// Step is one step of a plan.
type Step struct {
	After      time.Duration
	Targets    []Target
	RoundRobin bool   `json:",omitempty"`
	When       When   `json:",omitzero"`
	From       string `json:",omitempty"` // the policy it comes from, when that is another one
}

// Target is whom a step tells. People are named by key: USR-17.
type Target struct {
	Kind TargetKind
	Name string
	Role string `json:",omitempty"` // beside a team
}

// When is the conditions of a step; the zero value holds always.
type When struct {
	Priorities    []string `json:",omitempty"`
	Services      []string `json:",omitempty"`
	Hours         string   `json:",omitempty"`
	AlertsAtLeast int      `json:",omitempty"`
}

// RoundRobins reports whether a step takes turns.
func (p *Plan) RoundRobins() bool {
	for _, s := range p.Steps {
		if s.RoundRobin {
			return true
		}
	}
	return false
}

// compile writes a spec out. inner returns the spec of a policy that it names;
// a circle, or too deep or long a plan, is a fault of the naming field.
func compile(name string, s Spec, inner func(name string) (Spec, bool, error)) (*Plan, error) {
	var bad errs.Fields
	p := &Plan{Policy: name, Title: s.Title, Repeat: s.Repeat}
	if p.Title == "" {
		p.Title = name
	}
	p.RepeatAfter = wait("repeat_after", s.RepeatAfter, defRepeat, 0, 1<<62, &bad)
	p.AckTimeout = wait("ack_timeout", s.AckTimeout, defAck, 0, 1<<62, &bad)
	p.AckEscalate = wait("ack_escalate_after", s.AckEscalateAfter, defAgain, 0, 1<<62, &bad)
	w := writer{p: p, inner: inner, bad: &bad}
	if err := w.steps(s.Steps, []string{name}, "", 0, ""); err != nil {
		return nil, err
	}
	if len(p.Steps) > planMost {
		bad.Add("steps", fmt.Sprint(len(p.Steps)), "with the policies that it names it has more than 100 steps; make it shorter")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	p.ID = evidence.Digest(nil, json.RawMessage(text))
	return p, err
}

// writer writes nested policies out.
type writer struct {
	p     *Plan
	inner func(name string) (Spec, bool, error)
	bad   *errs.Fields
}

// steps appends steps. Those of a policy that a step names follow it, the
// first of them at the same time as the step itself. field is the path of the
// naming field at the top, for faults; from is the policy they belong to.
func (w *writer) steps(list []StepSpec, path []string, field string, extra time.Duration, from string) error {
	for n, s := range list {
		if len(w.p.Steps) > planMost {
			return nil
		}
		step := Step{After: wait("after", s.After, 0, 0, 1<<62, w.bad), RoundRobin: s.RoundRobin, From: from}
		if n == 0 && from != "" {
			step.After += extra
		}
		if s.When != nil {
			step.When = When(*s.When)
		}
		var nested []int
		for k, t := range s.Notify {
			kind, name, _ := t.Kind()
			if kind == OfPolicy {
				nested = append(nested, k)
				continue
			}
			target := Target{Kind: kind, Name: name}
			if kind == OfTeam {
				target.Role = t.Role
			}
			step.Targets = append(step.Targets, target)
		}
		lead := step.After
		if len(step.Targets) > 0 {
			w.p.Steps = append(w.p.Steps, step)
			lead = 0
		}
		for _, k := range nested {
			at := field
			if at == "" {
				at = fmt.Sprintf("steps[%d].notify[%d].policy", n, k)
			}
			if err := w.policy(s.Notify[k].Policy, path, at, lead); err != nil {
				return err
			}
			lead = 0
		}
	}
	return nil
}

func (w *writer) policy(name string, path []string, field string, lead time.Duration) error {
	for n, p := range path {
		if p == name {
			circle := ""
			for _, x := range append(path[n:], name) {
				if circle != "" {
					circle += " → "
				}
				circle += x
			}
			w.bad.Add(field, name, "this goes round in a circle ("+circle+"); name a policy that does not lead back")
			return nil
		}
	}
	if len(path) > nestedMost {
		w.bad.Add(field, name, "policies name policies more than 5 deep; name the last one here")
		return nil
	}
	s, ok, err := w.inner(name)
	if err != nil {
		return err
	}
	if !ok {
		w.bad.Add(field, name, "there is no such escalation policy; make it first, or name another one")
		return nil
	}
	return w.steps(s.Steps, append(path[:len(path):len(path)], name), field, lead, name)
}
