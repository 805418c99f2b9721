package connect_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// genie is a sender with Opsgenie's API.
type genie struct {
	*practice
	key string
}

type genieAnswer struct {
	Result, Message string
	RequestID       string
	Errors          map[string]string
	Data            map[string]any
}

func (g genie) do(method, path, body string, status int) (a genieAnswer) {
	g.t.Helper()
	req, err := http.NewRequest(method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "GenieKey "+g.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	if err := json.Unmarshal(raw, &a); err != nil || res.StatusCode != status || a.RequestID == "" || res.Header.Get("X-Request-Id") != a.RequestID {
		g.t.Errorf("%s %s: %d %s, want %d (%v)", method, path, res.StatusCode, raw, status, err)
	}
	return a
}

// became asks what a request did.
func (g genie) became(a genieAnswer) string {
	g.t.Helper()
	b := g.do("GET", "/v2/alerts/requests/"+a.RequestID, "", 200)
	id, _ := b.Data["alertId"].(string)
	if b.Data["isSuccess"] == true && id == "" {
		g.t.Errorf("no alert: %v", b.Data)
	}
	status, _ := b.Data["status"].(string)
	return status
}

// One alert's life as Opsgenie's clients drive it, on both databases.
func TestOpsgenieLife(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPractice(t, d)
		g := genie{p, p.tokens[alert.Opsgenie]}
		about := func(alias, verb string) string { return "/v2/alerts/" + alias + "/" + verb + "?identifierType=alias" }
		see := func(want map[string]any) map[string]any {
			t.Helper()
			data := g.do("GET", "/v2/alerts/db%2Fcheckout?identifierType=alias", "", 200).Data
			for k, v := range want {
				if data[k] != v {
					t.Errorf("%s is %v, want %v", k, data[k], v)
				}
			}
			return data
		}
		made := g.do("POST", "/v2/alerts", `{"message":"Checkout cannot reach its database","alias":"db/checkout","priority":"P2","tags":["eu","db"],
			"details":{"service":"checkout","cluster":"harbour-eu1"},"entity":"checkout-1","source":"monit","description":"No route to host",
			"responders":[{"type":"team","name":"payments"}]}`, 202)
		if got := g.became(made); got != "Created alert" || made.Result != "Request will be processed" {
			t.Errorf("created: %q %q", got, made.Result)
		}
		data := see(map[string]any{"status": "open", "acknowledged": false, "priority": "P2", "message": "Checkout cannot reach its database", "entity": "checkout-1", "count": 1.0})
		id, _ := data["id"].(string)
		g.do("POST", "/v2/alerts", `{"message":"Checkout cannot reach its database","alias":"db/checkout","priority":"P2"}`, 202)
		see(map[string]any{"count": 2.0})

		// What changes leaves the rest.
		g.do("POST", "/v2/alerts", `{"message":"Checkout cannot reach its database","alias":"db/checkout","priority":"P2","details":{"service":"checkout"}}`, 202)
		g.do("PUT", about("db%2Fcheckout", "message"), `{"message":"Checkout lost its database"}`, 202)
		g.do("PUT", about("db%2Fcheckout", "description"), `{"description":"The primary is down"}`, 202)
		g.do("POST", "/v2/alerts/"+id+"/notes", `{"note":"failing over","user":"tom"}`, 202)
		g.do("POST", "/v2/alerts/"+id+"/tags", `{"tags":"failover,db"}`, 202)
		if got := g.became(g.do("PUT", "/v2/alerts/"+strings.TrimPrefix(id, "ALR-")+"/priority?identifierType=tiny", `{"priority":"P1"}`, 202)); got != "Updated priority" {
			t.Errorf("priority: %s", got)
		}
		data = see(map[string]any{"message": "Checkout lost its database", "description": "The primary is down", "priority": "P1", "status": "open"})
		if d, _ := data["details"].(map[string]any); d["service"] != "checkout" {
			t.Errorf("details: %v", d)
		}
		if got := g.became(g.do("POST", about("db%2Fcheckout", "acknowledge"), `{"user":"tom"}`, 202)); got != "Acknowledged alert" {
			t.Errorf("acknowledge: %s", got)
		}
		see(map[string]any{"acknowledged": true})
		g.do("POST", about("db%2Fcheckout", "unacknowledge"), ``, 202)
		if got := g.became(g.do("POST", about("db%2Fcheckout", "close"), ``, 202)); got != "Closed alert" {
			t.Errorf("close: %s", got)
		}
		see(map[string]any{"status": "closed"})
		var list []alert.Alert
		if page, err := p.alerts.List(p.ctx, alert.Filter{Integration: "opsgenie"}, "", 10); err != nil || len(page.Alerts) != 1 {
			t.Fatalf("%v %v", page, err)
		} else {
			list = page.Alerts
		}
		a, err := p.alerts.Get(p.ctx, list[0].ID)
		if err != nil || !strings.Contains(a.Annotations["note"], "tom: failing over\n") || a.Labels["tags"] != "failover,db" {
			t.Errorf("note %q, tags %q, %v", a.Annotations["note"], a.Labels["tags"], err)
		}

		// A change after the end opens nothing.
		if got := g.became(g.do("PUT", about("db%2Fcheckout", "message"), `{"message":"late"}`, 202)); got != "Alert is already closed" {
			t.Errorf("late change: %s", got)
		}
		see(map[string]any{"status": "closed", "message": "Checkout lost its database"})
		if got := g.became(g.do("POST", about("nobody", "close"), ``, 202)); got != "Alert does not exist" {
			t.Errorf("unknown: %s", got)
		}
		g.do("GET", "/v2/alerts/nobody?identifierType=alias", "", 404)

		// Another integration's alerts are not told.
		other, token, err := p.alerts.CreateIntegration(p.ctx, alert.Integration{Name: "other", Kind: alert.Opsgenie})
		if err != nil {
			t.Fatal(err)
		}
		stranger := genie{p, token}
		stranger.do("GET", "/v2/alerts/"+id, "", 404)
		stranger.do("GET", "/v2/alerts/requests/"+made.RequestID, "", 404)
		_ = other
	})
}

