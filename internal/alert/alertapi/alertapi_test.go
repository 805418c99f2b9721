package alertapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/alert/alertapi"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// setup serves the API as the actor and returns a client of it.
func setup(t *testing.T, d *db.DB) (*client.Client, *alert.Service) {
	s := alert.New(d)
	mux := http.NewServeMux()
	alertapi.Register(api.New(mux, "test", ""), s)
	who := actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin, Name: "mara"}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
	}))
	t.Cleanup(srv.Close)
	return &client.Client{Server: srv.URL}, s
}

func TestStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, s := setup(t, d)
		ctx := t.Context()
		in, err := c.CreateIntegration(ctx, "prometheus-main", "alertmanager", client.IntegrationEdit{Service: "checkout"})
		if err != nil || !strings.HasPrefix(in.Token, alert.TokenPrefix) {
			t.Fatalf("%+v %v", in, err)
		}
		known, err := s.Authenticate(ctx, alert.Alertmanager, in.Token)
		if err != nil {
			t.Fatal(err)
		}
		if in, err = c.Integration(ctx, "prometheus-main"); err != nil || in.Token != "" {
			t.Errorf("the token is shown again: %+v %v", in, err)
		}
		edit := in.IntegrationEdit
		edit.Title = "Main Prometheus"
		if _, err := c.UpdateIntegration(ctx, in.Name, 9, edit); status(err) != 409 {
			t.Errorf("stale: %v", err)
		}
		if in, err = c.UpdateIntegration(ctx, in.Name, in.Version, edit); err != nil || in.Title != "Main Prometheus" {
			t.Errorf("%+v %v", in, err)
		}
		if token, err := c.RotateToken(ctx, in.Name, time.Hour); err != nil || token == "" {
			t.Error(err)
		}

		rule, err := c.CreateAlertRule(ctx, "critical", client.AlertRuleEdit{Matchers: []string{`severity=critical`}, GroupBy: []string{"alertname"}, Priority: "P2"})
		if err != nil || rule.Window != "PT2H" || rule.Position != 1 {
			t.Fatalf("%+v %v", rule, err)
		}
		if _, err := c.CreateAlertRule(ctx, "broken", client.AlertRuleEdit{Matchers: []string{`x=~"("`}}); status(err) != 422 {
			t.Errorf("a broken matcher: %v", err)
		}
		if _, err := c.UpdateAlertRule(ctx, "critical", rule.Version, rule.AlertRuleEdit); err != nil {
			t.Error(err)
		}
		trial, err := c.TryAlertRules(ctx, client.TrialEvent{Integration: "prometheus-main", Severity: "critical", Labels: map[string]string{"alertname": "QueueDepth"}})
		if err != nil || trial.Rule != "critical" || !trial.Opens || trial.Priority != "P2" || trial.Group != "alertname=QueueDepth" {
			t.Errorf("%+v %v", trial, err)
		}

		actx := actor.With(context.Background(), known.Actor("test"))
		rc, err := s.Ingest(actx, known, []alert.Event{
			{Action: alert.Trigger, Dedup: "a", Severity: alert.Critical, Summary: "Queue depth above 10 000", Labels: map[string]string{"alertname": "QueueDepth", "env": "prod"},
				Annotations: map[string]string{"runbook": "x"}, Links: []alert.Link{{Href: "http://prom.example", Text: "graph"}}, Details: []byte(`{"n":1}`)},
			{Action: alert.Trigger, Dedup: "b", Severity: alert.Warning, Summary: "Disk almost full"}})
		if err != nil || rc.Applied != 2 {
			t.Fatalf("%+v %v", rc, err)
		}
		list, err := c.Alerts(ctx, client.AlertFilter{Status: "firing", Labels: []string{"env=prod"}}, "", 10)
		if err != nil || len(list.Items) != 1 || list.Items[0].Rule != "critical" {
			t.Fatalf("%+v %v", list, err)
		}
		all, err := c.Alerts(ctx, client.AlertFilter{Severity: []string{"critical", "warning"}}, "", 1)
		if err != nil || len(all.Items) != 1 || all.Next == "" {
			t.Fatalf("%+v %v", all, err)
		}
		if all, err = c.Alerts(ctx, client.AlertFilter{}, all.Next, 1); err != nil || len(all.Items) != 1 || all.Items[0].Dedup != "b" {
			t.Fatalf("second page %+v %v", all, err)
		}
		if _, err := c.Alerts(ctx, client.AlertFilter{Status: "broken"}, "", 1); status(err) != 422 {
			t.Errorf("a wrong status: %v", err)
		}
		if n, more, err := c.CountAlerts(ctx, client.AlertFilter{Unrouted: true}); n != 1 || more || err != nil {
			t.Errorf("%d %v %v", n, more, err)
		}
		a, err := c.Alert(ctx, list.Items[0].Key)
		if err != nil || len(a.Episodes) != 1 || a.Annotations["runbook"] != "x" || string(a.Details) != `{"n":1}` || len(a.Recent) != 60 || len(a.Links) != 1 {
			t.Errorf("%+v %v", a, err)
		}
		for _, key := range []string{"ALR-999", "nonsense"} {
			if _, err := c.Alert(ctx, key); status(err) != 404 {
				t.Errorf("%s: %v", key, err)
			}
		}
		if eps, err := c.Episodes(ctx, a.Key, "", 5); err != nil || len(eps.Items) != 1 {
			t.Errorf("%+v %v", eps, err)
		}

		if found, n, _, err := c.PreviewSilence(ctx, []string{"env=prod"}); err != nil || n != 1 || len(found) != 1 {
			t.Errorf("%v %d %v", found, n, err)
		}
		sil, err := c.CreateSilence(ctx, client.SilenceNew{Matchers: []string{"env=prod"}, EndsAt: time.Now().Add(time.Hour), Comment: "upgrade"})
		if err != nil || sil.State != "active" {
			t.Fatalf("%+v %v", sil, err)
		}
		if a, _ = c.Alert(ctx, a.Key); a.Silence != sil.Key {
			t.Errorf("not silenced: %+v", a)
		}
		if list, err := c.Silences(ctx, false, "", 5); err != nil || len(list.Items) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		if sil, err = c.ExpireSilence(ctx, sil.Key); err != nil || sil.State != "over" {
			t.Errorf("%+v %v", sil, err)
		}
		if err := c.OrderAlertRules(ctx, []string{"critical"}); err != nil {
			t.Error(err)
		}
		if err := c.DeleteAlertRule(ctx, "critical"); err != nil {
			t.Error(err)
		}
		if err := c.DeleteIntegration(ctx, in.Name); status(err) != 409 {
			t.Errorf("delete with alerts: %v", err)
		}
	})
}

func status(err error) int {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}
