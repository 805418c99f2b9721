package cdevents

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile/sourcefiletest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// TestConformance reads every example of the specification: each is understood,
// or answered with why it is of no use.
func TestConformance(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sourcefiletest.Data(t), "cdevents", "conformance", "*.json"))
	if len(files) != 45 {
		t.Fatalf("%d examples, want 45", len(files))
	}
	told := map[string]change.SignalKind{}
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse("application/json", body)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		if d.ID == "" || len(d.Signals)+len(d.Notes) != 1 {
			t.Errorf("%s: %+v", filepath.Base(f), d)
		}
		for _, s := range d.Signals {
			told[strings.TrimSuffix(filepath.Base(f), ".json")] = s.Kind
			if s.At.IsZero() {
				t.Errorf("%s has lost its time", f)
			}
		}
	}
	want := map[string]change.SignalKind{"service_deployed": "deployment", "service_upgraded": "deployment", "service_rolledback": "deployment"}
	if d := cmp.Diff(want, told); d != "" {
		t.Error(d)
	}
}

func deployed(predicate string) string {
	return `{"context":{"specversion":"0.5.1","id":"1","source":"/ci","type":"dev.cdevents.service.` + predicate + `.0.3.0","timestamp":"2026-11-20T17:04:05Z"},
	"subject":{"id":"checkout","content":{"environment":{"id":"production"},"artifactId":"pkg:oci/checkout@sha256%3A0b31?repository_url=a.example/b@c"}},
	"customData":{"commit":"ABCDEF0123456789ABCDEF0123456789ABCDEF01","repository":"harbour/checkout"}}`
}

