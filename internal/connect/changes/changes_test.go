package changes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

const commit = "4f1c0123456789abcdef0123456789abcdef0123"

func TestParse(t *testing.T) {
	got, err := Parse([]byte(`[
		{"id":"run-7","phase":"started","service":"checkout","services":["payments"],"commit":"4F1C0123456789ABCDEF0123456789ABCDEF0123","artefact":"5.14.0","repository":"harbour/checkout",
		 "kind":"schema","type":"emergency","purpose":"fix","at":"2026-11-20T17:04:05+01:00","planned_from":"2026-11-20T17:00:00Z","planned_to":"2026-11-20T18:00:00Z","rollback_of":"CHG-7"},
		{"service":"checkout","artefact":"5.14.0"},
		{"event":"build","name":"ci","commit":"` + commit + `"},
		{"event":"tests","name":"unit","commit":"` + commit + `","total":3,"passed":2,"skipped":1},
		{"event":"scan","name":"osv","commit":"` + commit + `","errors":1}]`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(h, m, s int) time.Time { return time.Date(2026, 11, 20, h, m, s, 0, time.UTC) }
	want := []change.Signal{
		{Kind: "deployment", At: at(16, 4, 5), Repository: "harbour/checkout", Commit: commit, Deployment: &change.Deployment{
			Key: "deployment:run-7", Phase: change.PhaseStarted, Services: []string{"checkout", "payments"}, Artefact: "5.14.0",
			Change: change.Schema, Type: change.Emergency, Purpose: change.Fix, PlannedFrom: at(17, 0, 0), PlannedTo: at(18, 0, 0), RollbackOf: "CHG-7"}},
		{Kind: "deployment", Deployment: &change.Deployment{Key: "deployment:checkout::production:5.14.0", Phase: change.PhaseSucceeded, Services: []string{"checkout"}, Artefact: "5.14.0"}},
		{Kind: "build", Commit: commit, Build: &change.Build{Name: "ci", Result: change.ResultPassed}},
		{Kind: "tests", Commit: commit, Tests: &change.Tests{Suite: "unit", Total: 3, Passed: 2, Skipped: 1}},
		{Kind: "scan", Commit: commit, Scan: &change.Scan{Tool: "osv", Errors: 1}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		``:                          "not JSON",
		`[]`:                        "send 1 to 1000",
		`{"service":"a"}`:           "id: give the deployment an id",
		`{"id":"1","phase":"done"}`: "phase \"done\": use created, waiting",
		`{"id":"1","kind":"x","type":"y","purpose":"z"}`: "purpose \"z\"",
		`{"id":"1","commit":"abc"}`:                      "send the full hash",
		`{"id":"1","at":"yesterday"}`:                    "RFC 3339",
		`{"id":"1","planned_to":"2026-11-20T18:00:00Z","planned_from":"2026-11-20T18:00:00Z"}`: "let it end after planned_from",
		`{"event":"merge"}`: "use deployment, build, tests or scan",
		`{"event":"tests","commit":"` + commit + `","name":"u","total":4,"passed":3}`: "together, 3",
		`{"event":"tests","commit":"` + commit + `","total":1,"passed":1}`:            "name the build",
		`{"event":"scan","name":"x"}`:                                                 "which commit",
		`{"id":"1","comit":"x"}`:                                                      "comit",
		`{"id":7}`:                                                                    "another type",
		`[{"id":"1"},{"service":"a"}]`:                                                "[1].id",
		`{"event":"scan","name":"x","commit":"` + commit + `","errors":-1}`:           "send 0 or more",
	} {
		_, err := Parse([]byte(in))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"id":"1","service":"checkout"}`)
	f.Add(`[{"event":"tests"}]`)
	f.Fuzz(func(t *testing.T, in string) {
		list, err := Parse([]byte(in))
		if err == nil && len(list) == 0 {
			t.Error("nothing and no error")
		}
	})
}
