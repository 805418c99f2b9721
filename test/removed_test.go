package test

import (
	"context"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// One record of every kind, all of which go away again.
const passing = `apiVersion: evenkeel/v1
kind: BusinessCalendar
metadata: {name: tokyo}
spec: {zone: Asia/Tokyo, hours: {monday: ["09:00-17:00"]}}
---
apiVersion: evenkeel/v1
kind: PriorityMatrix
metadata: {name: default}
spec: {close_after: 3d}
---
apiVersion: evenkeel/v1
kind: Channel
metadata: {name: mail}
spec: {kind: email, team: payments, addresses: [ops@harbour.example]}
---
apiVersion: evenkeel/v1
kind: Integration
metadata: {name: script}
spec: {kind: generic}
---
apiVersion: evenkeel/v1
kind: AlertRule
metadata: {name: checkout}
spec: {matchers: [service=checkout]}
`

const team = `apiVersion: evenkeel/v1
kind: Team
metadata: {name: payments}
spec: {calendar: tokyo}
`

// What was removed in the product is no fault of the evidence: only what
// vanished past it is.
func TestRemovedRecordsVerify(t *testing.T) {
	w := start(t)
	ctx := actor.With(context.Background(), w.admin)
	apply := func(text string) ascode.Plan {
		t.Helper()
		plan, err := w.Code.Apply(ctx, ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: text}}})
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	_, err := w.Code.Apply(ctx, ascode.Input{Files: []ascode.File{{Path: "team.yaml", Content: strings.Replace(team, "tokyo", "nowhere", 1)}}})
	if e := errs.As(err); len(e.Fields) != 1 || e.Fields[0].Name != "spec.calendar" {
		t.Errorf("a team of a calendar that is not there: %v", err)
	}
	apply(passing + "---\n" + team)
	if plan := apply("# nothing is left\n"); len(plan.Changes) != 6 {
		t.Errorf("not all were removed: %+v", plan)
	}
	r, err := w.Audit.Check(ctx)
	if err != nil || r.Bad != nil {
		t.Errorf("the check says %+v %v", r, err)
	}
}
