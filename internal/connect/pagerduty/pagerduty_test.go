package pagerduty

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// documented is the example of PagerDuty's own pages; the others were captured
// from Alertmanager 0.25.0, which sends an empty severity here.
func TestParse(t *testing.T) {
	for _, name := range []string{"documented", "alertmanager-trigger", "alertmanager-resolve"} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse(connecttest.Read(t, name+".json"), connecttest.Now)
			if err != nil {
				t.Fatal(err)
			}
			connecttest.Golden(t, name+".golden", m)
		})
	}
}

func TestAnswers(t *testing.T) {
	key := connecttest.Token
	body := func(s string) string { return `{"routing_key":"` + key + `",` + s + `}` }
	ok := body(`"event_action":"trigger","dedup_key":"k1","payload":{"summary":"s","source":"h","severity":"error"}`)
	for _, tt := range []struct {
		name, body string
		header     []string
		fail       error
		status     int
		answer     string // whole, without the line end; "" checks contains
		contains   string
		events     int
	}{
		{name: "trigger", body: ok, status: 202, answer: `{"status":"success","message":"Event processed","dedup_key":"k1"}`, events: 1},
		{name: "key in header", body: strings.Replace(ok, "routing_key", "x", 1), header: []string{"X-Routing-Key", key}, status: 202, events: 1},
		{name: "no dedup_key", body: body(`"event_action":"trigger","payload":{"summary":"s"}`), status: 202, contains: `"dedup_key":"`, events: 1},
		{name: "odd severity", body: body(`"event_action":"trigger","payload":{"summary":"s","severity":"mauve"}`), status: 202, events: 1},
		{name: "resolve", body: body(`"event_action":"resolve","dedup_key":"k1"`), status: 202, events: 1},
		{name: "resolve without key", body: body(`"event_action":"resolve"`), status: 400, contains: `'dedup_key' is missing or blank`},
		{name: "nothing", body: `{}`, status: 400, answer: `{"status":"invalid event","message":"Event object is invalid","errors":["'event_action' is missing or blank","'routing_key' is missing or blank"]}`},
		{name: "no summary", body: body(`"event_action":"trigger"`), status: 400, answer: `{"status":"invalid event","message":"Event object is invalid","errors":["'payload.summary' is missing or blank"]}`},
		{name: "odd action", body: body(`"event_action":"snooze"`), status: 400, contains: `'event_action' is invalid`},
		{name: "long dedup_key", body: body(`"event_action":"resolve","dedup_key":"` + strings.Repeat("k", 256) + `"`), status: 400, contains: "256 characters (maximum is 255"},
		{name: "short routing key", body: strings.Replace(ok, key, "abc", 1), status: 400, answer: `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`},
		{name: "unknown routing key", body: strings.Replace(ok, key, strings.Repeat("f", 32), 1), status: 400, contains: "not the key of an enabled PagerDuty integration"},
		{name: "not JSON", body: `{"routing_key":`, status: 400, contains: "ends in the middle"},
		{name: "array", body: `[]`, status: 400, contains: "no object"},
		{name: "too large", body: body(`"x":"` + strings.Repeat("x", MaxBody) + `"`), status: 413, contains: `"status":"invalid event"`},
		{name: "overload", body: ok, fail: errs.E(errs.Unavailable, "the queue is full"), status: 429, answer: `{"status":"throttle exceeded","message":"Requests for this service are arriving too quickly.  Please retry later.","errors":["the queue is full"]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &connecttest.Alerts{Fail: tt.fail}
			s := connecttest.Server(t, New(connecttest.Door(a), &connecttest.Pipelines{}).Routes)
			status, h, answer := connecttest.Post(t, s.URL+"/v2/enqueue", tt.body, tt.header...)
			if status != tt.status || (tt.answer != "" && answer != tt.answer+"\n") || !strings.Contains(answer, tt.contains) {
				t.Errorf("%d %s, want %d %s%s", status, answer, tt.status, tt.answer, tt.contains)
			}
			if len(a.Events) != tt.events {
				t.Errorf("%d events", len(a.Events))
			}
			if status == 429 && h.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
			if strings.Contains(answer, key) {
				t.Error("the answer repeats the routing key")
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"documented", "alertmanager-trigger", "alertmanager-resolve"} {
		f.Add(connecttest.Read(f, name+".json"))
	}
	f.Add([]byte(`{"event_action":"TRIGGER","dedup_key":"\u0000","payload":{"summary":"\ud800","timestamp":"2026-01-01","custom_details":{"service":"\u0000","service":{}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := Parse(body, connecttest.Now)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		connecttest.Storable(t, m.Event)
		if (m.DedupKey == "") != (m.Event.Dedup == "") {
			t.Errorf("key %q, identity %q", m.DedupKey, m.Event.Dedup)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	body := connecttest.Read(b, "alertmanager-trigger.json")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(body, connecttest.Now); err != nil {
			b.Fatal(err)
		}
	}
}
