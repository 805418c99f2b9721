package cmdbapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

const shared = "../../../../shared/data"

func sample(t *testing.T, path string) *os.File {
	t.Helper()
	if _, err := os.Stat(shared); err != nil {
		t.Skip("needs ../shared/data")
	}
	f, err := os.Open(filepath.Join(shared, path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Online Boutique as its manifests declare it and as its traces were seen: the
// report of edges names the four dependencies that nobody saw, and no other.
func TestOnlineBoutique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var truth struct {
			Observed, DeclaredNotObserved [][2]string
		}
		raw := map[string]json.RawMessage{}
		if err := json.NewDecoder(sample(t, "kubernetes/online-boutique-edges.truth.json")).Decode(&raw); err != nil {
			t.Fatal(err)
		}
		for name, into := range map[string]any{"observed": &truth.Observed, "declared_not_observed": &truth.DeclaredNotObserved} {
			if err := json.Unmarshal(raw[name], into); err != nil {
				t.Fatal(err)
			}
		}
		ctx, door := t.Context(), open(t, d)
		mara, machine := door.as(actor.Manager), door.as(actor.Machine)

		up := client.MapUpload{Source: "kubernetes", Scope: "demo", Complete: true, DryRun: true, Env: "demo"}
		dry, err := mara.ImportFile(ctx, up, sample(t, "kubernetes/online-boutique.kubernetes-manifests.yaml"))
		if err != nil || dry.State != "dry" || dry.Counts.Created == 0 || dry.Diff == nil || len(dry.Diff.Created) != min(dry.Counts.Created, 100) {
			t.Fatalf("%+v %v", dry, err)
		}
		if l, err := mara.Items(ctx, client.ItemFilter{}, "", 10); err != nil || len(l.Items) != 0 {
			t.Fatalf("a dry run made %+v %v", l, err)
		}
		up.DryRun = false
		run, err := machine.ImportFile(ctx, up, sample(t, "kubernetes/online-boutique.kubernetes-manifests.yaml"))
		if err != nil || run.State != "applied" || run.Counts.Created != dry.Counts.Created {
			t.Fatalf("%+v %v", run, err)
		}
		if got, err := mara.MapRun(ctx, run.Key); err != nil || got.Counts != run.Counts || got.Finished == nil {
			t.Errorf("%+v %v", got, err)
		}

		var lines strings.Builder
		for _, e := range truth.Observed {
			fmt.Fprintf(&lines, `{"relation":{"from":{"scheme":"service.name","value":%q},"to":{"scheme":"service.name","value":%q},"kind":"calls","flow":{"per_second":1}}}`+"\n", e[0], e[1])
		}
		seen, err := machine.ImportLines(ctx, client.MapUpload{Source: "nezha", Scope: "demo", Provenance: "observed"}, strings.NewReader(lines.String()), func(client.BulkProgress) {})
		if err != nil || seen.State != "applied" || seen.Counts.Relations != 13 || seen.Counts.Dangling != 0 {
			t.Fatalf("%+v %v", seen, err)
		}
		var got [][2]string
		l, err := mara.ReportEdges(ctx, client.ReportFilter{}, "", 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range l.Items {
			if e.Told != "declared" {
				t.Errorf("%s: %s → %s", e.Told, e.From.Name, e.To.Name)
			}
			got = append(got, [2]string{e.From.Name, e.To.Name})
		}
		slices.SortFunc(got, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
		if diff := cmp.Diff(truth.DeclaredNotObserved, got); diff != "" || len(got) != 4 {
			t.Errorf("declared and not observed:\n%s", diff)
		}
		table, err := mara.ReportCSV(ctx, "edges", client.ReportFilter{Told: "declared"})
		if err != nil {
			t.Fatal(err)
		}
		defer table.Close()
		if text, err := io.ReadAll(table); err != nil || bytes.Count(text, []byte("\n")) != 5 || !bytes.Contains(text, []byte("redis-cart")) {
			t.Errorf("%s %v", text, err)
		}

		// What the map says of it.
		hit, err := mara.Impact(ctx, []client.Cause{{Item: "application:redis-cart"}}, client.ImpactAsk{Exposed: true})
		if err != nil {
			hit, err = mara.Impact(ctx, []client.Cause{{Item: "redis-cart"}}, client.ImpactAsk{Exposed: true})
		}
		if err != nil || hit.Down == 0 || len(hit.Hits) < 3 || hit.Hits[0].Depth != 0 {
			t.Errorf("%+v %v", hit, err)
		}
		path, err := mara.ItemWay(ctx, "application:frontend", "application:currencyservice", time.Time{})
		if err != nil || len(path.Items) != 1 || path.Items[0].To.Name != "currencyservice" {
			t.Errorf("%+v %v", path, err)
		}
		if n, err := mara.ItemNeeds(ctx, "application:checkoutservice", client.ItemAsk{Depth: 1}); err != nil || len(n.Items) < 6 {
			t.Errorf("%+v %v", n, err)
		}
		why, err := mara.Why(ctx, "application:frontend", []client.Cause{{Item: "application:checkoutservice"}}, time.Time{})
		if err != nil || len(why.Items) != 2 || why.Items[0].On.Name != "checkoutservice" || why.Items[1].On != nil {
			t.Errorf("%+v %v", why, err)
		}
	})
}
