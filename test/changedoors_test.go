package test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
)

const pastDeployments = `service,environment,artefact,committed_at,deployed_at,outcome
checkout,production,1.0,2026-10-01T08:00:00Z,2026-10-01T10:00:00Z,succeeded
checkout,production,1.1,2026-10-02T08:00:00Z,2026-10-02T12:00:00Z,
checkout,production,1.0,2026-10-01T08:00:00Z,2026-10-02T13:00:00Z,
checkout,integration,1.2,2026-10-03T08:00:00Z,2026-10-03T09:00:00Z,
`

const fridayPolicy = `package evenkeel.change

decision := {"outcome": "deny", "reasons": [{"rule": "friday", "effect": "denies", "text": "not on Fridays"}]} if input.clock.value.weekday == 5

else := {"outcome": "needs_review", "reviews": [{"who": "peer", "count": 1, "rule": "peer"}], "reasons": [{"rule": "peer", "effect": "adds", "text": "two pairs of eyes"}]}
`

// What stands around changes is reached by the public client: history comes in
// and is measured, policy is tried before it decides, the calendar knows what
// is in the way, and a packet proves itself.
func TestDoorsOfChanges(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	_, token, err := w.People.CreateToken(actor.With(context.Background(), w.admin), auth.NewToken{Name: "doors", Role: actor.Admin})
	if err != nil {
		t.Fatal(err)
	}
	c := &client.Client{Server: w.URL, Token: token}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.Do(ctx, "POST", "/api/v1/teams", map[string]string{"name": "payments"}, nil))
	must(c.Do(ctx, "POST", "/api/v1/services", map[string]string{"name": "checkout", "team": "payments"}, nil))

	// History.
	dry, err := c.ImportChanges(ctx, strings.NewReader(pastDeployments), "", true)
	must(err)
	if dry.Changes != 3 || dry.Added != 0 || dry.Elsewhere != 1 || dry.Returns != 1 {
		t.Errorf("dry run of an import: %+v", dry)
	}
	done, err := c.ImportChanges(ctx, strings.NewReader(pastDeployments), "", false)
	must(err)
	if done.Added != 3 {
		t.Errorf("import: %+v", done)
	}
	october := client.MeasureAsk{Period: "2026-10"}
	m, err := c.ChangeMeasures(ctx, october, "week", "")
	must(err)
	if m.Figures.Deployments != 3 || m.Figures.FailureRate == nil || m.Figures.FailureRate.Count != 1 || m.Figures.LeadTime == nil || m.Figures.LeadTime.Count != 2 || len(m.Definitions) == 0 || m.Previous.FailureRate != nil {
		t.Errorf("measures: %+v", m.Figures)
	}
	failed, err := c.MeasuredChanges(ctx, october, "failures", "", 10)
	must(err)
	if len(failed.Items) != 1 || failed.Items[0].Artefact != "1.1" || failed.Items[0].RecoverySeconds == nil || *failed.Items[0].RecoverySeconds != 3600 {
		t.Fatalf("records behind the failure rate: %+v", failed.Items)
	}
	parts, err := c.MeasureParts(ctx, october, "service", 10)
	must(err)
	if parts.All != 1 || parts.Items[0].Name != "checkout" {
		t.Errorf("parts: %+v", parts)
	}
	if n, err := c.RebuildMeasures(ctx); err != nil || n != 3 {
		t.Errorf("rebuild: %d, %v", n, err)
	}
	_, err = c.ApprovalLedger(ctx, october)
	must(err)

	// Policy.
	var p *client.Problem
	if _, err := c.PutChangePolicy(ctx, map[string]string{"friday.rego": "package evenkeel.change\n\ndecision := {"}, ""); !errors.As(err, &p) || p.Status != 422 || len(p.Fields) == 0 || !strings.Contains(p.Error(), "friday.rego:3") {
		t.Errorf("a policy that does not compile: %v", err)
	}
	modules := map[string]string{"friday.rego": fridayPolicy}
	v, err := c.PutChangePolicy(ctx, modules, "quiet Fridays")
	must(err)
	v, err = c.ChangePolicyVerb(ctx, v.Key, "shadow", "to see")
	must(err)
	if v.State != "shadow" {
		t.Errorf("shadow: %+v", v)
	}
	diff, err := c.DiffChangePolicy(ctx, v.Key, "")
	must(err)
	if len(diff.Items) < 2 {
		t.Errorf("diff to the program's policy: %d files", len(diff.Items))
	}
	tests, err := c.TestChangePolicy(ctx, client.PolicySource{Policy: "POLICY-0"})
	must(err)
	if !tests.Passed {
		t.Errorf("the program's tests: %+v", tests)
	}
	open, err := c.OpenChange(ctx, client.NewChange{Title: "Swap the disk", Services: []string{"checkout"}})
	must(err)
	_, err = c.AskAgain(ctx, open.Key)
	must(err)
	trial, err := c.TryChangePolicy(ctx, client.PolicySource{Modules: modules}, open.Key, nil)
	must(err)
	if trial.Before == nil || trial.Decision.Outcome == "allow" || len(trial.Decision.Reasons) == 0 {
		t.Errorf("trial: %+v", trial)
	}
	back, err := c.BacktestChangePolicy(ctx, client.PolicySource{Modules: modules}, 50)
	must(err)
	if back.Decisions != 1 {
		t.Errorf("backtest: %+v", back)
	}

	// Risk.
	q, err := c.RiskQuality(ctx)
	must(err)
	if q.Weights != "RISK-0" || q.Learning.Missing == "" {
		t.Errorf("quality: %+v", q)
	}
	if _, err := c.ProposeRiskModel(ctx); !errors.As(err, &p) || p.Status != 409 {
		t.Errorf("a fit without history: %v", err)
	}
	if r, err := c.RiskModel(ctx, "RISK-0"); err != nil || len(r.Factors) < 20 || !r.InUse {
		t.Errorf("the program's weights: %+v, %v", r, err)
	}

	// Calendar.
	from := time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, 2)
	freeze := client.ChangeWindowSpec{Kind: "freeze", Title: "Payday", Zone: "UTC", Start: from.Format("2006-01-02T15:04"), Duration: "PT6H", Allows: []string{"emergency"}}
	spans, err := c.PreviewChangeWindow(ctx, "payday", freeze, 3)
	must(err)
	if len(spans.Items) != 1 || !spans.Items[0].From.Equal(from) {
		t.Errorf("preview: %+v", spans.Items)
	}
	_, err = c.CreateChangeWindow(ctx, "payday", freeze)
	must(err)
	cal, err := c.ChangeCalendar(ctx, client.CalendarAsk{})
	must(err)
	if len(cal.Windows) != 1 || cal.Windows[0].Name != "payday" {
		t.Errorf("calendar: %+v", cal.Windows)
	}
	advice, err := c.CheckPlannedChange(ctx, client.PlannedChange{Services: []string{"checkout"}, From: from.Add(time.Hour)})
	must(err)
	if len(advice.Windows.Freezes) != 1 || advice.Free == nil || !advice.Free.Equal(from.Add(6*time.Hour)) {
		t.Errorf("a change inside a freeze: %+v", advice)
	}
	feed, err := c.CreateChangeFeed(ctx, "", "checkout")
	must(err)
	if list, err := c.ChangeFeeds(ctx); err != nil || feed.Secret == "" || len(list.Items) != 1 || list.Items[0].Service != "checkout" {
		t.Errorf("feeds: %+v, %v", list.Items, err)
	}
	must(c.DeleteChangeFeed(ctx, "", "checkout"))

	// Suspects and proof.
	if _, err := c.Suspects(ctx, "INC-999"); !errors.As(err, &p) || p.Status != 404 {
		t.Errorf("suspects of no incident: %v", err)
	}
	if sq, err := c.SuspectQuality(ctx); err != nil || len(sq.Weights) == 0 || sq.Reliable {
		t.Errorf("suspects: %+v, %v", sq, err)
	}
	file, err := c.IssuePacket(ctx, failed.Items[0].Change, "dsse")
	must(err)
	if rep := attest.Verify(file, attest.Options{}); rep.Bad != nil {
		t.Errorf("the packet does not verify: %+v", rep.Bad)
	}
	page, err := c.IssuePacket(ctx, failed.Items[0].Change, "html")
	must(err)
	content, err := c.PacketContent(ctx, failed.Items[0].Change)
	must(err)
	if !strings.Contains(string(page), "<!") || !strings.Contains(string(content), `"rolled back"`) {
		t.Errorf("packet for people: %.200s; content %.300s", page, content)
	}
}
