package terraform

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// SchemeTerraform names a resource by scope and address: "prod/network:aws_vpc.main".
const SchemeTerraform = "terraform"

var (
	nativeID = regexp.MustCompile(`^[a-z]+(-[a-z]+)*-[0-9a-f]{8}([0-9a-f]{9})?$`) // vpc-…, i-…: unique in AWS
	uuid     = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	gcpLink  = regexp.MustCompile(`^https://(?:www\.)?([a-z]+)\.?(?:googleapis\.com)/(?:([a-z]+)/)?v[0-9a-z]+/(projects/.+)$`)
)

// global returns the identifier that a value is all over the world, by its
// shape; false for a plain name. aws tells that ids are AWS's.
func global(v string, aws bool) (cmdb.Identifier, bool) {
	switch {
	case strings.HasPrefix(v, "arn:aws:iam::aws:"): // a policy of AWS itself: always there, of no interest
	case strings.HasPrefix(v, "arn:") && strings.Count(v, ":") >= 5:
		return cmdb.Identifier{Scheme: cmdb.SchemeARN, Value: strings.TrimSuffix(v, ":*")}, true
	case strings.HasPrefix(strings.ToLower(v), "/subscriptions/"):
		return cmdb.Identifier{Scheme: cmdb.SchemeAzure, Value: strings.ToLower(v)}, true
	case strings.HasPrefix(v, "https://") && strings.Contains(v, "googleapis.com/"):
		if m := gcpLink.FindStringSubmatch(v); m != nil {
			service := m[1]
			if m[2] != "" {
				service = m[2]
			}
			return cmdb.Identifier{Scheme: cmdb.SchemeGCP, Value: "//" + gcpService(service) + ".googleapis.com/" + m[3]}, true
		}
	case aws && nativeID.MatchString(v):
		return cmdb.Identifier{Scheme: cmdb.SchemeProviderID, Value: "aws:" + v}, true
	}
	return cmdb.Identifier{}, false
}

// gcpService is the name that Cloud Asset Inventory uses
// (https://cloud.google.com/asset-inventory/docs/asset-names).
func gcpService(s string) string {
	if s == "sql" || s == "sqladmin" {
		return "cloudsql"
	}
	return s
}

// identifiers are the names by which others know the thing.
func (in instance) identifiers(kind string, opt Options) []cmdb.Identifier {
	var out []cmdb.Identifier
	add := func(scheme, value string) {
		id := cmdb.Identifier{Scheme: scheme, Value: value}
		if value != "" && len(value) <= cmdb.MaxIdentifier && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if opt.Scope != "" {
		add(SchemeTerraform, opt.Scope+":"+in.address)
	}
	aws := provider(in.resource) == "aws"
	for _, f := range []string{"arn", "self_link", "id"} {
		if id, ok := global(in.text(f), aws); ok {
			add(id.Scheme, id.Value)
		}
	}
	if provider(in.resource) == "google" {
		if id := in.text("id"); strings.HasPrefix(id, "projects/") {
			service, _, _ := strings.Cut(strings.TrimPrefix(in.resource, "google_"), "_")
			switch service {
			case "compute", "container", "pubsub", "redis", "run", "storage", "dns", "spanner":
				add(cmdb.SchemeGCP, "//"+service+".googleapis.com/"+id)
			}
		}
		switch in.resource {
		case "google_storage_bucket":
			add(cmdb.SchemeGCP, prefixed("//storage.googleapis.com/", in.text("name")))
		case "google_compute_instance":
			if p, z, n := in.text("project"), in.text("zone"), in.text("name"); p != "" && z != "" && n != "" {
				add(cmdb.SchemeProviderID, "gce:"+p+"/"+z+"/"+n)
			}
		}
	}
	if kind != cmdb.KindCertificate { // it is for a name, and is not found under it
		for _, d := range in.hosts() {
			add(cmdb.SchemeDNS, d)
		}
	}
	host, port := in.endpoint()
	if host != "" && port != "" {
		add(cmdb.SchemeAddress, host+":"+port)
		if kind == cmdb.KindDatabase {
			if name := cmp.Or(in.text("db_name"), in.text("database_name")); name != "" {
				add(cmdb.SchemeDatabase, strings.ToLower(system(in.text("engine"))+"/"+host+":"+port+"/"+name))
			}
		}
	}
	switch in.resource {
	case "github_repository":
		add(cmdb.SchemeRepository, sourcefile.Repository(in.text("html_url")))
	case "gitlab_project":
		add(cmdb.SchemeRepository, sourcefile.Repository(in.text("web_url")))
	case "github_team":
		add(cmdb.SchemeTeam, strings.ToLower(in.text("slug")))
	case "kafka_topic":
		add(cmdb.SchemeQueue, prefixed("kafka/", in.text("name")))
	case "confluent_kafka_topic":
		add(cmdb.SchemeQueue, prefixed("kafka/", in.text("topic_name")))
	}
	if k8sKind := kubernetesKind(in.resource); k8sKind != "" {
		m := in.object("metadata")
		name, _ := m["name"].(string)
		ns, _ := m["namespace"].(string)
		if name != "" {
			add(cmdb.SchemeK8s, opt.Cluster+"/"+ns+"/"+k8sKind+"/"+name)
		}
		if uid, _ := m["uid"].(string); uid != "" {
			add(cmdb.SchemeK8sUID, uid)
		}
	}
	return out
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// hosts are full names of the thing in DNS.
func (in instance) hosts() []string {
	var out []string
	for _, f := range []string{"dns_name", "fqdn", "private_dns", "public_dns", "address", "endpoint", "reader_endpoint", "configuration_endpoint", "primary_endpoint_address",
		"bucket_domain_name", "bucket_regional_domain_name", "default_hostname", "hostname", "domain_name"} {
		s := in.text(f)
		if h, _, ok := strings.Cut(s, ":"); ok && !strings.Contains(s, "/") {
			s = h
		}
		if d := sourcefile.DNS(s); d != "" && strings.Trim(d, "0123456789.") != "" && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// endpoint is the host and port at which the thing answers.
func (in instance) endpoint() (host, port string) {
	host, port = in.text("address"), in.text("port")
	if h, p, ok := strings.Cut(in.text("endpoint"), ":"); ok && !strings.Contains(h, "/") && strings.Trim(p, "0123456789") == "" {
		host, port = h, p
	} else if host == "" && in.resource == "aws_rds_cluster" {
		host = in.text("endpoint")
	}
	return sourcefile.DNS(host), port
}

// system is OpenTelemetry's db.system.name of an engine
// (https://opentelemetry.io/docs/specs/semconv/registry/attributes/db/).
func system(engine string) string {
	switch e := strings.ToLower(engine); {
	case e == "postgres" || e == "aurora-postgresql":
		return "postgresql"
	case e == "aurora" || e == "aurora-mysql":
		return "mysql"
	case strings.HasPrefix(e, "sqlserver"):
		return "microsoft.sql_server"
	case strings.HasPrefix(e, "oracle"):
		return "oracle.db"
	default:
		return e
	}
}

// kubernetesKind is the Kind of a resource of the Kubernetes provider.
func kubernetesKind(resource string) string {
	name, ok := strings.CutPrefix(resource, "kubernetes_")
	if !ok {
		return ""
	}
	if i := strings.LastIndex(name, "_v"); i > 0 && strings.Trim(name[i+2:], "0123456789") == "" {
		name = name[:i]
	}
	var b strings.Builder
	for _, part := range strings.Split(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	if b.String() == "Daemonset" {
		return "DaemonSet"
	}
	return b.String()
}
