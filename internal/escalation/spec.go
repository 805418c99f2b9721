package escalation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Spec is a policy as people write it, in a file, a form or the API.
type Spec struct {
	Title            string     `json:"title,omitempty" doc:"What people call it, at most 100 characters; default: the name"`
	Description      string     `json:"description,omitempty" doc:"What it is for, at most 1000 characters"`
	Teams            []string   `json:"teams,omitempty" doc:"Teams whose incidents it serves"`
	Services         []string   `json:"services,omitempty" doc:"Services whose incidents it serves, in place of their team's policy"`
	Steps            []StepSpec `json:"steps" doc:"1 to 20, in order"`
	Repeat           int        `json:"repeat,omitempty" doc:"How often all steps are repeated when nobody acknowledges, 0 to 10"`
	RepeatAfter      string     `json:"repeat_after,omitempty" doc:"Wait after the last step before the next round, and between reminders to leads and manager after the last round: PT5M to PT1H; default PT10M"`
	AckTimeout       string     `json:"ack_timeout,omitempty" doc:"Acknowledged without progress for so long: whoever took it is reminded; PT5M to PT24H, default PT30M"`
	AckEscalateAfter string     `json:"ack_escalate_after,omitempty" doc:"Still no progress for so long after that: the steps begin again; PT5M to PT24H, default PT30M"`
}

// StepSpec is one step.
type StepSpec struct {
	After      string       `json:"after,omitempty" doc:"Wait since the step before it told somebody (the first: since the incident opened): PT0S to PT24H"`
	Notify     []TargetSpec `json:"notify" doc:"Whom it tells, 1 to 20"`
	RoundRobin bool         `json:"round_robin,omitempty" doc:"Tells one of its people: another one for each incident and round"`
	When       *WhenSpec    `json:"when,omitempty" doc:"Conditions that must all hold; the step is passed over otherwise"`
}

// TargetSpec is one of whom a step tells: exactly one of the fields, but role
// stands beside team, or alone for the team of the incident.
type TargetSpec struct {
	Schedule string `json:"schedule,omitempty" doc:"Who is on call in this schedule"`
	NextOf   string `json:"next_of,omitempty" doc:"Who is on call next in this schedule"`
	Team     string `json:"team,omitempty" doc:"Members and leads of this team, or those with the role"`
	Role     string `json:"role,omitempty" enum:"member,lead,manager,executive" doc:"Of the team named, or of the team that owns the incident"`
	Person   string `json:"person,omitempty" doc:"Handle or key of a person"`
	Channel  string `json:"channel,omitempty" doc:"A channel: chat, webhook, mail list"`
	Policy   string `json:"policy,omitempty" doc:"Goes on with the steps of this policy"`
}

// WhenSpec is the conditions of a step.
type WhenSpec struct {
	Priorities    []string `json:"priorities,omitempty" doc:"P1, P2, P3 or P4"`
	Services      []string `json:"services,omitempty" doc:"Of these services"`
	Hours         string   `json:"hours,omitempty" enum:"business,other" doc:"Within the business hours of the incident's team, or outside of them"`
	AlertsAtLeast int      `json:"alerts_at_least,omitempty" doc:"So many alerts are firing"`
}

// TargetKind is what a target names.
type TargetKind string

// The kinds of targets.
const (
	OfSchedule TargetKind = "schedule"
	OfNext     TargetKind = "next_of"
	OfTeam     TargetKind = "team"
	OfRole     TargetKind = "role" // of the incident's own team
	OfPerson   TargetKind = "person"
	OfChannel  TargetKind = "channel"
	OfPolicy   TargetKind = "policy"
)

// Kind and Name read a target; ok is false when it names nothing or too much.
func (t TargetSpec) Kind() (kind TargetKind, name string, ok bool) {
	n := 0
	for _, x := range []struct {
		kind TargetKind
		name string
	}{{OfSchedule, t.Schedule}, {OfNext, t.NextOf}, {OfTeam, t.Team}, {OfPerson, t.Person}, {OfChannel, t.Channel}, {OfPolicy, t.Policy}} {
		if x.name != "" {
			kind, name = x.kind, x.name
			n++
		}
	}
	switch {
	case n == 0 && t.Role != "":
		return OfRole, t.Role, true
	case n != 1, t.Role != "" && kind != OfTeam:
		return "", "", false
	}
	return kind, name, true
}

