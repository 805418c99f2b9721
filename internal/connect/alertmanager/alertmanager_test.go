package alertmanager

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// The bodies firing, resolved and mixed were captured from Alertmanager 0.25.0
// behind Prometheus 2.42.0; grafana is its documented example; newer has the
// fields of later versions and everything that can be odd.
func TestParse(t *testing.T) {
	for _, name := range []string{"firing", "resolved", "mixed", "grafana", "newer"} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse(connecttest.Read(t, name+".json"), connecttest.Now.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			connecttest.Golden(t, name+".golden", m)
		})
	}
}

// Alertmanager's own fingerprints must be what we compute when one is missing.
func TestFingerprintIsAlertmanagers(t *testing.T) {
	for _, name := range []string{"firing", "mixed"} {
		body := connecttest.Read(t, name+".json")
		want, err := Parse(body, connecttest.Now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse([]byte(strings.ReplaceAll(string(body), `"fingerprint"`, `"gone"`)), connecttest.Now)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Events {
			if want.Events[i].Dedup != got.Events[i].Dedup {
				t.Errorf("%s alert %d: computed %s, Alertmanager says %s", name, i, got.Events[i].Dedup, want.Events[i].Dedup)
			}
		}
	}
}

// A body cannot make us lose an alert by its size or form.
func TestHugeValuesAreShortened(t *testing.T) {
	labels := map[string]string{"alertname": "Big", "dump": strings.Repeat("é", 5<<20)}
	for i := range 200 {
		labels[fmt.Sprintf("l%03d", i)] = "x"
	}
	body, _ := json.Marshal(map[string]any{"alerts": []any{map[string]any{"status": "firing", "labels": labels,
		"annotations": map[string]string{"summary": strings.Repeat("s", 5000) + "\x00\xff"}}}})
	m, err := Parse(body, connecttest.Now)
	if err != nil {
		t.Fatal(err)
	}
	e := m.Events[0]
	connecttest.Storable(t, e)
	note := e.Annotations[connect.NoteKey]
	for _, want := range []string{"label dump was shortened from 10485760 to 4096 bytes", "of 202 labels were left out", "summary was shortened"} {
		if !strings.Contains(note, want) {
			t.Errorf("note %q does not say %q", note, want)
		}
	}
	if e.Labels["alertname"] != "Big" {
		t.Error("alertname was lost")
	}
}

func TestAnswers(t *testing.T) {
	firing := string(connecttest.Read(t, "firing.json"))
	many := `{"alerts":[` + strings.TrimSuffix(strings.Repeat(`{"labels":{"a":"b"}},`, 100_000), ",") + `]}`
	full := `{"alerts":[` + strings.TrimSuffix(strings.Repeat(`{"labels":{"a":"b"}},`, connect.MaxAlerts), ",") + `]}`
	auth := []string{"Authorization", "Bearer " + connecttest.Token}
	for _, tt := range []struct {
		name, path, body string
		header           []string
		fail             error
		status           int
		says             string
		events           int
	}{
		{name: "token in address", path: "/" + connecttest.Token, body: firing, status: 200, says: `{"status":"ok","alerts":2}`, events: 2},
		{name: "token in header", body: firing, header: auth, status: 200, events: 2},
		{name: "no alerts", body: `{"alerts":[]}`, header: auth, status: 200, says: `"alerts":0`},
		{name: "ten thousand", body: full, header: auth, status: 200, events: 10_000},
		{name: "hundred thousand", body: many, header: auth, status: 413, says: "more than 10000"},
		{name: "no token", body: firing, status: 401, says: "no token was sent"},
		{name: "wrong token", path: "/nope", body: firing, status: 401, says: "no enabled alertmanager integration"},
		{name: "not JSON", body: `{"alerts":[{"labels":{"a":}}]}`, header: auth, status: 400, says: "alerts.0.labels.a"},
		{name: "half", body: firing[:300], header: auth, status: 400, says: "ends in the middle"},
		{name: "empty", header: auth, status: 400, says: "empty"},
		{name: "two", body: firing + firing, header: auth, status: 400, says: "more than one"},
		{name: "array", body: `[]`, header: auth, status: 400, says: "Alertmanager webhook"},
		{name: "nothing in it", body: `{"alerts":[{},null,7]}`, header: auth, status: 400, says: "none of the 3 entries"},
		{name: "compressed", body: "x", header: append(auth, "Content-Encoding", "gzip"), status: 400, says: "uncompressed"},
		{name: "too large", body: strings.Repeat(" ", MaxBody+1), header: auth, status: 413, says: "limit of this address"},
		{name: "overload", body: firing, header: auth, fail: errs.E(errs.Unavailable, "busy"), status: 503, says: "busy"},
		{name: "limited", body: firing, header: auth, fail: errs.E(errs.Limited, "slow down"), status: 503},
		{name: "our fault", body: firing, header: auth, fail: http.ErrServerClosed, status: 500, says: "on our side"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &connecttest.Alerts{Fail: tt.fail}
			s := connecttest.Server(t, New(connecttest.Door(a)).Routes)
			status, h, answer := connecttest.Post(t, s.URL+"/integrations/alertmanager"+tt.path, tt.body, tt.header...)
			if status != tt.status || !strings.Contains(answer, tt.says) {
				t.Errorf("%d %s, want %d %s", status, answer, tt.status, tt.says)
			}
			if len(a.Events) != tt.events {
				t.Errorf("%d events were taken, want %d", len(a.Events), tt.events)
			}
			if status == 503 && h.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		})
	}
}

// A database that stops between chunks is told, with what stands.
func TestStopsBetweenChunks(t *testing.T) {
	a := &connecttest.Alerts{Fail: errs.E(errs.Unavailable, "the disk is full"), FailAt: 2}
	s := connecttest.Server(t, New(connecttest.Door(a)).Routes)
	body := `{"alerts":[` + strings.TrimSuffix(strings.Repeat(`{"labels":{"a":"b"}},`, 5000), ",") + `]}`
	status, _, answer := connecttest.Post(t, s.URL+"/integrations/alertmanager/"+connecttest.Token, body)
	if status != 503 || !strings.Contains(answer, "the first 2000 alerts of this body stand") {
		t.Errorf("%d %s", status, answer)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"firing", "resolved", "mixed", "grafana", "newer"} {
		f.Add(connecttest.Read(f, name+".json"))
	}
	f.Add([]byte(`{"alerts":[{"labels":{"a":"\u0000\ud800","":"x"},"fingerprint":"\u0000","startsAt":"2999-01-01T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := Parse(body, connecttest.Now)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		for _, e := range m.Events {
			connecttest.Storable(t, e)
			if e.Dedup == "" {
				t.Error("no identity")
			}
			if e.Action == alert.Trigger && !e.EndsAt.IsZero() && !e.EndsAt.After(connecttest.Now) {
				t.Error("fires, but has ended")
			}
		}
	})
}

// BenchmarkParse reads batches of 64 alerts, as the speed goal sends them.
func BenchmarkParse(b *testing.B) {
	var m struct {
		Alerts []json.RawMessage `json:"alerts"`
	}
	if err := json.Unmarshal(connecttest.Read(b, "firing.json"), &m); err != nil {
		b.Fatal(err)
	}
	for len(m.Alerts) < 64 {
		m.Alerts = append(m.Alerts, m.Alerts[len(m.Alerts)%2])
	}
	body, _ := json.Marshal(m)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if m, err := Parse(body, connecttest.Now); err != nil || len(m.Events) != 64 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/alert")
}
