// Package compose reads Docker Compose files: services, the networks and
// volumes that they name, and what they say of each other.
//
// Format: https://github.com/compose-spec/compose-spec/blob/main/spec.md;
// several files may be joined as YAML documents if none repeats another one.
//
// A service whose image is a known database, cache, queue or proxy is that;
// every other one is a deployment and, by the same name (or OTEL_SERVICE_NAME),
// the application that telemetry knows. depends_on is a need of the running
// form, an address of another service in the environment is a call of the
// application. Environment values are looked at for such addresses and then
// forgotten; they, secrets, configs, commands and build arguments are never kept.
package compose

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// Options are what is known beside the files.
type Options = sourcefile.Options

// Read reads compose files.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	p := &project{opt: opt, emit: emit, services: map[string]*service{}, networks: map[string]bool{}, volumes: map[string]bool{}, related: map[cmdb.SeenRelation]bool{}, hosts: map[string]string{}}
	n, err := sourcefile.Documents(r, opt, p.document)
	if err == nil && n == 0 {
		err = sourcefile.Bad(sourcefile.Line(1), "file", "", "there is no service in it; send a compose.yaml")
	}
	if err == nil {
		err = p.finish()
	}
	return p.remarks.List(), err
}

type project struct {
	opt      Options
	emit     cmdb.Emit
	remarks  sourcefile.Remarks
	name     string
	services map[string]*service
	order    []*service
	networks map[string]bool // key → declared
	volumes  map[string]bool
	related  map[cmdb.SeenRelation]bool
	hosts    map[string]string // container_name and hostname → service
}

type service struct {
	name      string
	node      *sourcefile.Node
	line      int
	kind      string
	key       string            // of what others depend on
	app       string            // key of the application; empty for a database and such
	hosts     map[string]string // host name → service, as this service may write it
	telemetry string
}

