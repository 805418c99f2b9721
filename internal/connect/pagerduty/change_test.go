package pagerduty

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestChange(t *testing.T) {
	got, err := ParseChange([]byte(`{"routing_key":"k","payload":{"summary":"Build Success: Increase snapshot create timeout to 30 seconds\nmore","timestamp":"2026-11-20T09:42:58.315+0000","source":"acme-build-pipeline-tool-default-i-9999",
	 "custom_details":{"build_state":"passed","environment":"production","service":"checkout","revision":"4F1C0123456789ABCDEF0123456789ABCDEF0123","version":"5.14.0","user":"jonas"}},
	 "links":[{"href":"https://acme.example/build/2","text":"View more"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Change{"k", change.Signal{
		Kind: change.SignalDeployment, At: time.Date(2026, 11, 20, 9, 42, 58, 315000000, time.UTC), Commit: "4f1c0123456789abcdef0123456789abcdef0123",
		Deployment: &change.Deployment{Phase: change.PhaseSucceeded, Environment: "production", Services: []string{"checkout"}, Artefact: "5.14.0", Author: "jonas",
			Title: "Build Success: Increase snapshot create timeout to 30 seconds", Summary: "Build Success: Increase snapshot create timeout to 30 seconds\nmore", Link: "https://acme.example/build/2"},
	}}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(change.Deployment{}, "Key")); d != "" {
		t.Error(d)
	}
	if got.Signal.Deployment.Key == "" {
		t.Error("it has no key")
	}
}

func TestChangeAnswers(t *testing.T) {
	ok := `{"routing_key":"` + connecttest.Token + `","payload":{"summary":"s","source":"h"}}`
	for _, tt := range []struct {
		name, body string
		fail       error
		status     int
		contains   string
		taken      int
	}{
		{"one", ok, nil, 202, `{"status":"success","message":"Change event processed"}`, 1},
		{"no summary", strings.Replace(ok, `"summary":"s",`, "", 1), nil, 400, "'payload.summary' is missing or blank", 0},
		{"nothing", `{}`, nil, 400, "'routing_key' is missing or blank", 0},
		{"unknown key", strings.Replace(ok, connecttest.Token, strings.Repeat("f", 32), 1), nil, 400, "not the key of an enabled PagerDuty integration", 0},
		{"array", `[]`, nil, 400, "no object", 0},
		{"overload", ok, errs.E(errs.Unavailable, "the queue is full"), 429, "the queue is full", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &connecttest.Pipelines{Fail: tt.fail}
			s := connecttest.Server(t, New(connecttest.Door(&connecttest.Alerts{}), p).Routes)
			status, _, answer := connecttest.Post(t, s.URL+"/v2/change/enqueue", tt.body)
			if status != tt.status || !strings.Contains(answer, tt.contains) || len(p.Signals) != tt.taken {
				t.Errorf("%d %s, %d taken", status, answer, len(p.Signals))
			}
		})
	}
}

func FuzzParseChange(f *testing.F) {
	f.Add(`{"routing_key":"k","payload":{"summary":"s","custom_details":{"service":"checkout"}}}`)
	f.Fuzz(func(t *testing.T, in string) {
		m, err := ParseChange([]byte(in))
		if err == nil && m.Signal.Deployment.Title == "" && strings.TrimSpace(m.Signal.Deployment.Summary) == "" {
			t.Error("a change without a word")
		}
	})
}
