package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/client"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Several manifests are one run, and a fault is named in the file that it
// stands in.
func TestImportJoinsFiles(t *testing.T) {
	a, b := write(t, "a.yaml", "kind: A\nname: a"), write(t, "b.yaml", "kind: B\nname: b\n")
	var got, query string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, query = string(body), r.URL.RawQuery
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		json.NewEncoder(w).Encode(client.Problem{Detail: "the input is not valid", Fields: []client.Field{
			{Name: "name", Remedy: "first", Where: "line 2"}, {Name: "kind", Remedy: "second", Where: "line 4, spec.containers[0]"}}})
	}))
	defer server.Close()
	run := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := Run(context.Background(), append([]string{"--server", server.URL, "cmdb", "import"}, args...), strings.NewReader(""), &out, &errs)
		return code, errs.String()
	}
	code, text := run("kubernetes", a, b, "--scope", "shop", "--complete", "--dry-run")
	if code != 2 || !strings.Contains(text, a+":2: name: first") || !strings.Contains(text, b+":1, spec.containers[0]: kind: second") {
		t.Errorf("%d %s", code, text)
	}
	if got != "kind: A\nname: a\n---\nkind: B\nname: b\n" || query != "complete=true&dry_run=true&scope=shop&source=kubernetes" {
		t.Errorf("%q %q", got, query)
	}
	if code, text = run("terraform", a, b); code != 2 || !strings.Contains(text, "a run of terraform is one file") {
		t.Errorf("%d %s", code, text)
	}
	if code, text = run("terraform", a+".not"); code != 2 || !strings.Contains(text, "it cannot be read") {
		t.Errorf("%d %s", code, text)
	}
}

// A run reads like a plan; one that asks is confirmed with --yes, and else says
// how.
func TestImportShowsTheRun(t *testing.T) {
	asking := client.MapRun{Key: "RUN-7", Source: "csv", Scope: "rack", State: "asking", Why: "2 of 3 items would turn stale",
		Counts: client.MapCounts{Items: 1, Created: 1, Changed: 1, Stale: 2, RelationsAdded: 1, Dangling: 1, Proposals: 1},
		Diff: &client.MapDiff{Created: []client.ItemChange{{Key: "d", Kind: "host", Name: "d"}}, Changed: []client.ItemChange{{Item: "CI-1", Key: "a", Kind: "host", Name: "a", Attributes: []string{"size", "env"}}},
			Stale:          []client.ItemChange{{Item: "CI-2", Key: "b", Kind: "host", Name: "b"}, {Item: "CI-3", Key: "c", Kind: "host", Name: "c"}},
			RelationsAdded: []client.RelationChange{{From: "key:d", Kind: "runs_on", To: "key:a"}}, Dangling: []client.RelationChange{{From: "key:d", Kind: "calls", To: "dns=x.harbour.example"}}},
		Remarks: []client.MapRemark{{Place: "line 3", Text: "a value was left out, it looks like a secret"}}}
	confirmed := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		run := asking
		if strings.HasSuffix(r.URL.Path, "/RUN-7/confirm") {
			run.State, run.Why, confirmed = "applied", "", true
		}
		json.NewEncoder(w).Encode(run)
	}))
	defer server.Close()
	file := write(t, "hosts.csv", "kind,name\nhost,a\n")
	run := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := Run(context.Background(), append([]string{"--server", server.URL, "cmdb", "import", "csv", file}, args...), strings.NewReader(""), &out, &errs)
		return code, out.String(), errs.String()
	}
	const body = `+ 1 item new
    + host d
~ 1 item changed
    ~ host a CI-1: size, env
- 2 items not seen any more, stale
    - host b CI-2
    - host c CI-3
+ 1 relation new
    + d runs_on a
? 1 relation with an end that nobody knows
    ? d calls dns=x.harbour.example
1 pair may be one: evenkeel cmdb proposals
! 1 remark
    line 3: a value was left out, it looks like a secret
`
	code, out, text := run()
	if diff := cmp.Diff("RUN-7 csv rack: waits to be confirmed\n  2 of 3 items would turn stale\n"+body, out); diff != "" || code != 6 || confirmed || !strings.Contains(text, "evenkeel cmdb confirm RUN-7") {
		t.Errorf("%d %s\n%s", code, text, diff)
	}
	code, out, text = run("--yes")
	if diff := cmp.Diff("RUN-7 csv rack: applied\n"+body, out); diff != "" || code != 0 || !confirmed {
		t.Errorf("%d %s\n%s", code, text, diff)
	}
}

// What breaks is grouped by how badly, each with the path that explains it.
func TestImpactReadsAsASentence(t *testing.T) {
	db := client.ItemBrief{Key: "CI-1", Kind: "database", Name: "orders"}
	shop := client.ItemBrief{Key: "CI-2", Kind: "application", Name: "shop", Env: "prod"}
	pool := client.ItemBrief{Key: "CI-3", Kind: "application", Name: "pool"}
	tier := 1
	impact := client.Impact{Down: 2, AtRisk: 1, Teams: []string{"payments"}, Services: []client.ServiceHit{{Service: "checkout", Promise: "Guests can pay", Tier: &tier, Team: "payments", Level: "down"}},
		Hits: []client.Hit{
			{Item: db, Level: "down", Why: []client.ImpactStep{{Item: db, Level: "down"}}},
			{Item: shop, Level: "down", Depth: 1, Why: []client.ImpactStep{{Item: shop, Level: "down", On: &db, OnLevel: "down", Relation: &client.ItemRelation{Kind: "stores_in", Strength: "hard"}}, {Item: db, Level: "down"}}},
			{Item: pool, Level: "at risk", Depth: 1, Why: []client.ImpactStep{{Item: pool, Level: "at risk", On: &db, OnLevel: "down", Relation: &client.ItemRelation{Kind: "depends_on"}, Group: &client.ImpactGroup{Name: "replicas", Need: 1, Of: 3, Gone: 1}}}},
		}}
	var out bytes.Buffer
	if err := (&Globals{Output: "table", Out: &out}).printImpact(impact); err != nil {
		t.Fatal(err)
	}
	const want = `2 down, 0 degraded, 1 at risk
  down      service checkout: "Guests can pay", tier 1, team payments
to tell: payments

DOWN
  database orders CI-1  (asked about)
  application shop@prod CI-2  ← database orders is down [stores_in, hard]

AT RISK
  application pool CI-3  ← database orders is down [depends_on] [2 of 3 of replicas left, 1 needed]
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// A time is a time, or how long ago.
func TestPast(t *testing.T) {
	for text, ago := range map[string]time.Duration{"90m": 90 * time.Minute, "7d": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour} {
		var p Past
		if err := p.UnmarshalText([]byte(text)); err != nil || time.Since(p.Time)-ago > time.Minute || time.Since(p.Time) < ago {
			t.Errorf("%s is %s, %v", text, p.Time, err)
		}
	}
	var p Past
	if err := p.UnmarshalText([]byte("2026-11-13T18:00:00Z")); err != nil || p.Time.Unix() != 1794592800 {
		t.Errorf("%s %v", p.Time, err)
	}
	if err := p.UnmarshalText([]byte("last week")); err == nil {
		t.Error("last week is no time")
	}
}