func TestDeployment(t *testing.T) {
	want := change.Signal{
		Kind: change.SignalDeployment, At: time.Date(2026, 11, 20, 17, 4, 5, 0, time.UTC),
		Repository: "harbour/checkout", Commit: "abcdef0123456789abcdef0123456789abcdef01",
		Deployment: &change.Deployment{Key: "cdevents:/ci#1", Phase: change.PhaseSucceeded, Environment: "production", Application: "checkout", Artefact: "sha256:0b31", RunsOnly: true},
	}
	plain := deployed("deployed")
	quoted, _ := json.Marshal([]byte(plain)) // base64
	for name, c := range map[string][2]string{
		"alone":                       {"application/json", plain},
		"binary":                      {"application/json; charset=utf-8", "\xEF\xBB\xBF" + plain},
		"structured":                  {"application/cloudevents+json", `{"specversion":"1.0","id":"x","source":"s","type":"t","data":` + plain + `}`},
		"structured, in base 64":      {"application/cloudevents+json; charset=utf-8", `{"specversion":"1.0","data_base64":` + string(quoted) + `}`},
		"structured, said to be JSON": {"application/json", `{"specversion":"1.0","data":` + plain + `}`},
		"batch":                       {"application/cloudevents-batch+json", `[{"specversion":"1.0","data":` + plain + `}]`},
	} {
		d, err := Parse(c[0], []byte(c[1]))
		if err != nil || len(d.Signals) != 1 {
			t.Errorf("%s: %v %+v", name, err, d)
			continue
		}
		if d := cmp.Diff(want, d.Signals[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	back, err := Parse("", []byte(deployed("rolledback")))
	if err != nil || back.Signals[0].Deployment.Purpose != change.Rollback {
		t.Error(err, back)
	}
}

func TestFacts(t *testing.T) {
	event := func(what, content, custom string) string {
		return `{"context":{"id":"1","source":"/ci","type":"dev.cdevents.` + what + `.0.3.0"},"subject":{"id":"run-7","content":` + content + `},"customData":` + custom + `}`
	}
	const commit = `{"commit":"abcdef0123456789abcdef0123456789abcdef01","repository":"r"}`
	for in, want := range map[string]any{
		event("testsuiterun.finished", `{"outcome":"success","testSuite":{"name":"Login"}}`, commit):                                                                &change.Tests{Suite: "Login", Total: 1, Passed: 1},
		event("testsuiterun.finished", `{"outcome":"failure","testSuite":{"id":"9"}}`, commit):                                                                      &change.Tests{Suite: "9", Total: 1, Failed: 1},
		event("testsuiterun.finished", `{"outcome":"cancel"}`, commit):                                                                                              &change.Tests{Suite: "run-7", Total: 1, Skipped: 1},
		event("testsuiterun.finished", `{"outcome":"success"}`, `{"commit":"abcdef0123456789abcdef0123456789abcdef01","tests":{"total":9,"passed":8,"skipped":1}}`): &change.Tests{Suite: "run-7", Total: 9, Passed: 8, Skipped: 1},
		event("testsuiterun.finished", `{"outcome":"error"}`, `{"commit":"abcdef0123456789abcdef0123456789abcdef01","tests":{"total":9,"passed":9}}`):               &change.Tests{Suite: "run-7", Total: 9, Passed: 8, Failed: 1},
		event("build.finished", `{"artifactId":"pkg:oci/a@1.2"}`, commit):                                                                                           &change.Build{Name: "build run-7", Result: change.ResultPassed, Artefact: "1.2"},
		event("pipelinerun.started", `{"pipelineName":"ship","uri":"https://ci.example/1"}`, commit):                                                                &change.Build{Name: "pipelinerun ship", Result: change.ResultRunning, Link: "https://ci.example/1"},
		event("taskrun.finished", `{"taskName":"lint","outcome":"strange"}`, commit):                                                                                &change.Build{Name: "taskrun lint", Result: change.ResultFailed},
	} {
		d, err := Parse("", []byte(in))
		if err != nil || len(d.Signals) != 1 {
			t.Errorf("%s: %v %+v", in, err, d)
			continue
		}
		s := d.Signals[0]
		var got any = s.Build
		if s.Tests != nil {
			got = s.Tests
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", in, d)
		}
	}
	d, err := Parse("", []byte(event("pipelinerun.started", `{}`, `"text"`)))
	if err != nil || len(d.Signals) != 0 || !strings.Contains(d.Notes[0], "names no commit") {
		t.Error(d, err)
	}
}

func TestRefuses(t *testing.T) {
	for in, want := range map[string][2]string{
		"not JSON":     {"", `{`},
		"no id":        {"", `{"context":{"type":"dev.cdevents.service.deployed.0.3.0"}}`},
		"no type":      {"", `{"context":{"id":"1"}}`},
		"other type":   {"", `{"context":{"id":"1","type":"com.github.push"}}`},
		"short type":   {"", `{"context":{"id":"1","type":"dev.cdevents.service"}}`},
		"no data":      {"application/cloudevents+json", `{"specversion":"1.0"}`},
		"no batch":     {"application/cloudevents-batch+json", `{}`},
		"one is wrong": {"application/cloudevents-batch+json", `[{"data":{}}]`},
		"too many":     {"application/cloudevents-batch+json", "[" + strings.TrimSuffix(strings.Repeat("{},", MaxBatch+1), ",") + "]"},
	} {
		if _, err := Parse(want[0], []byte(want[1])); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", in, err)
		}
	}
	_, err := Parse("application/cloudevents-batch+json", []byte(`[{"data":`+deployed("deployed")+`},{"data":{}}]`))
	if !strings.Contains(fmt.Sprint(err), "event 2 of the batch") {
		t.Error(err)
	}
}

func TestArtefact(t *testing.T) {
	for in, want := range map[string]string{
		"pkg:oci/myapp@sha256%3A0b31": "sha256:0b31", "pkg:golang/a.example/shop@1.4.2?x=y#sub": "1.4.2",
		"pkg:oci/myapp": "pkg:oci/myapp", "1.4.2": "1.4.2", "": "", "pkg:oci/a@%zz": "pkg:oci/a@%zz", "pkg:oci/a@": "pkg:oci/a@",
	} {
		if got := Artefact(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("", deployed("deployed"))
	f.Add("application/cloudevents-batch+json", `[{"data":`+deployed("removed")+`}]`)
	f.Fuzz(func(t *testing.T, kind, in string) {
		d, err := Parse(kind, []byte(in))
		if err == nil && kind == "" && len(d.Signals)+len(d.Notes) != 1 {
			t.Errorf("%+v", d)
		}
	})
}
