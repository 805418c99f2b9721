package sarif

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
)

func log(results string) string {
	return `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"results":[` + results + `],
 "tool":{"driver":{"name":"Scanner","rules":[{"id":"A1","defaultConfiguration":{"level":"error"}},{"id":"B2"},{"id":"C3","defaultConfiguration":{"level":"note"}}]}}}]}`
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Report
	}{
		"levels of their own": {`{"level":"error","ruleId":"X","message":{"text":"SQL  injection"}},{"level":"warning"},{"level":"note"},{"level":"none"}`,
			Report{Errors: 1, Warnings: 1, Notes: 1, Worst: []string{"X: SQL injection"}}},
		"levels of their rules, which stand after them": {`{"ruleId":"A1"},{"ruleIndex":2},{"ruleId":"B2"},{"rule":{"id":"A1"}},{"ruleId":"unknown"}`,
			Report{Errors: 2, Warnings: 2, Notes: 1, Worst: []string{"A1", "A1"}}},
		"an index outside says nothing":             {`{"ruleIndex":99,"ruleId":"A1"},{"ruleIndex":-1}`, Report{Errors: 1, Warnings: 1, Worst: []string{"A1"}}},
		"kinds that are no findings":                {`{"kind":"pass","level":"error"},{"kind":"notApplicable"},{"kind":"fail","level":"error"}`, Report{Errors: 1, Worst: []string{""}}},
		"suppressed, and those under review":        {`{"level":"error","suppressions":[{"status":"accepted"}]},{"level":"error","suppressions":[{}]},{"level":"warning","suppressions":[{"status":"underReview"}]}`, Report{Warnings: 1}},
		"what is gone does not count, news do":      {`{"level":"error","baselineState":"absent"},{"level":"warning","baselineState":"new"}`, Report{Warnings: 1}},
		"no findings is a report, if a tool looked": {``, Report{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(strings.NewReader(log(c.in)))
			if err != nil {
				t.Fatal(err)
			}
			c.want.Tools = []string{"Scanner"}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]string{
		``:                                "no SARIF",
		`[]`:                              "where an object should be",
		`{}`:                              "version is missing",
		`{"version":"2.0.0"}`:             "write SARIF 2.1.0",
		`{"version":"2.1.0"}`:             "no run",
		`{"version":"2.1.0","runs":null}`: "no run",
		`{"version":"2.1.0","runs":[{}]}`: "runs[0].tool.driver.name",
		`{"version":"2.1.0","runs":[{"results":{}}]}`:            "where an array should be",
		`{"version":"2.1.0","runs":[{"results":[{"level":1}]}]}`: "no SARIF",
		`{"version":"2.1.0","runs":[`:                            "no SARIF",
	} {
		_, err := Read(strings.NewReader(in))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(log(`{"level":"error"},{"ruleIndex":1}`))
	f.Fuzz(func(t *testing.T, in string) {
		r, err := Read(strings.NewReader(in))
		if err == nil && len(r.Tools) == 0 {
			t.Error("a report of no tool")
		}
	})
}
