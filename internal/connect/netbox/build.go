package netbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// builder emits what a reader holds.
type builder struct {
	*reader
	emit      cmdb.Emit
	err       error
	keys      map[*object]string
	relations []cmdb.SeenRelation
	seen      map[string]bool
}

// order is that in which items are emitted.
var order = []string{"tenancy.tenant", "dcim.region", "dcim.site", "dcim.location", "dcim.rack", "dcim.powerpanel", "dcim.powerfeed", "dcim.virtualchassis", "dcim.device",
	"virtualization.cluster", "virtualization.virtualmachine", "ipam.vlan", "ipam.prefix", "circuits.provider", "circuits.providernetwork", "circuits.circuit"}

func (b *reader) finish(emit cmdb.Emit) ([]cmdb.Remark, error) {
	w := &builder{reader: b, emit: emit, keys: map[*object]string{}, seen: map[string]bool{}}
	lists := map[string][]*object{}
	total := 0
	for _, model := range order {
		lists[model] = w.name(model)
		total += len(lists[model])
	}
	if total == 0 {
		b.remark(b.opt.File, "holds nothing that the map shows")
	}
	for _, model := range order {
		for _, o := range lists[model] {
			w.item(o)
		}
	}
	for _, model := range order {
		for _, o := range lists[model] {
			w.ties(o)
		}
	}
	w.wires()
	for _, r := range w.relations {
		if w.err == nil {
			w.err = emit(cmdb.Record{Relation: &r})
		}
	}
	return b.remarks, w.err
}

// name gives each row of a model its key and sorts by it. Rows that would have
// the same one are told apart by tenant, then by number.
func (w *builder) name(model string) []*object {
	var list []*object
	count := map[string]int{}
	short := model[strings.IndexByte(model, '.')+1:]
	for _, id := range slices.Sorted(maps.Keys(w.rows[model])) {
		o := w.rows[model][id]
		if !o.full {
			continue
		}
		k, _ := w.key(o)
		if k == "" {
			k = fmt.Sprintf("#%d", o.id)
			w.remark(model+" "+k, "has neither a name nor a place of its own and is known by its number, which another NetBox will not give it")
		}
		w.keys[o] = short + "/" + k
		count[w.keys[o]]++
		list = append(list, o)
	}
	again := map[string]int{}
	for _, o := range list {
		k := w.keys[o]
		if count[k] < 2 {
			continue
		}
		if t := w.get(o, "tenant", "tenancy.tenant"); t != nil {
			k += " of " + cmp.Or(t.text("slug"), t.text("name"))
		}
		if again[k]++; again[k] > 1 {
			k += fmt.Sprintf(" #%d", o.id)
		}
		w.keys[o] = k
		w.remark(model+" "+k, "shares its natural name with another")
	}
	slices.SortFunc(list, func(x, y *object) int { return strings.Compare(w.keys[x], w.keys[y]) })
	return list
}

// to is the end of a relation to a row: its key when it was read, its
// identifier when it was only named and that says enough.
func (w *builder) to(o *object) (cmdb.End, bool) {
	if o == nil {
		return cmdb.End{}, false
	}
	if k := w.keys[o]; k != "" {
		return cmdb.ByKey(k), true
	}
	if k, full := w.key(o); full {
		return cmdb.By(scheme(o.model), k, ""), true
	}
	return cmdb.End{}, false
}

func scheme(model string) string { return "netbox." + model[strings.IndexByte(model, '.')+1:] }

type attrs map[string]json.RawMessage

func (a attrs) set(name, v string) {
	if v != "" {
		a[name], _ = json.Marshal(v) // text always has a JSON form
	}
}

var kinds = map[string]string{"tenancy.tenant": cmdb.KindTeam, "dcim.region": cmdb.KindLocation, "dcim.site": cmdb.KindLocation, "dcim.location": cmdb.KindLocation, "dcim.rack": cmdb.KindLocation,
	"dcim.powerpanel": cmdb.KindDevice, "dcim.powerfeed": cmdb.KindDevice, "dcim.virtualchassis": cmdb.KindDevice, "dcim.device": cmdb.KindDevice, "virtualization.cluster": cmdb.KindCluster,
	"virtualization.virtualmachine": cmdb.KindHost, "ipam.vlan": cmdb.KindNetwork, "ipam.prefix": cmdb.KindNetwork, "circuits.circuit": cmdb.KindNetwork,
	"circuits.providernetwork": cmdb.KindNetwork, "circuits.provider": cmdb.KindSupplier}

