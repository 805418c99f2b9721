package generic

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestParse(t *testing.T) {
	e, err := Parse(connecttest.Read(t, "full.json"), connecttest.Now)
	if err != nil {
		t.Fatal(err)
	}
	connecttest.Golden(t, "full.golden", e)
}

func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
		says       string
		action     alert.Action
	}{
		{"least", `{"summary":"disk full"}`, 200, `"dedup":"`, alert.Trigger},
		{"keyed", `{"summary":"disk full","dedup":"disk/db-2","details":"93 %"}`, 200, `"dedup":"disk/db-2"`, alert.Trigger},
		{"resolve", `{"dedup":"disk/db-2","action":"resolve"}`, 200, "", alert.Resolve},
		{"is over", `{"summary":"s","dedup":"k","ends_at":"2026-11-20T10:00:00Z"}`, 200, "", alert.Resolve},
		{"is over, without key", `{"summary":"s","ends_at":"2026-11-20T10:00:00Z"}`, 400, "ends_at", ""},
		{"no summary", `{}`, 400, `"name":"summary"`, ""},
		{"resolve nothing", `{"action":"resolve"}`, 400, `"name":"dedup"`, ""},
		{"odd action", `{"summary":"s","action":"explode"}`, 200, "", alert.Trigger},
		{"Datadog", `{"summary":"s","dedup":"k","action":"Recovered","severity":"success"}`, 200, "", alert.Resolve},
		{"text", `disk full`, 400, "not JSON", ""},
		{"array", `[{"summary":"s"}]`, 400, "no object", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &connecttest.Alerts{}
			s := connecttest.Server(t, New(connecttest.Door(a)).Routes)
			status, h, answer := connecttest.Post(t, s.URL+"/integrations/generic/"+connecttest.Token, tt.body)
			if status != tt.status || !strings.Contains(answer, tt.says) {
				t.Errorf("%d %s, want %d %s", status, answer, tt.status, tt.says)
			}
			if status == 400 && h.Get("Content-Type") != "application/problem+json" {
				t.Error(h)
			}
			if tt.action != "" && (len(a.Events) != 1 || a.Events[0].Action != tt.action) {
				t.Errorf("events %+v", a.Events)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(connecttest.Read(f, "full.json"))
	f.Add([]byte(`{"summary":"\u0000","details":"\ud800","severity":"\u0000","labels":[],"links":{}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Parse(body, connecttest.Now)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		connecttest.Storable(t, e)
	})
}
