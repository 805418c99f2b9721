package gcp

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func gather(t *testing.T, in string) (map[string]cmdb.Seen, []string) {
	t.Helper()
	items, lines := map[string]cmdb.Seen{}, []string(nil)
	last := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
	_, err := Read(strings.NewReader(in), Options{}, func(r cmdb.Record) error {
		if r.Item != nil {
			items[r.Item.Key] = *r.Item
		} else {
			from := items[r.Relation.From.Key]
			lines = append(lines, from.Kind+" "+last(r.Relation.From.Key)+" "+string(r.Relation.Kind)+" "+r.Relation.To.Scheme+" "+last(r.Relation.To.Key+r.Relation.To.Value)+r.Relation.Group)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return items, lines
}

// Every line was checked against testdata/assets.ndjson by hand.
func TestExport(t *testing.T) {
	b, err := os.ReadFile("testdata/assets.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	items, lines := gather(t, string(b))
	counts := map[string]int{}
	for _, i := range items {
		counts[i.Kind]++
	}
	if d := cmp.Diff(map[string]int{"host": 1, "storage": 1, "network": 2, "database": 1, "deployment": 1, "location": 2}, counts); d != "" {
		t.Error(d)
	}
	want := []string{
		"database orders runs_on  europe-west3",
		"deployment receipts runs_on  europe-west3",
		"host orders-1 part_of gcp.name ordersinstances",
		"host orders-1 runs_on  europe-west3-a",
		"host orders-1 runs_on  main",
		"host orders-1 stores_in  orders-1",
		"location europe-west3-a runs_on  europe-west3",
		"network main runs_on  europe-west3",
		"network main runs_on  main",
		"storage orders-1 runs_on  europe-west3-a",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	host := items["//compute.googleapis.com/projects/harbour/zones/europe-west3-a/instances/orders-1"]
	if host.Env != "production" || host.Team != "payments" || host.Identifiers[1].String() != "provider.id=gce:harbour/europe-west3-a/orders-1" || string(host.Attributes["size"]) != `"n2-standard-2"` {
		t.Errorf("%+v", host)
	}
	if db := items["//cloudsql.googleapis.com/projects/harbour/instances/orders"]; db.Team != "payments" || db.Identifiers[1].String() != "dns=abc.def.europe-west3.sql.goog" {
		t.Errorf("%+v", db)
	}
	if strings.Contains(fmt.Sprintf("%s", items), "hunter2") {
		t.Error("a secret reached the map")
	}
}

// search-all-resources gives the same key and kind.
func TestSearch(t *testing.T) {
	items, lines := gather(t, `[{"name":"//compute.googleapis.com/projects/harbour/zones/europe-west3-a/instances/orders-1","assetType":"compute.googleapis.com/Instance","project":"projects/42","displayName":"orders-1",
		"location":"europe-west3-a","labels":{"team":"payments"},"parentFullResourceName":"//cloudresourcemanager.googleapis.com/projects/harbour","state":"RUNNING",
		"relationships":{"COMPUTE_INSTANCE_USE_DISK":{"relatedResources":[{"assetType":"compute.googleapis.com/Disk","fullResourceName":"//compute.googleapis.com/projects/harbour/zones/europe-west3-a/disks/orders-1"}]}}},
		{"name":"//container.googleapis.com/projects/harbour/locations/europe-west3/clusters/main/nodePools/default","assetType":"container.googleapis.com/NodePool","parentFullResourceName":"//container.googleapis.com/projects/harbour/locations/europe-west3/clusters/main"}]`)
	if len(items) != 4 || items["//compute.googleapis.com/projects/harbour/zones/europe-west3-a/instances/orders-1"].Team != "payments" {
		t.Error(items)
	}
	want := []string{"cluster default runs_on gcp.name main", "host orders-1 runs_on  europe-west3-a", "host orders-1 stores_in gcp.name orders-1", "location europe-west3-a runs_on  europe-west3"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestBadInput(t *testing.T) {
	for in, want := range map[string]string{
		"": "empty", `{"name":"x"}`: "needs a name and an assetType", `[{"name":"x","assetType":"y"}]`: "[0].name", `[3]`: "[0]: this asset", "{\"name\":\"\xff\"}": "invalid UTF-8", "{}\n{": "value 1",
	} {
		if _, err := Read(strings.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in %v", in, want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"name":"//a/b","asset_type":"c","resource":{"location":"europe-west3-a","data":{"disks":[{"source":"//x"}]}}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := Read(bytes.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
	})
}
