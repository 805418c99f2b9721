package netbox

// kept are the models that become items or ties, with the fields that are
// read. A field that a version does not have is simply missing.
var kept = map[string][]string{
	"dcim.region":                   {"name", "slug", "parent"},
	"dcim.site":                     {"name", "slug", "status", "region", "tenant", "facility", "time_zone"},
	"dcim.location":                 {"name", "slug", "site", "parent", "status", "tenant"},
	"dcim.rack":                     {"name", "site", "location", "status", "tenant", "facility_id", "serial", "asset_tag", "u_height"},
	"dcim.manufacturer":             {"name"},
	"dcim.devicetype":               {"manufacturer", "model", "part_number"},
	"dcim.devicerole":               {"name", "vm_role"},
	"dcim.platform":                 {"name"},
	"dcim.device":                   {"name", "device_type", "role", "device_role", "tenant", "platform", "serial", "asset_tag", "site", "location", "rack", "position", "face", "status", "primary_ip4", "primary_ip6", "cluster", "virtual_chassis", "vc_position", "description"},
	"dcim.devicebay":                {"device", "installed_device"},
	"dcim.virtualchassis":           {"name", "domain", "master"},
	"dcim.powerpanel":               {"name", "site", "location"},
	"dcim.powerfeed":                {"name", "power_panel", "rack", "status", "type", "supply", "phase", "voltage", "amperage"},
	"dcim.cable":                    {"status", "a_terminations", "b_terminations"},
	"dcim.cabletermination":         {"cable", "cable_end", "termination_type", "termination_id"},
	"virtualization.clustertype":    {"name"},
	"virtualization.clustergroup":   {"name", "slug"},
	"virtualization.cluster":        {"name", "type", "group", "status", "tenant", "site", "scope_type", "scope_id"},
	"virtualization.virtualmachine": {"name", "site", "cluster", "device", "tenant", "platform", "role", "status", "vcpus", "memory", "disk", "primary_ip4", "primary_ip6", "description"},
	"ipam.vrf":                      {"name", "rd"},
	"ipam.role":                     {"name"},
	"ipam.prefix":                   {"prefix", "vrf", "site", "scope_type", "scope_id", "vlan", "status", "role", "tenant", "description"},
	"ipam.vlangroup":                {"name", "slug", "scope_type", "scope_id"},
	"ipam.vlan":                     {"vid", "name", "site", "group", "status", "role", "tenant", "description"},
	"ipam.ipaddress":                {"address", "dns_name"},
	"circuits.provider":             {"name", "slug"},
	"circuits.providernetwork":      {"name", "provider", "service_id"},
	"circuits.circuittype":          {"name"},
	"circuits.circuit":              {"cid", "provider", "type", "status", "tenant", "commit_rate", "description"},
	"circuits.circuittermination":   {"circuit", "term_side", "site", "provider_network", "termination_type", "termination_id"},
	"tenancy.tenant":                {"name", "slug", "group"},
	"tenancy.tenantgroup":           {"name"},
	"contenttypes.contenttype":      {"app_label", "model"},

	// Parts of devices: of them only the owner.
	"dcim.interface": {"device"}, "dcim.frontport": {"device"}, "dcim.rearport": {"device"}, "dcim.powerport": {"device"}, "dcim.poweroutlet": {"device"},
	"dcim.consoleport": {"device"}, "dcim.consoleserverport": {"device"}, "virtualization.vminterface": {"virtual_machine"},
}

// part tells a part of a device or machine and where its owner stands.
var part = map[string]string{"dcim.interface": "dcim.device", "dcim.frontport": "dcim.device", "dcim.rearport": "dcim.device", "dcim.powerport": "dcim.device",
	"dcim.poweroutlet": "dcim.device", "dcim.consoleport": "dcim.device", "dcim.consoleserverport": "dcim.device", "virtualization.vminterface": "virtualization.virtualmachine"}
