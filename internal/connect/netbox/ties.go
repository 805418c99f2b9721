package netbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

func (w *builder) relate(r cmdb.SeenRelation) {
	k := fmt.Sprint(r.From, r.To, r.Kind)
	if r.From == r.To || w.seen[k] {
		return
	}
	w.seen[k] = true
	r.Provenance = cmdb.Declared
	w.relations = append(w.relations, r)
}

// tie relates a row to another, if there is one; it says whether.
func (w *builder) tie(o *object, kind cmdb.RelationKind, other *object, group string) bool {
	to, ok := w.to(other)
	if !ok {
		return false
	}
	r := cmdb.SeenRelation{From: cmdb.ByKey(w.keys[o]), To: to, Kind: kind, Group: group}
	if group != "" {
		r.Need = 1
	}
	w.relate(r)
	return true
}

// stands puts a row into the narrowest place that is known.
func (w *builder) stands(o *object, places ...string) {
	for _, f := range places {
		if w.tie(o, cmdb.RunsOn, w.get(o, f, "dcim."+f), "") {
			return
		}
	}
	if e := w.typed(o, "scope_type", "scope_id"); e.id != 0 {
		w.tie(o, cmdb.RunsOn, w.rows[e.model][e.id], "")
	}
}

// ties are the relations that one row tells of itself.
func (w *builder) ties(o *object) {
	w.tie(o, cmdb.OwnedBy, w.get(o, "tenant", "tenancy.tenant"), "")
	switch o.model {
	case "dcim.region":
		w.tie(o, cmdb.RunsOn, w.get(o, "parent", "dcim.region"), "")
	case "dcim.site":
		w.stands(o, "region")
	case "dcim.location":
		if !w.tie(o, cmdb.RunsOn, w.get(o, "parent", "dcim.location"), "") {
			w.stands(o, "site")
		}
	case "dcim.rack", "dcim.powerpanel":
		w.stands(o, "location", "site")
	case "dcim.powerfeed":
		w.tie(o, cmdb.RunsOn, w.get(o, "power_panel", "dcim.powerpanel"), "")
		// A rack works while one of its feeds does: that is what primary and redundant mean.
		if rack := w.get(o, "rack", "dcim.rack"); rack != nil && w.keys[rack] != "" {
			w.tie(rack, cmdb.RunsOn, o, "power")
		}
	case "dcim.device":
		w.stands(o, "rack", "location", "site")
		w.tie(o, cmdb.PartOf, w.get(o, "virtual_chassis", "dcim.virtualchassis"), "members")
		w.tie(o, cmdb.PartOf, w.get(o, "cluster", "virtualization.cluster"), "hosts")
	case "virtualization.cluster", "ipam.vlan":
		w.stands(o, "site")
		if g := w.get(o, "group", "ipam.vlangroup"); o.model == "ipam.vlan" && g != nil {
			if e := w.typed(g, "scope_type", "scope_id"); e.id != 0 {
				w.tie(o, cmdb.RunsOn, w.rows[e.model][e.id], "")
			}
		}
	case "virtualization.virtualmachine":
		w.tie(o, cmdb.RunsOn, w.get(o, "cluster", "virtualization.cluster"), "")
		w.tie(o, cmdb.RunsOn, w.get(o, "device", "dcim.device"), "")
		if o.num("cluster") == 0 {
			w.stands(o, "site")
		}
	case "ipam.prefix":
		w.tie(o, cmdb.RunsOn, w.get(o, "vlan", "ipam.vlan"), "")
		w.stands(o, "site")
	case "circuits.circuit":
		if p, ok := w.to(w.get(o, "provider", "circuits.provider")); ok {
			w.relate(cmdb.SeenRelation{From: p, To: cmdb.ByKey(w.keys[o]), Kind: cmdb.Provides})
		}
	case "circuits.providernetwork":
		if p, ok := w.to(w.get(o, "provider", "circuits.provider")); ok {
			w.relate(cmdb.SeenRelation{From: p, To: cmdb.ByKey(w.keys[o]), Kind: cmdb.Provides})
		}
	}
}

// wires follows circuits to their ends, cables between devices, and devices in
// bays to their chassis.
func (w *builder) wires() {
	for _, id := range slices.Sorted(maps.Keys(w.rows["circuits.circuittermination"])) {
		t := w.rows["circuits.circuittermination"][id]
		c := w.get(t, "circuit", "circuits.circuit")
		if c == nil || w.keys[c] == "" {
			continue
		}
		w.tie(c, cmdb.ConnectsTo, w.get(t, "site", "dcim.site"), "")
		w.tie(c, cmdb.ConnectsTo, w.get(t, "provider_network", "circuits.providernetwork"), "")
		if e := w.typed(t, "termination_type", "termination_id"); e.id != 0 { // 4.2 and later
			w.tie(c, cmdb.ConnectsTo, w.rows[e.model][e.id], "")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.rows["dcim.devicebay"])) {
		bay := w.rows["dcim.devicebay"][id]
		if child := w.get(bay, "installed_device", "dcim.device"); child != nil && w.keys[child] != "" {
			w.tie(child, cmdb.RunsOn, w.get(bay, "device", "dcim.device"), "")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.cables)) {
		w.cable(id, w.cables[id])
	}
	// Cables have no natural name, so their order is that of what they join.
	slices.SortStableFunc(w.relations, func(x, y cmdb.SeenRelation) int {
		return strings.Compare(sortKey(x), sortKey(y))
	})
}

func sortKey(r cmdb.SeenRelation) string {
	return fmt.Sprint(r.Kind, " ", r.From, " ", r.To)
}

// owner is the row that a cable's end belongs to.
func (w *builder) owner(e end) *object {
	if m := part[e.model]; m != "" {
		return w.rows[m][w.parts[e.model][e.id]]
	}
	switch e.model {
	case "circuits.circuittermination":
		return w.get(w.rows[e.model][e.id], "circuit", "circuits.circuit")
	case "dcim.powerfeed":
		return w.rows[e.model][e.id]
	}
	return nil
}

// cable joins what its two sides belong to. What is plugged into an outlet or
// a feed needs its power; of several supplies one is enough.
func (w *builder) cable(id int64, sides map[string][]end) {
	if s := w.rows["dcim.cable"][id].text("status"); s == "planned" || s == "decommissioning" {
		return
	}
	for _, a := range sides["A"] {
		for _, z := range sides["B"] {
			from, to := w.owner(a), w.owner(z)
			if from == nil || to == nil || from == to {
				continue
			}
			x, okX := w.to(from)
			y, okY := w.to(to)
			if !okX || !okY {
				continue
			}
			switch {
			case a.model == "dcim.powerport":
				w.relate(cmdb.SeenRelation{From: x, To: y, Kind: cmdb.RunsOn, Group: "power", Need: 1})
			case z.model == "dcim.powerport":
				w.relate(cmdb.SeenRelation{From: y, To: x, Kind: cmdb.RunsOn, Group: "power", Need: 1})
			default: // the same whichever way the cable was drawn
				if fmt.Sprint(x) > fmt.Sprint(y) {
					x, y = y, x
				}
				w.relate(cmdb.SeenRelation{From: x, To: y, Kind: cmdb.ConnectsTo})
			}
		}
	}
}
