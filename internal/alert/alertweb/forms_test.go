package alertweb_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
)

// post sends a form and returns status, place of a redirect, and body.
func (b *bench) post(path string, form url.Values) (status int, place, body string) {
	b.T.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(b.url+path, form)
	b.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.must(err)
	return res.StatusCode, res.Header.Get("Location"), string(text)
}

func TestBulkActions(t *testing.T) {
	b := setup(t)
	b.friday()
	do := func(action string, keys ...string) (int, string) {
		status, place, _ := b.post("/alerts/bulk", url.Values{"action": {action}, "alert": keys})
		return status, place
	}
	if status, place := do("silence", "ALR-6"); status != 303 || !strings.Contains(place, url.QueryEscape(`alertname="Success"`)) {
		t.Errorf("silence one: %d %s", status, place)
	}
	if _, place := do("silence", "ALR-6", "ALR-7"); !strings.Contains(place, url.QueryEscape(`dedup=~"Success|Depth"`)) {
		t.Errorf("silence two: %s", place)
	}
	if _, place := do("acknowledge", "ALR-6"); place != "/alerts" {
		t.Errorf("acknowledge: %s", place)
	}
	if _, place := do("acknowledge", "ALR-1"); place != "/alerts?view=loose" {
		t.Errorf("acknowledge one in no incident: %s", place)
	}
	if _, place := do("incident", "ALR-1", "ALR-3"); place != "/incidents/INC-77" {
		t.Errorf("new incident: %s", place)
	}
	if linked, err := b.OfIncident(b.ctx, 77, 10); err != nil || len(linked) != 2 {
		t.Errorf("linked %v %v", linked, err)
	}
	if _, place := do("link", "ALR-1"); place != "/alerts/link?alert=ALR-1" {
		t.Errorf("link: %s", place)
	}
	if status, place, _ := b.post("/alerts/link", url.Values{"alert": {"ALR-1"}, "incident": {"INC-1042"}}); status != 303 || place != "/incidents/INC-1042" {
		t.Errorf("linked to %d %s", status, place)
	}
	if status, _, body := b.post("/alerts/link", url.Values{"alert": {"ALR-1"}, "incident": {"soon"}}); status != 422 || !strings.Contains(body, "INC-1042") {
		t.Errorf("a wrong key: %d", status)
	}
	if status, place := do("silence"); status != 303 || place != "/alerts" {
		t.Errorf("nothing selected: %d %s", status, place)
	}
	if status, _ := do("explode", "ALR-1"); status != 422 {
		t.Errorf("an unknown action: %d", status)
	}
}

func TestForms(t *testing.T) {
	b := setup(t)
	status, _, body := b.post("/settings/integrations/new", url.Values{"kind": {"pagerduty"}, "name": {"ledger"}, "service": {"payments"}})
	if status != 200 || !strings.Contains(body, "https://evenkeel.example.org/v2/enqueue") || strings.Contains(body, "THE-TOKEN") {
		t.Errorf("a new integration: %d %s", status, body)
	}
	in, err := b.IntegrationByName(b.ctx, "ledger")
	if err != nil || in.Service != "payments" {
		t.Fatal(in, err)
	}
	if status, _, body := b.post("/settings/integrations/new", url.Values{"kind": {"heartbeat"}, "name": {"no good"}}); status != 422 || !strings.Contains(body, "aria-invalid") {
		t.Errorf("a wrong integration: %d", status)
	}
	if status, place, _ := b.post("/settings/integrations/ledger", url.Values{"version": {"1"}, "title": {"Ledger job"}}); status != 303 || place != "/integrations/ledger" {
		t.Errorf("an edit: %d %s", status, place)
	}
	if status, _, body := b.post("/settings/integrations/ledger", url.Values{"version": {"1"}, "title": {"Again"}}); status != 422 || !strings.Contains(body, "changed meanwhile") {
		t.Errorf("a stale edit: %d", status)
	}
	if status, _, body := b.post("/settings/integrations/ledger/rotate", url.Values{"overlap": {"1h"}}); status != 200 || !strings.Contains(body, "shown this once") {
		t.Errorf("rotation: %d", status)
	}
	for name, rule := range map[string]url.Values{"all-critical": {"matchers": {"severity=critical\nenv=prod"}, "page": {"on"}, "window": {"2h"}}, "noise": {"quiet": {"on"}, "page": {"on"}, "matchers": {"a=b"}}} {
		rule.Set("name", name)
		if status, place, body := b.post("/rules/new", rule); status != 303 || place != "/rules" {
			t.Errorf("rule %s: %d %s", name, status, body)
		}
	}
	if status, _, body := b.post("/rules/new", url.Values{"name": {"x"}, "matchers": {`a=~"("`}, "window": {"soon"}}); status != 422 || strings.Count(body, `class="ek-fault"`) != 2 {
		t.Errorf("a wrong rule: %d", status)
	}
	rules, _ := b.Rules(b.ctx)
	if status, _, _ := b.post("/rules/order", url.Values{"names": {rules[1].Name + "," + rules[0].Name}}); status != 303 {
		t.Errorf("order: %d", status)
	}
	if after, _ := b.Rules(b.ctx); after[0].Name != rules[1].Name {
		t.Error("not moved")
	}
	if status, _, _ := b.post("/rules/noise/delete", nil); status != 303 {
		t.Errorf("delete: %d", status)
	}
	if status, _, body := b.post("/silences/new", url.Values{"matchers": {"service=checkout"}, "for": {"1h"}, "preview": {"1"}}); status != 200 || !strings.Contains(body, "0 firing alerts match") {
		t.Errorf("preview: %d", status)
	}
	if status, place, _ := b.post("/silences/new", url.Values{"matchers": {"service=checkout"}, "for": {"1h"}, "kind": {"maintenance"}}); status != 303 || place != "/silences/SIL-1" {
		t.Errorf("silence: %d %s", status, place)
	}
	if status, _, _ := b.post("/silences/new", url.Values{"matchers": {""}, "for": {"x"}}); status != 422 {
		t.Errorf("a wrong silence: %d", status)
	}
	if status, _, _ := b.post("/silences/SIL-1/expire", nil); status != 303 {
		t.Errorf("expire: %d", status)
	}
	if s, _ := b.SilenceByID(b.ctx, 1); s.State(b.now()) != alert.SilenceOver {
		t.Error("not over")
	}
	b.me.Role = actor.Requester
	for _, path := range []string{"/silences/new", "/rules/new", "/settings/integrations/new"} {
		if status, _, _ := b.post(path, url.Values{"matchers": {"a=b"}, "for": {"1h"}, "name": {"y"}, "kind": {"generic"}}); status != 403 {
			t.Errorf("%s as requester: %d", path, status)
		}
	}
}