var serviceName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`) // the specification's own

// images are names of images that are no software of one's own. Only whole
// names count: "redis" and "bitnami/redis", never "my-redis-proxy".
var images = map[string][]string{
	cmdb.KindDatabase: {"postgres", "postgresql", "postgis", "timescaledb", "pgvector", "mysql", "mysql-server", "mariadb", "percona", "mongo", "mongodb", "mongodb-community-server", "cassandra", "scylla", "cockroach",
		"elasticsearch", "opensearch", "clickhouse-server", "clickhouse", "influxdb", "neo4j", "couchdb", "couchbase", "dynamodb-local", "mssql-server", "etcd"},
	cmdb.KindCache:    {"redis", "redis-stack", "redis-stack-server", "valkey", "memcached", "dragonfly", "keydb"},
	cmdb.KindQueue:    {"rabbitmq", "kafka", "kafka-native", "cp-kafka", "cp-server", "redpanda", "nats", "pulsar", "activemq", "activemq-classic", "activemq-artemis", "eclipse-mosquitto", "elasticmq", "elasticmq-native"},
	cmdb.KindStorage:  {"minio", "seaweedfs", "garage"},
	cmdb.KindBalancer: {"nginx", "traefik", "haproxy", "envoy", "caddy", "pgbouncer", "httpd"},
}

// kindOf tells what runs by its image; the registry and the tag do not count.
func kindOf(image string) string {
	name, _, _ := strings.Cut(image, "@")
	path := strings.ToLower(name)
	name = path[strings.LastIndexByte(path, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	if name == "server" { // mcr.microsoft.com/mssql/server
		name = map[bool]string{true: "mssql-server"}[strings.Contains(path, "mssql/")]
	}
	for kind, list := range images {
		if slices.Contains(list, name) {
			return kind
		}
	}
	return cmdb.KindDeployment
}

func (p *project) document(doc *sourcefile.Node) error {
	services := doc.Get("services")
	switch {
	case !doc.Is(sourcefile.Map):
		return sourcefile.Bad(doc.Place(), "document", "", "a compose file is a mapping with services")
	case services == nil && doc.Get("networks") == nil && doc.Get("volumes") == nil && doc.Get("include") == nil:
		return sourcefile.Bad(doc.Place(), "services", "", "a compose file has services")
	case services != nil && !services.Is(sourcefile.Map) && !services.Is(sourcefile.Null):
		return sourcefile.Bad(services.Place(), "services", "", "services are a mapping by their names")
	}
	if n := doc.Get("name").Text(); n != "" {
		p.name = n
	}
	if n := doc.Get("include"); n != nil {
		p.remarks.Add(n.Place(), "included files are not followed; send them too, or the output of docker compose config")
	}
	for _, kind := range []string{"networks", "volumes"} {
		for _, e := range doc.Get(kind).Fields() {
			if err := p.shared(kind, e); err != nil {
				return err
			}
		}
	}
	for _, e := range services.Fields() {
		if !serviceName.MatchString(e.Key) {
			return sourcefile.Bad(sourcefile.Line(e.Line), "services", e.Key, "a service is named with letters, digits and - _ .")
		}
		if first := p.services[e.Key]; first != nil {
			return sourcefile.Bad(sourcefile.Line(e.Line), "services", e.Key, fmt.Sprintf("this service is there already, on line %d; join files with docker compose config", first.line))
		}
		if !e.Value.Is(sourcefile.Map) {
			return sourcefile.Bad(sourcefile.Line(e.Line), "services."+e.Key, "", "a service is a mapping")
		}
		s := &service{name: e.Key, node: e.Value, line: e.Line, kind: kindOf(e.Value.Get("image").Text()), hosts: map[string]string{}, telemetry: e.Key}
		s.key = "service/" + e.Key
		if s.kind == cmdb.KindDeployment {
			s.app = "application/" + e.Key
			for _, v := range environment(s.node) {
				if v.name == "OTEL_SERVICE_NAME" && serviceName.MatchString(v.value) {
					s.telemetry = v.value
				}
			}
		}
		if n := s.node.Get("extends"); n != nil {
			p.remarks.Add(n.Place(), "%s extends another service; what it takes over is not followed: send the output of docker compose config", e.Key)
		}
		for _, f := range []string{"container_name", "hostname"} { // names in the network too
			if h := s.node.Get(f).Text(); h != "" {
				p.hosts[h] = e.Key
			}
		}
		if p.services[e.Key], p.order = s, append(p.order, s); len(p.order) > sourcefile.MaxItems {
			return sourcefile.Bad(sourcefile.Line(e.Line), "services", "", "there are too many services; split the file")
		}
	}
	return nil
}

// shared emits a network or a volume that the file declares.
func (p *project) shared(kind string, e sourcefile.Entry) error {
	keys, prefix, item := p.networks, "network/", cmdb.KindNetwork
	if kind == "volumes" {
		keys, prefix, item = p.volumes, "volume/", cmdb.KindStorage
	}
	if keys[e.Key] {
		return nil
	}
	if !serviceName.MatchString(e.Key) {
		return sourcefile.Bad(sourcefile.Line(e.Line), kind, e.Key, "name it with letters, digits and - _ .")
	}
	keys[e.Key] = true
	a := sourcefile.Attributes{}
	a.Set("driver", e.Value.Get("driver").Text())
	if e.Value.Get("external").Text() == "true" {
		a.Set("external", true)
	}
	name := e.Value.Get("name").Text()
	if name == "" {
		name = e.Key
	}
	return p.emit(cmdb.Record{Item: &cmdb.Seen{Key: prefix + e.Key, Kind: item, Name: sourcefile.Cut(name, 200), Env: p.opt.Env, Team: p.opt.Team, Attributes: a}})
}

func (p *project) finish() error {
	for _, s := range p.order {
		if err := p.items(s); err != nil {
			return err
		}
	}
	for _, s := range p.order {
		if err := p.relations(s); err != nil {
			return err
		}
	}
	return nil
}

func (p *project) items(s *service) error {
	a := sourcefile.Attributes{}
	a.Set("image", s.node.Get("image").Text())
	a.Set("replicas", s.node.Get("deploy", "replicas").Text())
	a.Set("profiles", s.node.Get("profiles").Texts())
	var ports []string
	for _, port := range s.node.Get("ports").Each() {
		text := port.Text()
		if port.Is(sourcefile.Map) {
			text = port.Get("published").Text() + ":" + port.Get("target").Text()
		}
		if len(ports) < 50 && len(text) < 100 {
			ports = append(ports, text)
		}
	}
	a.Set("ports", ports)
	team := p.opt.Team
	for _, l := range pairs(s.node.Get("labels")) {
		if last := strings.ToLower(l.name[strings.LastIndexByte(l.name, '.')+1:]); (last == "team" || last == "owner") && l.value != "" && len(l.value) <= 100 && !strings.Contains(l.value, "@") {
			team = strings.ToLower(l.value)
		}
	}
	item := &cmdb.Seen{Key: s.key, Kind: s.kind, Name: s.name, Env: p.opt.Env, Team: team, Attributes: a}
	if scope := p.opt.Scope; scope != "" || p.name != "" {
		if scope == "" {
			scope = sourcefile.Cut(p.name, 200)
		}
		item.Identifiers = []cmdb.Identifier{{Scheme: "compose", Value: scope + "/" + s.name}}
	}
	if err := p.emit(cmdb.Record{Item: item}); err != nil || s.app == "" {
		return err
	}
	app := &cmdb.Seen{Key: s.app, Kind: cmdb.KindApplication, Name: s.telemetry, Env: p.opt.Env, Team: team, Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeServiceName, Value: s.telemetry}}}
	if err := p.emit(cmdb.Record{Item: app}); err != nil {
		return err
	}
	return p.relate(s.key, s.app, cmdb.PartOf, "")
}

func (p *project) relate(from, to string, kind cmdb.RelationKind, strength cmdb.Strength) error {
	r := cmdb.SeenRelation{From: cmdb.ByKey(from), To: cmdb.ByKey(to), Kind: kind, Strength: strength, Provenance: cmdb.Declared}
	if from == to || p.related[r] {
		return nil
	}
	p.related[r] = true
	return p.emit(cmdb.Record{Relation: &r})
}