// Grafana signs with a token that it does not send; a replaced one works until
// its time is over, and one of a disabled integration not at all.
func TestGrafanaSigned(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := newPractice(t, d)
		body := file(t, "grafana/testdata/documented.json")
		signed := func(token string, status int) {
			t.Helper()
			stamp := strconv.FormatInt(time.Now().Unix(), 10)
			mac := hmac.New(sha256.New, []byte(token))
			mac.Write([]byte(stamp + ":" + body))
			p.post("/integrations/grafana/signed/grafana", body, status, "X-Grafana-Alerting-Signature", hex.EncodeToString(mac.Sum(nil)), "X-Grafana-Alerting-Timestamp", stamp)
		}
		old := p.tokens[alert.Grafana]
		p.post("/integrations/grafana", body, 200, "Authorization", "Bearer "+old)
		signed(old, 200)
		signed("guessed", 401)
		if got := p.states("grafana"); got["Memory of checkout above 90 %"] != alert.StatusFiring || got["The system has high CPU usage"] != alert.StatusResolved {
			t.Errorf("%v", got)
		}
		made, err := p.alerts.RotateToken(p.ctx, "grafana", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		signed(made, 200)
		signed(old, 200)
		if made, err = p.alerts.RotateToken(p.ctx, "grafana", 0); err != nil {
			t.Fatal(err)
		}
		signed(old, 401)
		signed(made, 200)
		in, err := p.alerts.IntegrationByName(p.ctx, "grafana")
		if err != nil {
			t.Fatal(err)
		}
		in.Disabled = true
		if _, err := p.alerts.UpdateIntegration(p.ctx, "grafana", in.Version, in); err != nil {
			t.Fatal(err)
		}
		signed(made, 401)
		p.post("/integrations/grafana/signed/opsgenie", body, 401)
	})
}
