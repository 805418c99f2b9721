package incident

import (
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// TestMatrixFile: the file to start from means what the matrix means, for the
// built-in one and for one that differs everywhere.
func TestMatrixFile(t *testing.T) {
	none := []string{}
	own, err := PriorityMatrixSpec{
		Teams:    []string{"payments", "shop"},
		Impact:   map[string]map[string]string{"high": {"low": "P1"}},
		Severity: map[string][]string{"info": {"P3", "P4", "P4", "P4"}},
		Priorities: map[string]PolicySpec{
			"P1": {Response: "5m", WarRoom: "none", WaitStops: &none},
			"P2": {Escalate: "none", Tell: &[]string{"team", "executive"}, How: "quiet"},
			"P4": {Tell: &[]string{"manager"}, Update: "2d"},
		},
		CloseAfter: "3d", Review: &ReviewSpec{After: "30d", Repeats: 5, Within: "90d"},
	}.Compile("shop-hours", 0)
	if err != nil {
		t.Fatal(err)
	}
	own.Teams = []string{"payments", "shop"}
	for _, want := range []*Matrix{DefaultMatrix(), own} {
		var doc struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Metadata   struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Spec PriorityMatrixSpec `json:"spec"`
		}
		if err := yaml.UnmarshalWithOptions([]byte(want.File()), &doc, yaml.UseJSONUnmarshaler(), yaml.DisallowUnknownField()); err != nil {
			t.Fatalf("%v\n%s", err, want.File())
		}
		got, err := doc.Spec.Compile(doc.Metadata.Name, 0)
		if err != nil {
			t.Fatalf("%v\n%s", err, want.File())
		}
		got.Teams = doc.Spec.Teams
		// No waits and none are the same.
		for n := range got.Policies {
			if len(got.Policies[n].Stops) == 0 {
				got.Policies[n].Stops = want.Policies[n].Stops
			}
		}
		if d := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Duration) bool { return a == b })); d != "" {
			t.Errorf("the file says something else (-matrix +file):\n%s\n%s", d, want.File())
		}
	}
}
