package test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// edits are all operations that take If-Match: what makes a record, and an
// edit of it.
var edits = map[string]struct{ make, made, path, edit string }{
	"PUT /api/v1/teams/{name}":               {"/teams", `{"name":"payments"}`, "/teams/payments", `{"title":"Payments"}`},
	"PUT /api/v1/services/{name}":            {"/services", `{"name":"checkout","team":"payments"}`, "/services/checkout", `{"team":"payments","title":"Basket"}`},
	"PUT /api/v1/scorecards/{name}":          {"/scorecards", `{"name":"ours","checks":[{"id":"a","title":"Described","rule":"description.written"}]}`, "/scorecards/ours", `{"title":"Ours","checks":[{"id":"a","title":"Described","rule":"description.written"}]}`},
	"PUT /api/v1/calendars/{name}":           {"/calendars", `{"name":"berlin","zone":"Europe/Berlin","hours":{"monday":["09:00-17:00"]}}`, "/calendars/berlin", `{"zone":"UTC","hours":{"monday":["09:00-17:00"]}}`},
	"PUT /api/v1/channels/{name}":            {"/channels", `{"name":"list","kind":"email","team":"payments","addresses":["list@harbour.example"]}`, "/channels/list", `{"kind":"email","team":"payments","addresses":["other@harbour.example"]}`},
	"PUT /api/v1/alert-rules/{name}":         {"/alert-rules", `{"name":"pages","service":"checkout"}`, "/alert-rules/pages", `{"service":"checkout","description":"All of it"}`},
	"PUT /api/v1/integrations/{name}":        {"/integrations", `{"name":"main","kind":"prometheus"}`, "/integrations/main", `{"title":"Main"}`},
	"PUT /api/v1/people/{key}":               {"/people", `{"handle":"jonas","display":"Jonas Vik","role":"responder"}`, "/people/jonas", `{"handle":"jonas","display":"Jonas V.","role":"responder"}`},
	"PUT /api/v1/me":                         {"", "", "/me", `{"display":"Admin","zone":"Asia/Tokyo"}`},
	"PUT /api/v1/me/contact/rules":           {"", "", "/me/contact/rules", `{"p1":[{"by":"email"}],"other":[]}`},
	"PUT /api/v1/schedules/{name}":           {"/schedules", `{"name":"primary","zone":"UTC","layers":[{"start":"2026-01-05T09:00","every":"P1W","shifts":[["admin"]]}]}`, "/schedules/primary", `{"title":"Primary","zone":"UTC","layers":[{"start":"2026-01-05T09:00","every":"P1W","shifts":[["admin"]]}]}`},
	"PUT /api/v1/escalation-policies/{name}": {"/escalation-policies", `{"name":"main","steps":[{"notify":[{"person":"admin"}]}]}`, "/escalation-policies/main", `{"title":"Main","steps":[{"notify":[{"person":"admin"}]}]}`},
	"PATCH /api/v1/incidents/{key}":          {"/incidents", `{"title":"Checkout is down"}`, "/incidents/INC-1", `{"title":"Checkout is slow"}`},
	"PATCH /api/v1/changes/{key}":            {"/changes", `{"title":"Swap the disk","services":["checkout"]}`, "/changes/CHG-1", `{"title":"Swap both disks"}`},
	"PUT /api/v1/change-models/{name}":       {"/change-models", `{"name":"renewal","title":"Renewal"}`, "/change-models/renewal", `{"title":"Renewal of certificates"}`},
	"PUT /api/v1/change-windows/{name}":      {"/change-windows", `{"name":"quiet","kind":"freeze","zone":"UTC","start":"2027-01-01T00:00","end":"2027-01-02T00:00"}`, "/change-windows/quiet", `{"kind":"freeze","zone":"UTC","start":"2027-01-01T00:00","end":"2027-01-03T00:00"}`},
	"PUT /api/v1/change-settings":            {"", "", "/change-settings", `{"reviewDays":3}`},
	"PATCH /api/v1/cmdb/items/{key}":         {"/cmdb/items", `{"kind":"database","name":"orders"}`, "/cmdb/items/database:orders", `{"set":{"size":3}}`},
	"PUT /api/v1/cmdb/kinds/{name}":          {"/cmdb/kinds", `{"name":"mainframe"}`, "/cmdb/kinds/mainframe", `{"title":"Mainframe"}`},
	"PUT /api/v1/cmdb/rules":                 {"", "", "/cmdb/rules", `{"grace":"P7D"}`},
	"PUT /api/v1/cmdb/discoveries/{name}":    {"/cmdb/discoveries", `{"name":"state","source":"terraform","config":{"url":"https://state.harbour.example/prod.json"}}`, "/cmdb/discoveries/state", `{"source":"terraform","disabled":true,"config":{"url":"https://state.harbour.example/prod.json"}}`},
	"PUT /api/v1/cmdb/baselines/{name}":      {"/cmdb/baselines", `{"name":"audit"}`, "/cmdb/baselines/audit", `{"title":"Audit"}`},
	"PUT /api/v1/incidents/{key}/visibility": {"", "", "/incidents/INC-1/visibility", `{"restricted":true}`},
}

