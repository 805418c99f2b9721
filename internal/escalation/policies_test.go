package escalation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestHolesAndRefusals: what is wrong is refused; what becomes wrong is shown,
// and passed over at once when it matters.
func TestHolesAndRefusals(t *testing.T) {
	each(t, func(w *world) {
		spec := func(steps ...escalation.StepSpec) escalation.Spec { return escalation.Spec{Steps: steps} }
		tell := func(t ...escalation.TargetSpec) escalation.StepSpec { return escalation.StepSpec{Notify: t} }
		w.must(w.apply(org + policy + `---
apiVersion: evenkeel/v1
kind: Service
metadata: {name: ledger}
spec: {team: platform, tier: 1, aliases: [book]}
`))
		for want, s := range map[string]escalation.Spec{
			"tells nobody":                {},
			"this step reaches nobody":    spec(tell()),
			"exactly one":                 spec(tell(escalation.TargetSpec{Person: "mara", Team: "payments"})),
			"there is no such schedule":   spec(tell(escalation.TargetSpec{Schedule: "none"})),
			"there is no such team":       spec(tell(escalation.TargetSpec{Team: "none"})),
			"nobody who may sign in has":  spec(tell(escalation.TargetSpec{Person: "nobody"})),
			"the team has nobody in":      spec(tell(escalation.TargetSpec{Team: "platform", Role: "manager"})),
			"there is no such channel":    spec(tell(escalation.TargetSpec{Channel: "none"})),
			"there is no such escalation": spec(tell(escalation.TargetSpec{Policy: "none"})),
			"round in a circle":           spec(tell(escalation.TargetSpec{Policy: "new"})),
			"use PT0S to PT24H":           spec(escalation.StepSpec{After: "PT25H", Notify: []escalation.TargetSpec{{Person: "mara"}}}),
			"there is no such service":    spec(escalation.StepSpec{Notify: []escalation.TargetSpec{{Person: "mara"}}, When: &escalation.WhenSpec{Services: []string{"none"}}}),
			"page nobody in the teams":    {Teams: []string{"platform"}, Steps: []escalation.StepSpec{{Notify: []escalation.TargetSpec{{Person: "mara"}}, When: &escalation.WhenSpec{Priorities: []string{"P3", "P4"}}}}},
			"serves none of them":         {Services: []string{"ledger"}, Steps: []escalation.StepSpec{{Notify: []escalation.TargetSpec{{Person: "mara"}}, When: &escalation.WhenSpec{Services: []string{"checkout"}}}}},
			"another name of ledger":      {Services: []string{"book"}, Steps: []escalation.StepSpec{tell(escalation.TargetSpec{Person: "mara"})}},
			"serves it already":           {Teams: []string{"payments"}, Steps: []escalation.StepSpec{tell(escalation.TargetSpec{Person: "mara"})}},
		} {
			if _, err := w.Escalation.Create(w.ctx, "new", s); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
				w.Errorf("%v does not say %q", err, want)
			}
		}
		a, err := w.Escalation.Create(w.ctx, "a", spec(tell(escalation.TargetSpec{Person: "tom"})))
		w.must(err)
		_, err = w.Escalation.Create(w.ctx, "b", spec(tell(escalation.TargetSpec{Person: "jonas"}), tell(escalation.TargetSpec{Policy: "a"})))
		w.must(err)
		if _, err := w.Escalation.Edit(w.ctx, "a", a.Version, spec(tell(escalation.TargetSpec{Policy: "b"}))); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "circle") {
			w.Error(err)
		}
		if err := w.Escalation.Delete(w.ctx, "a"); !errs.Is(err, errs.Conflict) {
			w.Error(err)
		}
		if err := w.OnCall.Delete(w.ctx, "payments-primary"); !errs.Is(err, errs.Conflict) {
			w.Errorf("a schedule that a policy names: %v", err)
		}
		if h, err := w.Escalation.HolesNow(w.ctx); err != nil || len(h) != 0 {
			w.Error(h, err)
		}
		tom, err := w.People.Person(w.ctx, "tom")
		w.must(err)
		_, err = w.People.Disable(w.ctx, tom.ID)
		w.must(err)
		h, err := w.Escalation.HolesNow(w.ctx)
		if err != nil || len(h) != 2 || !h[0].All || h[0].Policy != "a" || h[1].Policy != "b" || h[1].Step != 2 {
			w.Errorf("%+v %v", h, err)
		}
		f, err := w.Escalation.Preview(w.ctx, "payments", nil, escalation.Suppose{At: time.Date(2026, 11, 22, 1, 10, 0, 0, time.UTC)})
		if err != nil || len(f.Stages) != 4 || f.Names[f.Stages[0].People[0]] != "Mara" || f.Names[f.Stages[1].People[0]] != "Jonas" || !f.Stages[1].At.Equal(f.At.Add(5*time.Minute)) {
			w.Errorf("%+v %v", f, err)
		}
	})
}

// TestAsCode: applied twice is no change, exported is what was written, and
// policies may name one another in any order.
func TestAsCode(t *testing.T) {
	each(t, func(w *world) {
		more := policy + `---
apiVersion: evenkeel/v1
kind: EscalationPolicy
metadata: {name: first}
spec: {steps: [{notify: [{role: lead}]}, {after: 5m, round_robin: true, when: {hours: other, priorities: [P1]}, notify: [{team: payments}]}, {notify: [{policy: second}]}]}
---
apiVersion: evenkeel/v1
kind: EscalationPolicy
metadata: {name: second}
spec: {services: [checkout], repeat: 2, steps: [{notify: [{person: jonas}]}]}
`
		w.must(w.apply(org + more))
		plan, err := w.Code.Plan(w.ctx, ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: org + more}}})
		w.must(err)
		if len(plan.Changes) != 0 {
			w.Errorf("applying it again would change %+v", plan.Changes)
		}
		seen := 0
		i := w.declare(incident.High, incident.High)
		w.expect(i, &seen, "paged jonas, paged lena, paged omar") // the service's own policy beats its team's
		nowhere := strings.Replace(more, "[{policy: second}]", "[{policy: none}]", 1)
		if err := w.apply(org + nowhere); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "no such escalation policy") || !strings.Contains(err.Error(), "org.yaml:") {
			w.Errorf("a policy that no file and no record has: %v", err)
		}
		// The team moves to another policy in one go.
		moved := strings.Replace(strings.Replace(more, "  teams: [payments]\n", "", 1), "spec: {steps: [{notify: [{role: lead}]}", "spec: {teams: [payments], steps: [{notify: [{role: lead}]}", 1)
		w.must(w.apply(org + moved))
		if err := w.apply(org + strings.Replace(more, "spec: {steps: [{notify: [{role: lead}]}", "spec: {teams: [payments], steps: [{notify: [{role: lead}]}", 1)); !errs.Is(err, errs.Invalid) {
			w.Errorf("a team of two policies: %v", err)
		}
	})
}

// TestChannels: a step may tell a channel of any team.
func TestChannels(t *testing.T) {
	each(t, func(w *world) {
		w.must(w.apply(strings.Replace(org+policy, "{person: priya}]", "{person: priya}, {channel: bridge}]", 1) + `---
apiVersion: evenkeel/v1
kind: Channel
metadata: {name: bridge}
spec: {kind: email, team: platform, addresses: [bridge@harbour.example]}
`))
		i, seen := w.declare(incident.High, incident.High), 0
		w.at(5)
		w.sent(i, &seen)
		w.at(15)
		w.expect(i, &seen, "escalated nobody, escalated priya") // the address is nobody of ours
		w.says(i, "told Priya and #bridge: step 3 of Payments")
	})
}
