package argocd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

const (
	before = "1111111111111111111111111111111111111111"
	now    = "2222222222222222222222222222222222222222"
)

// app is an Application as Argo CD's controller writes it, with the parts that
// differ from case to case.
func app(health, reconciled, operation string) string {
	return `{"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":"checkout-prod","namespace":"argocd","annotations":{"evenkeel.dev/service":"checkout, payments"}},
	"spec":{"project":"default","source":{"repoURL":"https://git.example/harbour/checkout.git","path":"deploy","targetRevision":"HEAD"},"destination":{"server":"https://kubernetes.default.svc","namespace":"shop"}},
	"status":{"sync":{"status":"Synced","revision":"` + now + `"},"health":{"status":"` + health + `"},"reconciledAt":"` + reconciled + `",
	 "history":[{"id":1,"revision":"` + before + `"},{"id":2,"revision":"` + now + `"}],"operationState":` + operation + `}}`
}

func op(phase, finished string) string {
	return `{"operation":{"initiatedBy":{"username":"jonas"},"sync":{"revision":"` + now + `"}},"phase":"` + phase + `","message":"one or more objects failed\nmore","startedAt":"2026-11-20T17:00:00Z","finishedAt":"` + finished + `","syncResult":{"revision":"` + now + `"}}`
}

func TestParse(t *testing.T) {
	want := func(p change.Phase, at, reason string) []change.Signal {
		when, _ := time.Parse(time.RFC3339, at)
		return []change.Signal{{Kind: change.SignalDeployment, At: when, Repository: "harbour/checkout", Commit: now, Deployment: &change.Deployment{
			Key: "argocd:argocd/checkout-prod:2026-11-20T17:00:00Z", Phase: p, Application: "checkout-prod", Services: []string{"checkout", "payments"},
			Path: "deploy", Author: "jonas", Previous: before, RunsOnly: true, Reason: reason,
		}}}
	}
	for name, c := range map[string]struct {
		in   string
		want []change.Signal
	}{
		"running":                {app("Healthy", "2026-11-20T17:00:01Z", op("Running", "")), want(change.PhaseStarted, "2026-11-20T17:00:00Z", "")},
		"applied, not there":     {app("Progressing", "2026-11-20T17:00:11Z", op("Succeeded", "2026-11-20T17:00:10Z")), want(change.PhaseStarted, "2026-11-20T17:00:00Z", "")},
		"healthy":                {app("Healthy", "2026-11-20T17:01:10Z", op("Succeeded", "2026-11-20T17:00:10Z")), want(change.PhaseSucceeded, "2026-11-20T17:01:10Z", "")},
		"healthy, looked before": {app("Healthy", "2026-11-20T16:01:10Z", op("Succeeded", "2026-11-20T17:00:10Z")), want(change.PhaseSucceeded, "2026-11-20T17:00:10Z", "")},
		"sync failed":            {app("Healthy", "2026-11-20T17:01:10Z", op("Failed", "2026-11-20T17:00:10Z")), want(change.PhaseFailed, "2026-11-20T17:00:10Z", "one or more objects failed")},
		"degraded soon":          {app("Degraded", "2026-11-20T17:10:10Z", op("Succeeded", "2026-11-20T17:00:10Z")), want(change.PhaseFailed, "2026-11-20T17:10:10Z", "the application is degraded")},
		"degraded later":         {app("Degraded", "2026-11-20T19:10:10Z", op("Succeeded", "2026-11-20T17:00:10Z")), nil},
		"terminating":            {app("Healthy", "2026-11-20T19:10:10Z", op("Terminating", "")), nil},
		"never synced":           {app("Healthy", "", "null"), nil},
		"dry run":                {app("Healthy", "", `{"startedAt":"2026-11-20T17:00:00Z","phase":"Succeeded","operation":{"sync":{"dryRun":true}}}`), nil},
	} {
		got, note, err := Parse([]byte(c.in))
		if err != nil || (note == "") != (len(c.want) > 0) {
			t.Errorf("%s: %v %q", name, err, note)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSources(t *testing.T) {
	in := `{"kind":"Application","metadata":{"name":"search","annotations":{"evenkeel.dev/environment":"staging"}},"spec":{"sources":[{"repoURL":"git@git.example:harbour/charts.git"},{"repoURL":"x"}]},
	 "status":{"operationState":{"phase":"Running","startedAt":"2026-11-20T17:00:00Z","syncResult":{"revisions":["1.4.2","HEAD"]}},"history":[{"revisions":["1.4.1","x"]}]}}`
	got, _, err := Parse([]byte(in))
	if err != nil || len(got) != 1 {
		t.Fatal(err)
	}
	if s := got[0]; s.Repository != "harbour/charts" || s.Commit != "" || s.Deployment.Artefact != "1.4.2" || s.Deployment.Previous != "1.4.1" || s.Deployment.Environment != "staging" || s.Deployment.Services != nil {
		t.Errorf("%+v %+v", s, s.Deployment)
	}
}

func TestRefuses(t *testing.T) {
	for in, want := range map[string]string{`{`: "not JSON", `{}`: "toJson .app", `{"kind":"Rollout","metadata":{"name":"x"}}`: "toJson .app", `{"metadata":7}`: "another type"} {
		_, _, err := Parse([]byte(in))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(app("Healthy", "2026-11-20T17:01:10Z", op("Succeeded", "2026-11-20T17:00:10Z")))
	f.Fuzz(func(t *testing.T, in string) {
		list, note, err := Parse([]byte(in))
		if err == nil && (len(list) == 0) == (note == "") {
			t.Error("neither signal nor note")
		}
	})
}