// Every stale edit is answered with what is stored now, as its GET shows it,
// and with who made it so.
func TestStaleEdits(t *testing.T) {
	w := start(t)
	var documented []string
	for path, ops := range openapi(t, w).Paths {
		for method, op := range ops {
			for _, p := range op.Parameters {
				if p.In == "header" && p.Name == "If-Match" {
					documented = append(documented, strings.ToUpper(method)+" "+path)
				}
			}
		}
	}
	slices.Sort(documented)
	if here := slices.Sorted(maps.Keys(edits)); !slices.Equal(documented, here) {
		t.Fatalf("operations with If-Match:\n%s\ntried here:\n%s", strings.Join(documented, "\n"), strings.Join(here, "\n"))
	}
	send := func(method, path, body, etag string) (int, string, []byte) {
		t.Helper()
		r := as(t, w, actor.Admin, method, "/api/v1"+path)
		r.Body = io.NopCloser(strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if etag != "" {
			r.Header.Set("If-Match", etag)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("ETag"), data
	}
	order := append([]string{"PUT /api/v1/teams/{name}", "PUT /api/v1/services/{name}", "PATCH /api/v1/incidents/{key}"}, documented...) // others need these
	made := map[string]bool{}
	for _, name := range order {
		e := edits[name]
		if e.make != "" && !made[name] {
			if status, _, data := send("POST", e.make, e.made, ""); status != http.StatusCreated {
				t.Fatalf("POST %s: %d %s", e.make, status, data)
			}
		}
		made[name] = true
		method, _, _ := strings.Cut(name, " ")
		status, _, data := send(method, e.path, e.edit, `"999"`)
		var p struct {
			Current     json.RawMessage `json:"current"`
			CurrentETag string          `json:"current_etag"`
			ChangedBy   string          `json:"changed_by"`
		}
		if err := json.Unmarshal(data, &p); err != nil || status != http.StatusConflict {
			t.Errorf("%s: %d %s, want 409", name, status, data)
			continue
		}
		_, etag, now := send("GET", strings.TrimSuffix(e.path, "/visibility"), "", "")
		if etag == "" || p.CurrentETag != etag || string(p.Current) != strings.TrimSpace(string(now)) {
			t.Errorf("%s: the conflict shows %s %s, GET says %s %s", name, p.CurrentETag, p.Current, etag, now)
		}
		want := "Admin"
		switch e.path {
		case "/me":
			want = "Evenkeel" // the set-up link made the first person
		case "/me/contact/rules":
			want = "" // one's own, which nobody else changes
		case "/cmdb/baselines/audit":
			want = "Evenkeel" // it signed what was taken, which is a version of its own
		case "/cmdb/rules", "/change-settings":
			want = "" // those that come with the program
		}
		if p.ChangedBy != want {
			t.Errorf("%s: changed by %q", name, p.ChangedBy)
		}
		if status, _, data := send(method, e.path, e.edit, p.CurrentETag); status != http.StatusOK {
			t.Errorf("%s with the ETag that was shown: %d %s", name, status, data)
		}
	}
}
