package azure

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

func gather(t *testing.T, in string) (map[string]cmdb.Seen, []string, []cmdb.Remark) {
	t.Helper()
	items, lines := map[string]cmdb.Seen{}, []string(nil)
	last := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
	remarks, err := Read(strings.NewReader(in), Options{}, func(r cmdb.Record) error {
		if r.Item != nil {
			items[r.Item.Key] = *r.Item
			return nil
		}
		l := items[r.Relation.From.Key].Kind + " " + last(r.Relation.From.Key) + " " + string(r.Relation.Kind) + " " + items[r.Relation.To.Key].Kind + r.Relation.To.Scheme + " " + last(r.Relation.To.Key+r.Relation.To.Value)
		if r.Relation.Group != "" {
			l += fmt.Sprintf(" [%s %d]", r.Relation.Group, r.Relation.Need)
		}
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return items, lines, remarks
}

// Every line was checked against testdata/graph.json by hand.
func TestResourceGraph(t *testing.T) {
	b, err := os.ReadFile("testdata/graph.json")
	if err != nil {
		t.Fatal(err)
	}
	items, lines, remarks := gather(t, string(b))
	counts := map[string]int{}
	for _, i := range items {
		counts[i.Kind]++
	}
	if d := cmp.Diff(map[string]int{"host": 1, "storage": 1, "network": 2, "load-balancer": 1, "database": 2, "deployment": 1, "location": 1}, counts); d != "" {
		t.Error(d)
	}
	want := []string{
		"database ledger runs_on database orders", "database ledger runs_on location westeurope", "database orders runs_on location westeurope",
		"deployment receipts runs_on azure.id plan", "deployment receipts runs_on location westeurope",
		"host orders-1 depends_on network orders-1", "host orders-1 part_of service checkout", "host orders-1 runs_on location westeurope", "host orders-1 stores_in storage orders-1-os",
		"load-balancer edge depends_on network orders-1 [backends 1]", "load-balancer edge runs_on location westeurope",
		"network main runs_on location westeurope", "network orders-1 runs_on location westeurope", "network orders-1 runs_on network main",
		"storage orders-1-os runs_on location westeurope",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	if len(remarks) != 0 {
		t.Error(remarks)
	}
	host := items["/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/shop/providers/microsoft.compute/virtualmachines/orders-1"]
	if host.Env != "production" || host.Team != "payments" || string(host.Attributes["size"]) != `"Standard_D2s_v5"` {
		t.Errorf("%+v", host)
	}
	if strings.Contains(fmt.Sprintf("%s", items), "hunter2") {
		t.Error("a secret reached the map")
	}
}

// az resource list, and a first page that says there are more.
func TestLists(t *testing.T) {
	const vm = `{"id":"/subscriptions/1/resourceGroups/Shop/providers/Microsoft.Compute/virtualMachines/A","name":"A","type":"Microsoft.Compute/virtualMachines","location":"westeurope","tags":null,"sku":null}`
	items, _, remarks := gather(t, "["+vm+"]")
	if i := items["/subscriptions/1/resourcegroups/shop/providers/microsoft.compute/virtualmachines/a"]; i.Kind != cmdb.KindHost || len(remarks) != 0 || string(i.Attributes["resource_group"]) != `"shop"` {
		t.Errorf("%v %v", items, remarks)
	}
	for _, in := range []string{`{"data":[` + vm + `],"skip_token":"x"}`, `{"totalRecords":2,"resultTruncated":"true","data":[` + vm + `]}`, `{"value":[` + vm + `],"nextLink":"https://x"}`} {
		if _, _, remarks := gather(t, in); len(remarks) != 1 || !strings.Contains(remarks[0].Text, "all pages") {
			t.Errorf("%s: %v", in, remarks)
		}
	}
}

func TestBadInput(t *testing.T) {
	for in, want := range map[string]string{
		"": "empty", `{"data":[{"name":"x"}]}`: "data[0]: a resource needs id and type", `[{"id":"x","type":"y"}]`: "[0].id", `[3]`: "[0]: this resource", "[{\"id\":\"\xff\"}]": "invalid UTF-8",
	} {
		if _, err := Read(strings.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in %v", in, want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`[{"id":"/subscriptions/1/providers/a/b/c/d/e","type":"t","managedBy":"/subscriptions/2","properties":{"network":{"delegatedSubnetResourceId":"/subscriptions/"}}}]`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := Read(bytes.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
	})
}
