package otlp

import (
	"net/netip"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// How what a span points to becomes an item.
//
//   - A database or cache is system, host, port and name. Instrumentations
//     leave a default port out, so it is put in. One without a host is the
//     caller's own: two services that both say "postgresql orders" and no
//     host need not mean the same.
//   - A queue is system and destination, within one environment.
//   - A peer is an application when its name is that of one that sends spans,
//     or was set by hand as the name of a service; otherwise an outside system
//     by its host. Private and link-local addresses are pods and load
//     balancers that come and go: they are no item of their own.

// systems brings the new, old and vendor names of a system to one.
var systems = map[string]string{
	"postgres": "postgresql", "microsoft.sql_server": "mssql", "oracle.db": "oracle", "ibm.db2": "db2", "sap.hana": "hanadb", "ibm.informix": "informix",
	"ibm.netezza": "netezza", "aws.dynamodb": "dynamodb", "aws.redshift": "redshift", "gcp.spanner": "spanner", "azure.cosmosdb": "cosmosdb",
	"actian.ingres": "ingres", "softwareag.adabas": "adabas", "sap.maxdb": "maxdb", "intersystems.cache": "cache", "firebirdsql": "firebird",
	"rediss": "redis", "amazonsqs": "aws_sqs", "aws.sqs": "aws_sqs", "aws.sns": "aws_sns", "sqs": "aws_sqs",
}

// caches are the database systems that are kept as caches.
var caches = map[string]bool{"redis": true, "memcached": true, "valkey": true, "hazelcast": true, "infinispan": true, "keydb": true, "dragonfly": true}

// ports are the defaults that instrumentations leave out.
var ports = map[string]string{
	"postgresql": "5432", "mysql": "3306", "mariadb": "3306", "mssql": "1433", "oracle": "1521", "db2": "50000", "mongodb": "27017", "redis": "6379", "valkey": "6379",
	"memcached": "11211", "cassandra": "9042", "elasticsearch": "9200", "opensearch": "9200", "clickhouse": "9000", "cockroachdb": "26257", "neo4j": "7687",
	"couchdb": "5984", "influxdb": "8086", "redshift": "5439", "hbase": "9090", "firebird": "3050",
}

func system(b []byte) string {
	s := strings.ToLower(text(b))
	if known, ok := systems[s]; ok {
		return known
	}
	return s
}

func (a *attrs) node(what pointer, caller *node) *node {
	switch what {
	case toQueue:
		return a.queue(caller)
	case toDatabase:
		return a.database(caller)
	case toPeer:
		return a.peer(caller)
	case toNothing:
	}
	return nil
}

func (a *attrs) queue(caller *node) *node {
	name := text(a.get(msgTemplate))
	if name == "" {
		name = text(a.get(msgName))
	}
	sys := system(a.get(msgSystem))
	if name == "" || sys == "" {
		return nil
	}
	return &node{kind: cmdb.KindQueue, key: "queue/" + escape(caller.env) + "/" + escape(sys) + "/" + escape(name), name: name, env: caller.env,
		ids: []cmdb.Identifier{{Scheme: cmdb.SchemeQueue, Value: sys + "/" + name}}, attributes: map[string]string{"messaging.system": sys}}
}

func (a *attrs) database(caller *node) *node {
	sys, name := system(a.get(dbSystem)), text(a.get(dbName))
	host, port := a.place()
	if sys == "" {
		return nil
	}
	n := &node{kind: cmdb.KindDatabase, attributes: map[string]string{"db.system": sys}}
	if caches[sys] {
		n.kind = cmdb.KindCache
	}
	if host == "" { // nothing says that it is the one that others mean
		n.env = caller.env
		n.key = n.kind + "/of/" + strings.TrimPrefix(caller.key, "application/") + "/" + escape(sys) + "/" + escape(name)
		switch peer := text(a.get(peerService)); {
		case name != "":
			n.name = name
		case peer != "":
			n.name = peer
		default:
			n.name = sys + " of " + caller.name
		}
		n.ids = []cmdb.Identifier{{Scheme: cmdb.SchemeName, Value: n.name}}
		return n
	}
	if port == "" {
		port = ports[sys]
	}
	id := sys + "/" + address(host, port)
	if name != "" {
		id += "/" + name
		n.attributes["db.name"] = name
	}
	n.name = host
	if name != "" && n.kind == cmdb.KindDatabase {
		n.name = name
	}
	n.attributes["address"] = address(host, port)
	id = strings.ToLower(id)
	n.key = n.kind + "/" + id
	n.ids = []cmdb.Identifier{{Scheme: cmdb.SchemeDatabase, Value: id}}
	return n
}

func (a *attrs) peer(caller *node) *node {
	host, port := a.place()
	service, rpc := text(a.get(peerService)), text(a.get(rpcService))
	ip, ipErr := netip.ParseAddr(host)
	dotted := host != "" && ipErr != nil && strings.Contains(host, ".")
	inside := host != "" && ipErr != nil && (!dotted || within(host))
	switch {
	case string(a.get(rpcSystem)) == awsAPI && rpc != "":
		return outside(&node{key: "external/aws/" + escape(rpc), name: "AWS " + rpc, ids: []cmdb.Identifier{{Scheme: "otlp.rpc", Value: "aws-api/" + rpc}}})
	case service != "" && dotted && !inside: // "stripe" at api.stripe.com
		n := outside(&node{key: "external/" + host, name: service, env: "", hint: "", ids: []cmdb.Identifier{{Scheme: cmdb.SchemeDNS, Value: host}}})
		return n
	case service != "":
		return &node{kind: cmdb.KindApplication, key: "application/" + escape(caller.env) + "//" + escape(service), name: service, env: caller.env,
			hint: strings.ToLower(service), ids: []cmdb.Identifier{{Scheme: cmdb.SchemeServiceName, Value: service}}}
	case ipErr == nil && (ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || sharedRange.Contains(ip)):
		return nil
	case ipErr == nil:
		return outside(&node{key: "external/" + host, name: host, ids: []cmdb.Identifier{{Scheme: cmdb.SchemeAddress, Value: host}}})
	case inside:
		n := outside(&node{name: host, env: caller.env})
		n.hint, _, _ = strings.Cut(host, ".")
		if full := cluster(host, caller.namespace); full != "" {
			host = full
			n.ids = append(n.ids, cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: full})
		}
		n.ids = append(n.ids, cmdb.Identifier{Scheme: cmdb.SchemeAddress, Value: address(host, port)})
		n.key = "external/in/" + escape(caller.env) + "/" + address(host, port)
		return n
	case dotted:
		return outside(&node{key: "external/" + host, name: host, ids: []cmdb.Identifier{{Scheme: cmdb.SchemeDNS, Value: host}}})
	case rpc != "":
		return outside(&node{key: "external/rpc/" + escape(caller.env) + "/" + escape(rpc), name: rpc, env: caller.env,
			ids: []cmdb.Identifier{{Scheme: "otlp.rpc", Value: rpc}}})
	}
	return nil
}

