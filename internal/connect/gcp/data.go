package gcp

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// data are the references and facts that are read of a resource's data; the
// fields are those of each service's REST API.
type data struct {
	Labels          map[string]string `json:"labels"`
	MachineType     string            `json:"machineType"`
	DatabaseVersion string            `json:"databaseVersion"`
	DNSNameSQL      string            `json:"dnsName"`
	URI             string            `json:"uri"`
	Network         string            `json:"network"`
	Subnetwork      string            `json:"subnetwork"`
	Target          string            `json:"target"`
	BackendService  string            `json:"backendService"`
	DefaultService  string            `json:"defaultService"`
	URLMap          string            `json:"urlMap"`
	Topic           string            `json:"topic"`
	Interfaces      []struct {
		Network    string `json:"network"`
		Subnetwork string `json:"subnetwork"`
	} `json:"networkInterfaces"`
	Disks []struct {
		Source string `json:"source"`
	} `json:"disks"`
	Backends []struct {
		Group string `json:"group"`
	} `json:"backends"`
	SSLCertificates []string `json:"sslCertificates"`
	Settings        struct {
		Tier       string            `json:"tier"`
		UserLabels map[string]string `json:"userLabels"`
	} `json:"settings"`
}

// facts reads them field by field: one of another shape does not lose the rest.
func facts(raw json.RawMessage) data {
	var d data
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return d // no data
	}
	for _, f := range []struct {
		name string
		to   any
	}{{"labels", &d.Labels}, {"machineType", &d.MachineType}, {"databaseVersion", &d.DatabaseVersion}, {"dnsName", &d.DNSNameSQL}, {"uri", &d.URI}, {"network", &d.Network},
		{"subnetwork", &d.Subnetwork}, {"target", &d.Target}, {"backendService", &d.BackendService}, {"defaultService", &d.DefaultService}, {"urlMap", &d.URLMap}, {"topic", &d.Topic},
		{"networkInterfaces", &d.Interfaces}, {"disks", &d.Disks}, {"backends", &d.Backends}, {"sslCertificates", &d.SSLCertificates}, {"settings", &d.Settings}} {
		if v, ok := fields[f.name]; ok {
			_ = json.Unmarshal(v, f.to) // of another shape: not this service's field
		}
	}
	return d
}

// UserLabels are those of Cloud SQL, which keeps them deeper.
func (d data) UserLabels() map[string]string { return d.Settings.UserLabels }

func (d data) size() string {
	if d.Settings.Tier != "" {
		return d.Settings.Tier
	}
	return d.MachineType[strings.LastIndexByte(d.MachineType, '/')+1:]
}

