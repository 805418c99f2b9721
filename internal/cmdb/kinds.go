package cmdb

// The kinds that are known from the start (DOMAIN: service, CI, relation);
// organisations add their own. A kind's attributes may have a JSON Schema.
const (
	KindService     = "service"     // a promise to users: the catalog's services, one to one
	KindApplication = "application" // a piece of software as telemetry names it (OpenTelemetry service.name)
	KindDeployment  = "deployment"  // one running form of it: a Kubernetes workload, a compose service, a function
	KindDatabase    = "database"
	KindQueue       = "queue"
	KindCache       = "cache"
	KindStorage     = "storage" // buckets, disks, volumes
	KindHost        = "host"    // machine, virtual or not
	KindCluster     = "cluster"
	KindNamespace   = "namespace"
	KindBalancer    = "load-balancer"
	KindNetwork     = "network" // VPC, subnet, prefix, VLAN
	KindDevice      = "device"  // switch, router, power: what NetBox calls device and is no host
	KindCertificate = "certificate"
	KindRepository  = "repository"
	KindCloud       = "cloud-resource" // whatever a cloud has that fits no other kind
	KindIdentity    = "identity"       // roles, accounts, policies
	KindAPI         = "api"
	KindSystem      = "system"   // a group of things that belong together (Backstage System and Domain)
	KindExternal    = "external" // outside systems: a card acquirer, a mail provider
	KindSupplier    = "supplier"
	KindLocation    = "location" // region, zone, site, rack
	KindTeam        = "team"
)

// Kinds lists them.
var Kinds = []string{KindService, KindApplication, KindDeployment, KindDatabase, KindQueue, KindCache, KindStorage, KindHost, KindCluster, KindNamespace,
	KindBalancer, KindNetwork, KindDevice, KindCertificate, KindRepository, KindCloud, KindIdentity, KindAPI, KindSystem, KindExternal, KindSupplier, KindLocation, KindTeam}

// The schemes of identifiers that several sources share. A source may use
// further ones of its own, prefixed with its name: "netbox.device".
const (
	SchemeService     = "service"      // the catalog's name or an alias
	SchemeServiceName = "service.name" // OpenTelemetry's service.name, also a Kubernetes app label: names an application
	SchemeARN         = "arn"
	SchemeAzure       = "azure.id"    // /subscriptions/…, lower case
	SchemeGCP         = "gcp.name"    // //compute.googleapis.com/projects/…
	SchemeProviderID  = "provider.id" // "aws:i-0abc", "gce:…": what a node says of its machine
	SchemeDNS         = "dns"         // full name, lower case, no final dot
	SchemeAddress     = "address"     // host:port or address, as peers are named in traces
	SchemeK8s         = "k8s"         // "cluster/namespace/Kind/name"; cluster may be empty when unknown
	SchemeK8sUID      = "k8s.uid"
	SchemeRepository  = "repository" // "github.com/org/repo", lower case, no scheme, no .git
	SchemeBackstage   = "backstage"  // "component:default/cart"
	SchemeDatabase    = "database"   // "system/host[:port]/name" in lower case: "postgresql/db-1:5432/orders"
	SchemeQueue       = "queue"      // "kafka/orders"
	SchemeTeam        = "team"
	SchemeName        = "name" // a plain name: certain only within one kind and environment, so it proposes and never merges
)
