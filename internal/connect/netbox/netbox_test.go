package netbox

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

type seen struct {
	items     map[string]cmdb.Seen
	relations []cmdb.SeenRelation
	remarks   []cmdb.Remark
}

func gather(t *testing.T, r io.Reader) seen {
	t.Helper()
	s := seen{items: map[string]cmdb.Seen{}}
	var err error
	s.remarks, err = Read(r, Options{}, func(r cmdb.Record) error {
		if r.Item == nil {
			s.relations = append(s.relations, *r.Relation)
		} else if _, again := s.items[r.Item.Key]; again {
			t.Errorf("%s came twice", r.Item.Key)
		} else {
			s.items[r.Item.Key] = *r.Item
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.relations {
		for _, e := range []cmdb.End{r.From, r.To} {
			if _, ok := s.items[e.Key]; e.Key != "" && !ok {
				t.Errorf("relation to the key %q, which no item has", e.Key)
			}
		}
	}
	return s
}

func (s seen) counts() map[string]int {
	out := map[string]int{}
	for _, i := range s.items {
		out[i.Kind]++
	}
	for _, r := range s.relations {
		out[string(r.Kind)]++
	}
	return out
}

func (s seen) lines() []string {
	var out []string
	for _, r := range s.relations {
		l := fmt.Sprintf("%s%s %s %s%s", r.From.Key, r.From.Value, r.Kind, r.To.Key, r.To.Value)
		if r.Group != "" {
			l += fmt.Sprintf(" [%s %d]", r.Group, r.Need)
		}
		out = append(out, l)
	}
	return out
}

func dump(t *testing.T, version string) []byte {
	t.Helper()
	dir := os.Getenv("EVENKEEL_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	b, err := os.ReadFile(filepath.Join(dir, "netbox", "netbox-demo-v"+version+".json.gz"))
	if os.IsNotExist(err) {
		t.Skip("no ../shared/data")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Counted in the dump itself, apart from this code. Items: 67 regions + 24
// sites + 4 locations + 42 racks; 71 devices (the 72nd is a server) + 4 power
// panels + 48 feeds + 4 virtual chassis; 180 virtual machines + 1 server; 90
// prefixes + 63 VLANs + 29 circuits + 1 provider network.
//
// runs_on: 61 regions in regions, 24 sites, 4 locations, 42 racks, 72 devices,
// 4 panels, 48 feeds, 48 racks on feeds, 180 machines on clusters, 63 VLANs at
// sites, 39 prefixes on VLANs, 65 prefixes at sites, 26 devices on outlets.
// connects_to: 54 pairs by cable, 45 ends of circuits. owned_by: 284 tenants.
// provides: 29 circuits, 1 network.
func TestDemo(t *testing.T) {
	for _, version := range []string{"3.5", "3.6"} {
		s := gather(t, bytes.NewReader(dump(t, version)))
		want := map[string]int{"location": 137, "device": 127, "host": 181, "cluster": 32, "network": 183, "supplier": 9, "team": 11,
			"runs_on": 676, "part_of": 8, "connects_to": 99, "owned_by": 284, "provides": 30}
		if d := cmp.Diff(want, s.counts()); d != "" {
			t.Errorf("%s: %s", version, d)
		}
		for _, r := range s.remarks {
			t.Errorf("%s: %v", version, r)
		}
		for _, l := range []string{
			"device/dm-akron/dmi01-akron-rtr01 runs_on rack/dm-akron/Comms closet",
			"device/dm-akron/dmi01-akron-rtr01 owned_by tenant/dunder-mifflin",
			"provider/level-3 provides circuit/level-3/KKDG4923",
		} {
			if !slices.Contains(s.lines(), l) {
				t.Errorf("%s: no %s", version, l)
			}
		}
		text := fmt.Sprint(s.items)
		for _, never := range []string{"pbkdf2", "Michael Scott", "dunder-mifflin.com", "INI04"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: %q reached the map", version, never)
			}
		}
	}
}

// The two dumps are one network in two versions of NetBox. Between the files
// differ only the names of fields (device_role became role, platforms lost
// their NAPALM driver, custom fields their choices) and no value that the map
// reads, so nothing may differ here: not one item, not one relation.
func TestVersionsShowNoFalseDrift(t *testing.T) {
	a := flat(t, gather(t, bytes.NewReader(dump(t, "3.5"))))
	b := flat(t, gather(t, bytes.NewReader(dump(t, "3.6"))))
	// Other row numbers, as a NetBox filled anew would give, and another order.
	c := flat(t, gather(t, bytes.NewReader(renumber(t, dump(t, "3.6")))))
	for name, other := range map[string][]string{"3.6": b, "renumbered": c} {
		for _, l := range a {
			if _, ok := slices.BinarySearch(other, l); !ok {
				t.Errorf("%s lacks %s", name, l)
			}
		}
		if len(other) != len(a) {
			t.Errorf("%s has %d records, not %d", name, len(other), len(a))
		}
	}
}

// flat is everything that was seen, a line each, sorted.
func flat(t *testing.T, s seen) []string {
	t.Helper()
	var out []string
	add := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	for _, i := range s.items {
		add(i)
	}
	for _, r := range s.relations {
		add(r)
	}
	slices.Sort(out)
	return out
}

// renumber adds 10,000 to every number that is a key and turns the order
// around.
func renumber(t *testing.T, packed []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(z)
	d.UseNumber()
	var rows []map[string]any
	if err := d.Decode(&rows); err != nil {
		t.Fatal(err)
	}
	var keys = map[string]bool{"parent": true, "region": true, "site": true, "location": true, "rack": true, "tenant": true, "group": true, "device": true, "device_type": true, "role": true, "platform": true,
		"manufacturer": true, "virtual_chassis": true, "master": true, "power_panel": true, "cable": true, "termination_id": true, "cluster": true, "type": true, "vrf": true, "vlan": true, "scope_id": true,
		"provider": true, "circuit": true, "provider_network": true, "virtual_machine": true}
	move := func(v any) any {
		if n, ok := v.(json.Number); ok {
			i, _ := n.Int64()
			return i + 10_000
		}
		return v
	}
	for _, r := range rows {
		r["pk"] = move(r["pk"])
		f := r["fields"].(map[string]any)
		for k := range f {
			if keys[k] {
				f[k] = move(f[k])
			}
		}
	}
	slices.Reverse(rows)
	out, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPagesOfTheAPI(t *testing.T) {
	b, err := os.ReadFile("testdata/devices.json")
	if err != nil {
		t.Fatal(err)
	}
	s := gather(t, bytes.NewReader(b))
	if d := cmp.Diff(map[string]int{"device": 2, "host": 1, "cluster": 1, "runs_on": 4, "owned_by": 1, "connects_to": 1}, s.counts()); d != "" {
		t.Error(d)
	}
	want := []string{
		"device/#9 connects_to device/quay/quay-sw1",
		"device/quay/quay-sw1 owned_by network",
		"cluster/kvm-1 runs_on quay",
		"device/#9 runs_on quay",
		"device/quay/quay-sw1 runs_on quay",
		"virtualmachine/kvm-1/orders-1.quay.harbour.example runs_on cluster/kvm-1",
	}
	got := s.lines()
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if strings.Contains(fmt.Sprint(s.items), "hunter2") {
		t.Error("a comment, custom field or context reached the map")
	}
	sw := s.items["device/quay/quay-sw1"]
	if string(sw.Attributes["status"]) != `"active"` || string(sw.Attributes["primary_ip4"]) != `"10.0.0.2"` || string(sw.Attributes["manufacturer"]) != `"Arista"` || sw.Team != "Network" {
		t.Errorf("%s %v", sw.Attributes, sw)
	}
	if vm := s.items["virtualmachine/kvm-1/orders-1.quay.harbour.example"]; !slices.Contains(vm.Identifiers, cmdb.Identifier{Scheme: "dns", Value: "orders-1.quay.harbour.example"}) {
		t.Error(vm)
	}
	if len(s.remarks) != 1 || !strings.Contains(s.remarks[0].Text, "known by its number") {
		t.Error(s.remarks)
	}
}

// Two supplies on two outlets: one of them is enough; the loop of a rack's
// feeds likewise. A child in a bay stands on its chassis.
func TestPower(t *testing.T) {
	row := func(model string, pk int, fields string) string {
		return fmt.Sprintf(`{"model":%q,"pk":%d,"fields":{%s}}`, model, pk, fields)
	}
	rows := []string{
		row("contenttypes.contenttype", 1, `"app_label":"dcim","model":"powerport"`), row("contenttypes.contenttype", 2, `"app_label":"dcim","model":"poweroutlet"`), row("contenttypes.contenttype", 3, `"app_label":"dcim","model":"powerfeed"`),
		row("dcim.site", 1, `"name":"Quay","slug":"quay"`), row("dcim.rack", 1, `"name":"R1","site":1`), row("dcim.powerpanel", 1, `"name":"P","site":1`),
		row("dcim.powerfeed", 1, `"name":"A","power_panel":1,"rack":1,"type":"primary"`), row("dcim.powerfeed", 2, `"name":"B","power_panel":1,"rack":1,"type":"redundant"`),
		row("dcim.device", 1, `"name":"srv","site":1,"rack":1`), row("dcim.device", 2, `"name":"pdu-a","site":1,"rack":1`), row("dcim.device", 3, `"name":"pdu-b","site":1,"rack":1`), row("dcim.device", 4, `"name":"blade","site":1,"rack":1`),
		row("dcim.devicebay", 1, `"device":1,"installed_device":4`),
		row("dcim.powerport", 1, `"device":1`), row("dcim.powerport", 2, `"device":1`), row("dcim.powerport", 3, `"device":2`), row("dcim.poweroutlet", 1, `"device":2`), row("dcim.poweroutlet", 2, `"device":3`),
	}
	for i, c := range [][4]int{{1, 1, 2, 1}, {1, 2, 2, 2}, {3, 1, 1, 3}} {
		rows = append(rows, row("dcim.cable", i+1, `"status":"connected"`),
			row("dcim.cabletermination", 2*i+1, fmt.Sprintf(`"cable":%d,"cable_end":"A","termination_type":%d,"termination_id":%d`, i+1, c[0], c[1])),
			row("dcim.cabletermination", 2*i+2, fmt.Sprintf(`"cable":%d,"cable_end":"B","termination_type":%d,"termination_id":%d`, i+1, c[2], c[3])))
	}
	got := gather(t, strings.NewReader("["+strings.Join(rows, ",")+"]")).lines()
	for _, l := range []string{
		"device/quay/srv runs_on device/quay/pdu-a [power 1]", "device/quay/srv runs_on device/quay/pdu-b [power 1]", "device/quay/pdu-a runs_on powerfeed/quay/P/A [power 1]",
		"rack/quay/R1 runs_on powerfeed/quay/P/A [power 1]", "rack/quay/R1 runs_on powerfeed/quay/P/B [power 1]", "powerfeed/quay/P/A runs_on powerpanel/quay/P", "device/quay/blade runs_on device/quay/srv",
	} {
		if !slices.Contains(got, l) {
			t.Errorf("no %s in %v", l, got)
		}
	}
}

func TestBadInput(t *testing.T) {
	for in, want := range map[string]string{
		"": "empty",
		`[{"model":"dcim.site","pk":"x","fields":{}}]`: "[0].pk",
		`[{"pk":1}]`: "neither a model",
		`[{"model":"dcim.site","pk":1,"fields":[]}]`: "not as dumpdata",
		`[3]`: "[0]: this is no row",
		`{"detail":"Authentication credentials were not provided."}`:          "neither a model",
		`{"count":1,"results":[{"url":"x","id":1}]}`:                          "results[0].url",
		"[{\"model\":\"dcim.site\",\"pk\":1,\"fields\":{\"name\":\"\xff\"}}]": "invalid UTF-8",
	} {
		_, err := Read(strings.NewReader(in), Options{}, func(cmdb.Record) error { return nil })
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in %v", in, want, err)
		}
	}
}

// A region that is its own ancestor must not hang the reading.
func TestCircle(t *testing.T) {
	in := `[{"model":"dcim.region","pk":1,"fields":{"slug":"a","parent":2}},{"model":"dcim.region","pk":2,"fields":{"slug":"b","parent":1}}]`
	if s := gather(t, strings.NewReader(in)); len(s.items) != 2 {
		t.Error(s.items)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`[{"model":"dcim.region","pk":1,"fields":{"slug":"a","parent":1}},{"model":"dcim.device","pk":1,"fields":{"site":1,"rack":2}}]`))
	f.Add([]byte(`{"count":1,"results":[{"url":"/api/dcim/cables/1/","a_terminations":[{"object_type":"dcim.interface","object_id":3}]}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := Read(bytes.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
	})
}
