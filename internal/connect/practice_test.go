package connect_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/connect/alertmanager"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/connect/generic"
	"github.com/evenkeel/evenkeel/internal/connect/grafana"
	"github.com/evenkeel/evenkeel/internal/connect/heartbeat"
	"github.com/evenkeel/evenkeel/internal/connect/opsgenie"
	"github.com/evenkeel/evenkeel/internal/connect/pagerduty"
	"github.com/evenkeel/evenkeel/internal/connect/prometheus"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// practice is all receivers in front of the real alert practice.
type practice struct {
	t      testing.TB
	ctx    context.Context // an admin
	alerts *alert.Service
	url    string
	tokens map[alert.Kind]string
}

func newPractice(t testing.TB, d *db.DB) *practice {
	p := &practice{t: t, alerts: alert.New(d), tokens: map[alert.Kind]string{},
		ctx: actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin, Name: "Mara"})}
	box, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	p.alerts.Box = box
	for _, k := range alert.Kinds {
		in := alert.Integration{Name: string(k), Kind: k}
		if k == alert.Heartbeat {
			in.Interval, in.Grace, in.Severity = time.Minute, time.Minute, alert.Error
		}
		_, token, err := p.alerts.CreateIntegration(p.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		p.tokens[k] = token
	}
	door := connect.New(p.alerts, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	alertmanager.New(door).Routes(mux)
	prometheus.New(door).Routes(mux)
	pagerduty.New(door, &connecttest.Pipelines{}).Routes(mux)
	opsgenie.New(door, p.alerts).Routes(mux)
	grafana.New(door, p.alerts).Routes(mux)
	generic.New(door).Routes(mux)
	heartbeat.New(door, p.alerts).Routes(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func (p *practice) post(path, body string, status int, header ...string) string {
	p.t.Helper()
	got, _, answer := connecttest.Post(p.t, p.url+path, body, header...)
	if got != status {
		p.t.Errorf("%s: %d %s, want %d", path, got, answer, status)
	}
	return answer
}

// states is "summary: status" of all alerts of an integration, sorted by text.
func (p *practice) states(integration string) map[string]alert.Status {
	p.t.Helper()
	page, err := p.alerts.List(p.ctx, alert.Filter{}, "", 200)
	if err != nil {
		p.t.Fatal(err)
	}
	m := map[string]alert.Status{}
	for _, a := range page.Alerts {
		if a.Integration == integration {
			m[a.Summary] = a.Status
		}
	}
	return m
}

func file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Captured bodies of real senders, through the real practice, on both engines.
func TestReceiversAndPractice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPractice(t, d)
		bearer := func(k alert.Kind) []string { return []string{"Authorization", "Bearer " + p.tokens[k]} }

		// Alertmanager: a group of two fires, then one of another group resolved.
		p.post("/integrations/alertmanager/"+p.tokens[alert.Alertmanager], file(t, "alertmanager/testdata/firing.json"), 200)
		p.post("/integrations/alertmanager", file(t, "alertmanager/testdata/firing.json"), 200, bearer(alert.Alertmanager)...)
		if got := p.states("alertmanager"); len(got) != 2 || got["No probe result from checkout"] != alert.StatusFiring {
			t.Errorf("after firing twice: %v", got)
		}
		p.post("/integrations/alertmanager", file(t, "alertmanager/testdata/resolved.json"), 200, bearer(alert.Alertmanager)...)
		for summary, status := range p.states("alertmanager") {
			if status != alert.StatusResolved {
				t.Errorf("%s is %s after it resolved", summary, status)
			}
		}

		// Prometheus: the same identity, another integration.
		soon := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		p.post("/api/v2/alerts", fmt.Sprintf(`[{"labels":{"alertname":"A","severity":"page"},"endsAt":%q}]`, soon), 200, bearer(alert.Prometheus)...)
		if got := p.states("prometheus"); got["A"] != alert.StatusFiring {
			t.Errorf("prometheus: %v", got)
		}
		p.post("/integrations/prometheus/"+p.tokens[alert.Prometheus]+"/api/v2/alerts",
			fmt.Sprintf(`[{"labels":{"alertname":"A","severity":"page"},"endsAt":%q}]`, time.Now().UTC().Format(time.RFC3339)), 200)
		if got := p.states("prometheus"); got["A"] != alert.StatusResolved {
			t.Errorf("prometheus, ended: %v", got)
		}

		// PagerDuty: trigger and resolve by key, whatever the summary says.
		event := func(name string) string {
			return strings.Replace(file(t, "pagerduty/testdata/"+name), connecttest.Token, p.tokens[alert.PagerDuty], 1)
		}
		p.post("/v2/enqueue", event("alertmanager-trigger.json"), 202)
		if got := p.states("pagerduty"); len(got) != 1 {
			t.Errorf("pagerduty: %v", got)
		}
		p.post("/v2/enqueue", event("alertmanager-resolve.json"), 202)
		for summary, status := range p.states("pagerduty") {
			if status != alert.StatusResolved {
				t.Errorf("pagerduty: %s is %s", summary, status)
			}
		}

		// Generic: text that no database would take as it is.
		answer := p.post("/integrations/generic", `{"summary":"disk\u0000 full \ud800","dedup":"d\u0000","details":{"a":"\u0000"},"labels":{"k\u0000":"v"}}`, 200, bearer(alert.Generic)...)
		if !strings.Contains(answer, `"alert":"ALR-`) {
			t.Errorf("generic: %s", answer)
		}
		p.post("/heartbeat/"+p.tokens[alert.Heartbeat], "", 200)

		// A token is good for its own kind only.
		p.post("/integrations/generic/"+p.tokens[alert.Alertmanager], `{"summary":"x"}`, 401)
	})
}

// A hundred thousand alerts in one body leave nothing behind.
func TestTooManyLeaveNothing(t *testing.T) {
	p := newPractice(t, dbtest.SQLite(t))
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, `{"labels":{"alertname":"A","n":"%d"}},`, i)
	}
	p.post("/integrations/alertmanager/"+p.tokens[alert.Alertmanager], `{"alerts":[`+strings.TrimSuffix(b.String(), ",")+`]}`, 413)
	if got := p.states("alertmanager"); len(got) != 0 {
		t.Errorf("%d alerts stand", len(got))
	}
}
