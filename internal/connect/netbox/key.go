package netbox

import (
	"cmp"
	"strings"
)

// key is the natural name of a row, unique among its model; full is false when
// only a part of it is known because the row was named and not read.
func (b *reader) key(o *object) (key string, full bool) { return b.keyAt(o, 0) }

// keyAt stops at a depth that no building has: rows may name each other in a
// circle.
func (b *reader) keyAt(o *object, depth int) (key string, full bool) {
	if o == nil || depth > 32 {
		return "", false
	}
	path := func(model, field string, parts ...string) (string, bool) {
		out, ok := "", true
		if p := b.get(o, field, model); p != nil {
			out, ok = b.keyAt(p, depth+1)
		}
		for _, s := range parts {
			if out != "" {
				out += "/"
			}
			out += s
		}
		return out, ok && o.full
	}
	slug := cmp.Or(o.text("slug"), o.text("name"))
	switch o.model {
	case "dcim.site", "circuits.provider", "tenancy.tenant", "virtualization.clustergroup", "ipam.vlangroup":
		return slug, o.text("slug") != ""
	case "dcim.region":
		if o.num("parent") == o.id {
			return slug, true
		}
		return path("dcim.region", "parent", slug)
	case "dcim.location":
		if o.num("parent") != 0 && o.num("parent") != o.id {
			return path("dcim.location", "parent", slug)
		}
		return path("dcim.site", "site", slug)
	case "dcim.rack":
		if o.num("location") != 0 {
			return path("dcim.location", "location", o.text("name"))
		}
		return path("dcim.site", "site", o.text("name"))
	case "dcim.device":
		return b.deviceKey(o)
	case "dcim.virtualchassis":
		name := o.text("name")
		if m := b.get(o, "master", "dcim.device"); m != nil {
			s, _ := b.key(b.get(m, "site", "dcim.site"))
			return s + "/" + name, o.full
		}
		return name, o.full
	case "dcim.powerpanel":
		return path("dcim.site", "site", o.text("name"))
	case "dcim.powerfeed":
		return path("dcim.powerpanel", "power_panel", o.text("name"))
	case "virtualization.cluster":
		return path("virtualization.clustergroup", "group", o.text("name"))
	case "virtualization.virtualmachine":
		if o.num("cluster") != 0 {
			return path("virtualization.cluster", "cluster", o.text("name"))
		}
		return path("dcim.site", "site", o.text("name"))
	case "ipam.prefix":
		vrf := "global"
		if v := b.get(o, "vrf", "ipam.vrf"); v != nil {
			vrf = cmp.Or(v.text("rd"), v.text("name"))
		}
		return vrf + "/" + o.text("prefix"), o.full
	case "ipam.vlan":
		if o.num("group") != 0 {
			return path("ipam.vlangroup", "group", "vlan", o.text("vid"))
		}
		return path("dcim.site", "site", "vlan", o.text("vid"))
	case "circuits.circuit":
		return path("circuits.provider", "provider", o.text("cid"))
	case "circuits.providernetwork":
		return path("circuits.provider", "provider", o.text("name"))
	}
	return "", false
}

// deviceKey is site and name; a device without a name is known by its place,
// as people in the room know it.
func (b *reader) deviceKey(o *object) (string, bool) {
	site, _ := b.key(b.get(o, "site", "dcim.site"))
	if n := o.text("name"); n != "" {
		return site + "/" + n, o.full
	}
	if v := b.get(o, "virtual_chassis", "dcim.virtualchassis"); v != nil && o.text("vc_position") != "" {
		return site + "/" + v.text("name") + ":" + o.text("vc_position"), o.full
	}
	if t := o.text("asset_tag"); t != "" {
		return site + "/asset " + t, o.full
	}
	if r := b.get(o, "rack", "dcim.rack"); r != nil && o.text("position") != "" {
		return site + "/" + r.text("name") + " U" + strings.TrimSuffix(o.text("position"), ".0") + " " + o.text("face"), o.full
	}
	if s := o.text("serial"); s != "" {
		return site + "/serial " + s, o.full
	}
	return "", false
}