func (w *builder) role(o *object) *object {
	if r := w.get(o, "role", "dcim.devicerole"); r != nil {
		return r
	}
	return w.get(o, "device_role", "dcim.devicerole")
}

func (w *builder) item(o *object) {
	short := o.model[strings.IndexByte(o.model, '.')+1:]
	key := w.keys[o]
	s := cmdb.Seen{Key: key, Kind: kinds[o.model], Env: w.opt.Env, Identifiers: []cmdb.Identifier{{Scheme: "netbox." + short, Value: strings.TrimPrefix(key, short+"/")}}}
	if t := w.get(o, "tenant", "tenancy.tenant"); t != nil {
		s.Team = t.text("name")
	}
	a := attrs{}
	a.set("type", short)
	for _, f := range []string{"status", "facility", "time_zone", "facility_id", "serial", "asset_tag", "u_height", "position", "face", "description", "domain", "supply", "phase", "voltage", "amperage",
		"vcpus", "memory", "disk", "vid", "commit_rate", "service_id"} {
		a.set(f, o.text(f))
	}
	s.Name = o.text("name")
	switch o.model {
	case "dcim.device":
		w.machine(o, &s, a)
		t := w.get(o, "device_type", "dcim.devicetype")
		a.set("model", t.text("model"))
		a.set("manufacturer", w.get(t, "manufacturer", "dcim.manufacturer").text("name"))
		if r := w.role(o); r.text("vm_role") == "true" || o.num("cluster") != 0 {
			s.Kind = cmdb.KindHost
		}
		if s.Name == "" {
			k := strings.TrimPrefix(key, short+"/")
			s.Name = k[strings.IndexByte(k, '/')+1:]
		}
	case "virtualization.virtualmachine":
		w.machine(o, &s, a)
	case "virtualization.cluster":
		a.set("platform", w.get(o, "type", "virtualization.clustertype").text("name"))
	case "dcim.powerfeed":
		a.set("feed", o.text("type"))
	case "ipam.prefix":
		s.Name = o.text("prefix")
		a.set("role", w.get(o, "role", "ipam.role").text("name"))
		a.set("vrf", w.get(o, "vrf", "ipam.vrf").text("name"))
	case "ipam.vlan":
		s.Name = "VLAN " + o.text("vid") + " " + o.text("name")
		a.set("role", w.get(o, "role", "ipam.role").text("name"))
	case "circuits.circuit":
		s.Name = o.text("cid")
		a.set("circuit", w.get(o, "type", "circuits.circuittype").text("name"))
	case "tenancy.tenant":
		a.set("group", w.get(o, "group", "tenancy.tenantgroup").text("name"))
	}
	if s.Name == "" {
		s.Name = strings.TrimPrefix(key, short+"/")
	}
	s.Attributes = a
	if w.err == nil {
		w.err = w.emit(cmdb.Record{Item: &s})
	}
}

// machine adds what devices and virtual machines share.
func (w *builder) machine(o *object, s *cmdb.Seen, a attrs) {
	a.set("role", w.role(o).text("name"))
	a.set("platform", w.get(o, "platform", "dcim.platform").text("name"))
	for _, f := range []string{"primary_ip4", "primary_ip6"} {
		ip := w.get(o, f, "ipam.ipaddress")
		if p, err := netip.ParsePrefix(ip.text("address")); err == nil {
			a.set(f, p.Addr().String())
		}
		w.dns(s, ip.text("dns_name"))
	}
	if strings.Count(s.Name, ".") >= 2 {
		w.dns(s, s.Name)
	}
	if s.Name != "" {
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeName, Value: strings.ToLower(s.Name)})
	}
}

func (w *builder) dns(s *cmdb.Seen, name string) {
	id := cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: strings.TrimSuffix(strings.ToLower(name), ".")}
	if strings.Contains(id.Value, ".") && !strings.ContainsAny(id.Value, " /:") && !slices.Contains(s.Identifiers, id) {
		if _, err := netip.ParseAddr(id.Value); err != nil {
			s.Identifiers = append(s.Identifiers, id)
		}
	}
}
