package prometheus

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// The bodies were captured from Prometheus 2.42.0, at 10:59:34 and 10:59:46.
func TestParse(t *testing.T) {
	for name, now := range map[string]time.Time{
		"firing":   time.Date(2026, 11, 20, 10, 59, 35, 0, time.UTC),
		"resolved": time.Date(2026, 11, 20, 10, 59, 47, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			events, _, err := Parse(connecttest.Read(t, name+".json"), now)
			if err != nil {
				t.Fatal(err)
			}
			connecttest.Golden(t, name+".golden", events)
		})
	}
}

// The identity of the captured alert is what Alertmanager gave the same one
// (alertmanager/testdata/firing.json), sent or not.
func TestIdentity(t *testing.T) {
	body := string(connecttest.Read(t, "firing.json"))
	for _, b := range []string{body, strings.Replace(body, `"labels":{`, `"fingerprint":"faked","labels":{"empty":"",`, 1)} {
		events, _, err := Parse([]byte(b), connecttest.Now)
		if err != nil {
			t.Fatal(err)
		}
		if events[0].Dedup != "d2a6c4990f205730" {
			t.Errorf("identity %s", events[0].Dedup)
		}
	}
}

func TestEnds(t *testing.T) {
	now := connecttest.Now
	for _, tt := range []struct {
		ends   string
		action alert.Action
		at     time.Time
	}{
		{`"endsAt":"2026-11-20T11:04:00Z"`, alert.Trigger, now.Add(4 * time.Minute)},
		{`"endsAt":"2026-11-20T10:00:00Z"`, alert.Resolve, now.Add(-time.Hour)},
		{`"endsAt":"2026-11-20T11:00:00Z"`, alert.Resolve, now},
		{`"endsAt":"0001-01-01T00:00:00Z"`, alert.Trigger, now.Add(resolveTimeout)},
		{`"endsAt":"9999-12-31T23:59:59Z"`, alert.Trigger, now.Add(resolveTimeout)},
		{`"x":1`, alert.Trigger, now.Add(resolveTimeout)},
	} {
		events, _, err := Parse([]byte(`[{"labels":{"alertname":"A"},`+tt.ends+`}]`), now)
		if err != nil {
			t.Fatal(err)
		}
		if e := events[0]; e.Action != tt.action || !e.EndsAt.Equal(tt.at) {
			t.Errorf("%s: %s at %v, want %s at %v", tt.ends, e.Action, e.EndsAt, tt.action, tt.at)
		}
	}
}

func TestAnswers(t *testing.T) {
	firing := string(connecttest.Read(t, "firing.json"))
	basic := func(r *http.Request) { r.SetBasicAuth("anyone", connecttest.Token) }
	for _, tt := range []struct {
		name, path, body string
		auth             func(r *http.Request)
		fail             error
		status, events   int
		says             string
	}{
		{name: "prefix with token", path: "/integrations/prometheus/" + connecttest.Token + "/api/v2/alerts", body: firing, status: 200, events: 1},
		{name: "prefix, basic", path: "/integrations/prometheus/api/v2/alerts", body: firing, auth: basic, status: 200, events: 1},
		{name: "bare, basic", path: "/api/v2/alerts", body: firing, auth: basic, status: 200, events: 1},
		{name: "no token", path: "/api/v2/alerts", body: firing, status: 401, says: "no token"},
		{name: "webhook sent here", path: "/api/v2/alerts", body: `{"alerts":[]}`, auth: basic, status: 400, says: "/integrations/alertmanager/"},
		{name: "overload", path: "/api/v2/alerts", body: firing, auth: basic, fail: errs.E(errs.Unavailable, "busy"), status: 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &connecttest.Alerts{Fail: tt.fail}
			s := connecttest.Server(t, New(connecttest.Door(a)).Routes)
			var header []string
			if tt.auth != nil {
				r := &http.Request{Header: http.Header{}}
				tt.auth(r)
				header = []string{"Authorization", r.Header.Get("Authorization")}
			}
			status, _, answer := connecttest.Post(t, s.URL+tt.path, tt.body, header...)
			if status != tt.status || !strings.Contains(answer, tt.says) || len(a.Events) != tt.events {
				t.Errorf("%d %s (%d events), want %d %s (%d)", status, answer, len(a.Events), tt.status, tt.says, tt.events)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(connecttest.Read(f, "firing.json"))
	f.Add(connecttest.Read(f, "resolved.json"))
	f.Add([]byte(`[{"labels":{"a":"\u0000"},"endsAt":"2026-11-20 10:00:00"},null,3]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, _, err := Parse(body, connecttest.Now)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		for _, e := range events {
			connecttest.Storable(t, e)
			if len(e.Dedup) != 16 || e.EndsAt.IsZero() {
				t.Errorf("identity %q, ends %v", e.Dedup, e.EndsAt)
			}
		}
	})
}
