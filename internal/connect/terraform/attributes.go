package terraform

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// kept are the attributes of a resource that are stored, all harmless. A list
// of what is kept is the only safe one: nobody knows every provider's secrets.
var kept = strings.Fields(`
	account_id ami allocated_storage apply_immediately architecture availability_zone availability_zones billing_mode capacity cidr_block
	chart cidr cluster_version container_port cpu database_version db_name default_branch deletion_protection description desired_capacity desired_count
	disk_size disk_size_gb disk_type dns_prefix encrypted engine engine_mode engine_version family fifo_queue filename force_destroy
	from_port handler hash_key iops image image_id instance_class instance_count instance_type internal ip_address ip_cidr_range
	kubernetes_version launch_type load_balancer_type location machine_type master_version max_capacity max_size memory memory_size message_retention_seconds
	min_capacity min_size multi_az namespace node_count node_type num_cache_nodes number_of_nodes os_type package_type parameter_group_name port
	primary_availability_zone private_ip project protocol public_ip publicly_accessible range_key region replicas retention_in_days
	runtime scheme server_type shard_count size sku sku_name sku_tier status storage_class storage_encrypted storage_type tier timeout
	ttl type version visibility vm_size volume_type zone zones`)

// instance is one resource instance as a file tells of it, without secrets.
type instance struct {
	address, resource, name, provider string
	data, tainted                     bool
	values                            map[string]any
	left                              []string // sensitive values that were taken out
	deps                              []string
}

// item is the instance as the map has it.
func (in instance) item(kind string, opt Options) *cmdb.Seen {
	tags := in.tags()
	env := first(tags, "environment", "env", "stage")
	team := first(tags, "team", "owner", "owning-team", "owning_team")
	if strings.Contains(team, "@") {
		team = "" // a person, no team
	}
	a := sourcefile.Attributes{}
	a.Set("resource_type", in.resource)
	a.Set("provider", in.provider)
	a.Set("terraform_address", in.address)
	for _, name := range kept {
		switch v := in.values[name].(type) {
		case string, bool, float64:
			a.Set(name, v)
		}
	}
	if _, ok := a["region"]; !ok {
		a.Set("region", opt.Region)
	}
	if in.tainted {
		a.Set("tainted", true)
	}
	shown := map[string]string{}
	for k, v := range tags {
		if len(shown) < 50 && len(k) <= 128 {
			shown[k] = sourcefile.Cut(v, 256)
		}
	}
	a.Set("tags", shown)
	return &cmdb.Seen{Key: in.address, Kind: kind, Name: sourcefile.Cut(in.title(tags), 200), Env: cmp.Or(env, opt.Env), Team: cmp.Or(team, opt.Team),
		Identifiers: in.identifiers(kind, opt), Attributes: a}
}

// tags are tags (AWS, Azure), labels (Google, Kubernetes).
func (in instance) tags() map[string]string {
	out := map[string]string{}
	for _, field := range []string{"labels", "tags_all", "tags"} {
		m, _ := in.values[field].(map[string]any)
		for k, v := range m {
			if s, ok := v.(string); ok && s != "" {
				out[k] = s
			}
		}
	}
	if m := in.object("metadata"); m != nil {
		labels, _ := m["labels"].(map[string]any)
		for k, v := range labels {
			if s, ok := v.(string); ok {
				out[k] = s
			}
		}
	}
	return out
}

// first returns a tag by one of its usual names, in any case, in lower case.
func first(tags map[string]string, names ...string) string {
	for _, n := range names {
		for k, v := range tags {
			if strings.EqualFold(k, n) && len(v) <= 100 {
				return strings.ToLower(strings.TrimSpace(v))
			}
		}
	}
	return ""
}

// title is what people call the thing.
func (in instance) title(tags map[string]string) string {
	if n := tags["Name"]; n != "" {
		return n
	}
	for _, f := range []string{"name", "identifier", "cluster_identifier", "cluster_id", "function_name", "bucket", "full_name", "domain_name", "domain", "replication_group_id", "family"} {
		if s := in.text(f); s != "" {
			return s
		}
	}
	if s, _ := in.object("metadata")["name"].(string); s != "" {
		return s
	}
	if i := strings.LastIndex(in.address, "."+in.name); in.name != "" && i >= 0 {
		return in.address[i+1:] // with its index
	}
	return cmp.Or(in.name, in.address)
}

// text is an attribute that is a text or a number.
func (in instance) text(name string) string {
	switch v := in.values[name].(type) {
	case string:
		return v
	case float64:
		return fmt.Sprint(v)
	}
	return ""
}

// object is an attribute that is an object, or a list of one (a block).
func (in instance) object(name string) map[string]any {
	v := in.values[name]
	if l, ok := v.([]any); ok && len(l) > 0 {
		v = l[0]
	}
	m, _ := v.(map[string]any)
	return m
}
