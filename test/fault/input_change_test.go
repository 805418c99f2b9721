package fault

import (
	"net/http"
	"strings"
	"testing"
)

// TestChangeInput asks for changes, decisions, policies, weights, models and
// windows by keys that are none, which is never a fault of the server's, and
// sends pipelines' receivers what no pipeline sends.
func TestChangeInput(t *testing.T) {
	t.Parallel()
	s := found(t, "")
	p := s.serve()
	x := &target{site: s, p: p, url: p.address()}
	keys := []string{"CHG-0", "CHG--1", "CHG-x", "CHG-1.5", "CHG-" + strings.Repeat("9", 40), "chg", "INC-1", "%00", "%ff%fe", "CHG-1%2f..%2fx", strings.Repeat("a", 3000), "'%20OR%201=1"}
	for _, path := range []string{"/api/v1/changes/", "/api/v1/change-decisions/", "/api/v1/change-policies/", "/api/v1/change-models/", "/api/v1/change-windows/", "/api/v1/risk-models/"} {
		for _, key := range keys {
			if status, answer := s.ask(x.url, "GET", path+key, ""); status != http.StatusNotFound && status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
				t.Errorf("GET %s%.30s: %d %.200s", path, key, status, answer)
			}
		}
	}
	for _, under := range []string{"", "/gate", "/entries", "/decisions", "/approvals", "/packet", "/verification", "/incidents", "/calls"} {
		if status, answer := s.ask(x.url, "GET", "/api/v1/changes/CHG-999999"+under, ""); status != http.StatusNotFound {
			t.Errorf("a change that is not there%s: %d %.200s", under, status, answer)
		}
	}
	for _, body := range []string{"", "[]", `{"services":[]}`, `{"services":["checkout"],"commit":"HEAD"}`, `{"services":["\u0000"],"commit":"` + strings.Repeat("a", 40) + `"}`,
		`{"services":["nobody-has-it"],"commit":"` + strings.Repeat("a", 40) + `","rollback_of":"CHG-x"}`, `{"services":["checkout"],"planned_from":"0000-00-00T00:00:00Z"}`, `{"services":["` + strings.Repeat("s", 100_000) + `"],"artefact":"1"}`} {
		if status, answer := s.ask(x.url, "POST", "/api/v1/changes/gate", body); status/100 != 4 {
			t.Errorf("the gate is asked %.60q: %d %.200s", body, status, answer)
		}
	}
	for _, path := range []string{"/integrations/github/nobody", "/integrations/github/%00", "/integrations/gitlab/nobody", "/integrations/cdevents/x", "/integrations/argocd/x", "/integrations/changes/x", "/v2/change/enqueue"} {
		for _, body := range []string{"", "{", "[]", "null", strings.Repeat("[", 100_000), `{"action":"created","deployment":{"id":1e999}}`, "payload=%00", strings.Repeat("x", 1<<20)} {
			if status, answer := x.post(path, nil, body); status/100 != 4 {
				t.Errorf("%s, %.30q: %d %.200s", path, body, status, answer)
			}
		}
	}
	x.healthy()
	p.stop()
	s.whole()
}