// sharedRange is that of carrier-grade NAT (RFC 6598), which clusters use for
// pods too.
var sharedRange = netip.MustParsePrefix("100.64.0.0/10")

func outside(n *node) *node {
	n.kind = cmdb.KindExternal
	return n
}

// within tells names that only mean something inside a cluster or network.
func within(host string) bool {
	for _, end := range []string{".svc", ".cluster.local", ".local", ".internal", ".lan", ".consul", ".mesh"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return strings.Contains(host, ".svc.")
}

// cluster is the full name of a Kubernetes Service, as the Kubernetes source
// gives it, too; empty when the host is no such short or long form. A bare name
// means one in the caller's namespace.
func cluster(host, namespace string) string {
	short, isService := strings.CutSuffix(strings.TrimSuffix(host, ".cluster.local"), ".svc")
	switch strings.Count(short, ".") {
	case 0:
		if namespace != "" && short == host {
			return host + "." + strings.ToLower(namespace) + ".svc.cluster.local"
		}
	case 1:
		if isService {
			return short + ".svc.cluster.local"
		}
	}
	return ""
}

// place is host and port in the form of identifiers.
func (a *attrs) place() (host, port string) {
	h, p := a.host()
	host = strings.TrimSuffix(strings.ToLower(text(h)), ".")
	if strings.ContainsAny(host, "/ \\") {
		return "", ""
	}
	port = text(p)
	if port == "0" || port == "-1" {
		port = ""
	}
	return host, port
}

func address(host, port string) string {
	if port == "" {
		return host
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}