func (d data) dns() []string {
	var out []string
	uri := strings.TrimPrefix(d.URI, "https://")
	uri, _, _ = strings.Cut(uri, "/")
	for _, n := range []string{d.DNSNameSQL, uri} {
		n = strings.TrimSuffix(strings.ToLower(n), ".")
		if strings.Count(n, ".") >= 2 && !strings.ContainsAny(n, "/ *:") && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// ties are the relations that the data tell.
func (d data) ties(from string) []tie {
	var out []tie
	add := func(kind cmdb.RelationKind, group string, refs ...string) {
		for _, r := range refs {
			if n := full(r); n != "" {
				out = append(out, tie{from, n, kind, group})
			}
		}
	}
	for _, i := range d.Interfaces {
		if i.Subnetwork != "" {
			add(cmdb.RunsOn, "", i.Subnetwork)
		} else {
			add(cmdb.RunsOn, "", i.Network)
		}
	}
	if d.Subnetwork != "" {
		add(cmdb.RunsOn, "", d.Subnetwork)
	} else {
		add(cmdb.RunsOn, "", d.Network)
	}
	for _, k := range d.Disks {
		add(cmdb.StoresIn, "", k.Source)
	}
	group := ""
	if len(d.Backends) > 1 {
		group = "backends" // one of them serves
	}
	for _, k := range d.Backends {
		add(cmdb.DependsOn, group, k.Group)
	}
	add(cmdb.DependsOn, "", d.Target, d.BackendService, d.DefaultService, d.URLMap, d.Topic)
	add(cmdb.DependsOn, "", d.SSLCertificates...)
	return out
}

// full turns a link of the Compute API into the full resource name:
// https://www.googleapis.com/compute/v1/projects/… is
// //compute.googleapis.com/projects/….
func full(link string) string {
	for _, p := range []string{"https://www.googleapis.com/compute/", "https://compute.googleapis.com/compute/"} {
		if rest, ok := strings.CutPrefix(link, p); ok {
			if _, rest, ok := strings.Cut(rest, "/"); ok { // the version
				return "//compute.googleapis.com/" + rest
			}
		}
	}
	if strings.HasPrefix(link, "//") {
		return link
	}
	if p := strings.Split(link, "/"); len(p) == 4 && p[0] == "projects" && p[2] == "topics" {
		return "//pubsub.googleapis.com/" + link
	}
	return ""
}

// kinds by asset type (https://cloud.google.com/asset-inventory/docs/asset-types).
var kinds = map[string]string{
	"compute.googleapis.com/Instance": cmdb.KindHost, "compute.googleapis.com/Disk": cmdb.KindStorage, "compute.googleapis.com/RegionDisk": cmdb.KindStorage, "storage.googleapis.com/Bucket": cmdb.KindStorage,
	"file.googleapis.com/Instance": cmdb.KindStorage, "sqladmin.googleapis.com/Instance": cmdb.KindDatabase, "spanner.googleapis.com/Instance": cmdb.KindDatabase, "spanner.googleapis.com/Database": cmdb.KindDatabase,
	"bigtableadmin.googleapis.com/Instance": cmdb.KindDatabase, "firestore.googleapis.com/Database": cmdb.KindDatabase, "alloydb.googleapis.com/Cluster": cmdb.KindDatabase, "alloydb.googleapis.com/Instance": cmdb.KindDatabase,
	"bigquery.googleapis.com/Dataset": cmdb.KindDatabase, "redis.googleapis.com/Instance": cmdb.KindCache, "redis.googleapis.com/Cluster": cmdb.KindCache, "memcache.googleapis.com/Instance": cmdb.KindCache,
	"pubsub.googleapis.com/Topic": cmdb.KindQueue, "pubsub.googleapis.com/Subscription": cmdb.KindQueue, "cloudtasks.googleapis.com/Queue": cmdb.KindQueue,
	"compute.googleapis.com/Network": cmdb.KindNetwork, "compute.googleapis.com/Subnetwork": cmdb.KindNetwork, "compute.googleapis.com/Router": cmdb.KindNetwork, "compute.googleapis.com/Firewall": cmdb.KindNetwork,
	"compute.googleapis.com/VpnTunnel": cmdb.KindNetwork, "dns.googleapis.com/ManagedZone": cmdb.KindNetwork,
	"compute.googleapis.com/ForwardingRule": cmdb.KindBalancer, "compute.googleapis.com/GlobalForwardingRule": cmdb.KindBalancer, "compute.googleapis.com/BackendService": cmdb.KindBalancer,
	"compute.googleapis.com/RegionBackendService": cmdb.KindBalancer, "compute.googleapis.com/UrlMap": cmdb.KindBalancer, "compute.googleapis.com/TargetHttpsProxy": cmdb.KindBalancer, "compute.googleapis.com/TargetHttpProxy": cmdb.KindBalancer,
	"compute.googleapis.com/SslCertificate": cmdb.KindCertificate, "certificatemanager.googleapis.com/Certificate": cmdb.KindCertificate,
	"container.googleapis.com/Cluster": cmdb.KindCluster, "container.googleapis.com/NodePool": cmdb.KindCluster, "compute.googleapis.com/InstanceGroup": cmdb.KindCluster, "compute.googleapis.com/InstanceGroupManager": cmdb.KindCluster,
	"run.googleapis.com/Service": cmdb.KindDeployment, "cloudfunctions.googleapis.com/CloudFunction": cmdb.KindDeployment, "cloudfunctions.googleapis.com/Function": cmdb.KindDeployment, "appengine.googleapis.com/Service": cmdb.KindDeployment,
	"iam.googleapis.com/ServiceAccount": cmdb.KindIdentity, "iam.googleapis.com/Role": cmdb.KindIdentity, "apigateway.googleapis.com/Api": cmdb.KindAPI, "sourcerepo.googleapis.com/Repo": cmdb.KindRepository,
	"cloudresourcemanager.googleapis.com/Project": cmdb.KindSystem, "cloudresourcemanager.googleapis.com/Folder": cmdb.KindSystem, "cloudresourcemanager.googleapis.com/Organization": cmdb.KindSystem,
}

func kindOf(t string) string {
	if k, ok := kinds[t]; ok {
		return k
	}
	return cmdb.KindCloud
}