// Bounds of a policy.
const (
	stepsMost   = 20
	targetsMost = 20
	repeatMost  = 10
	planMost    = 100 // steps with nested policies written out
	nestedMost  = 5   // policies within policies

	defRepeat, defAck, defAgain = 10 * time.Minute, 30 * time.Minute, 30 * time.Minute
)

// Business hours as a condition.
const (
	InHours    = "business"
	OutOfHours = "other"
)

var (
	roles      = []string{"member", "lead", "manager", "executive"}
	priorities = []string{"P1", "P2", "P3", "P4"}
)

// check finds what is wrong with a spec by itself, without looking at names.
func (s Spec) check(bad *errs.Fields) {
	text(bad, "title", s.Title, 100)
	text(bad, "description", s.Description, 1000)
	for _, list := range []struct {
		path  string
		names []string
	}{{"teams", s.Teams}, {"services", s.Services}} {
		for n, name := range list.names {
			if name == "" || slices.Contains(list.names[:n], name) {
				bad.Add(fmt.Sprintf("%s[%d]", list.path, n), name, "name each one once")
			}
		}
		if len(list.names) > 1000 {
			bad.Add(list.path, fmt.Sprint(len(list.names)), "use at most 1000; serve teams instead of single services")
		}
	}
	if len(s.Steps) == 0 || len(s.Steps) > stepsMost {
		bad.Add("steps", fmt.Sprint(len(s.Steps)), "write 1 to 20 steps: a policy without one tells nobody")
	}
	if s.Repeat < 0 || s.Repeat > repeatMost {
		bad.Add("repeat", fmt.Sprint(s.Repeat), "use 0 to 10")
	}
	wait("repeat_after", s.RepeatAfter, defRepeat, 5*time.Minute, time.Hour, bad)
	wait("ack_timeout", s.AckTimeout, defAck, 5*time.Minute, 24*time.Hour, bad)
	wait("ack_escalate_after", s.AckEscalateAfter, defAgain, 5*time.Minute, 24*time.Hour, bad)
	for n, step := range s.Steps {
		step.check(fmt.Sprintf("steps[%d].", n), bad)
	}
}

func (s StepSpec) check(path string, bad *errs.Fields) {
	wait(path+"after", s.After, 0, 0, 24*time.Hour, bad)
	if len(s.Notify) == 0 || len(s.Notify) > targetsMost {
		bad.Add(path+"notify", fmt.Sprint(len(s.Notify)), "name 1 to 20 to tell: this step reaches nobody")
	}
	for n, t := range s.Notify {
		where := fmt.Sprintf("%snotify[%d]", path, n)
		kind, _, ok := t.Kind()
		switch {
		case !ok:
			bad.Add(where, "", "name exactly one: schedule, next_of, team, role, person, channel or policy (a role may stand beside a team)")
		case t.Role != "" && !slices.Contains(roles, t.Role):
			bad.Add(where+".role", t.Role, "use member, lead, manager or executive")
		case kind == OfPolicy && s.RoundRobin:
			bad.Add(where+".policy", t.Policy, "leave out round_robin: another policy has its own steps")
		case slices.Contains(s.Notify[:n], t):
			bad.Add(where, "", "name each one once")
		}
	}
	if w := s.When; w != nil {
		for n, p := range w.Priorities {
			if !slices.Contains(priorities, p) {
				bad.Add(fmt.Sprintf("%swhen.priorities[%d]", path, n), p, "use P1, P2, P3 or P4")
			}
		}
		if w.Hours != "" && w.Hours != InHours && w.Hours != OutOfHours {
			bad.Add(path+"when.hours", w.Hours, "use business or other, or leave it out")
		}
		if w.AlertsAtLeast < 0 || w.AlertsAtLeast > 1_000_000 {
			bad.Add(path+"when.alerts_at_least", fmt.Sprint(w.AlertsAtLeast), "use 1 to 1000000, or leave it out")
		}
	}
}

func text(bad *errs.Fields, path, s string, most int) {
	if len([]rune(s)) > most || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' }) {
		bad.Add(path, s, fmt.Sprintf("use at most %d characters, no control characters", most))
	}
}
