package cmdb

import (
	"cmp"
	"net"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// Mention is one way in which something outside the map (an alert's labels, a
// person) may name an item: by number, by kind and name, or by identifier. The
// first of these that is set counts.
type Mention struct {
	Item int64
	Kind string // with Name
	Name string
	ID   Identifier
}

// Mentions are the items that an alert's labels may name, the most precise
// first; whoever resolves them takes the first one that means one item. source
// is the affected system in the sender's words. It is a pure function of what
// docs/practice/alerts.md says:
//
//	ci, ci_id                            CI-12, scheme=value, kind:name
//	namespace with deployment, statefulset, daemonset, cronjob, job_name, pod
//	    (kube-state-metrics: https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics)
//	datname, db_name, database …         database, with db_system and server
//	topic, queue                         queue
//	node, nodename, host, hostname       host
//	service_name, app, application …     application (OpenTelemetry, Kubernetes)
//	instance, source                     host, address
//	job                                  application (Prometheus)
//	service                              service
//
// Labels of the workload come before instance and job, which in metrics about
// others name whoever measured (kube-state-metrics, a database's exporter).
func Mentions(labels map[string]string, source string) []Mention {
	m := mentions{labels: labels}
	for _, name := range []string{"ci", "ci_id"} {
		m.text(labels[name])
	}
	m.workload()
	m.database()
	m.queue()
	for _, name := range []string{"node", "nodename", "host", "hostname"} {
		m.host(labels[name])
	}
	for _, name := range []string{"service_name", "service.name", "app_kubernetes_io_name", "app", "application", "container"} {
		m.application(labels[name])
	}
	m.host(labels["instance"])
	m.host(source)
	m.application(labels["job"])
	m.application(source)
	if s := labels["service"]; s != "" {
		m.id(SchemeService, strings.ToLower(s))
		m.application(s)
	}
	return m.list
}

type mentions struct {
	labels map[string]string
	list   []Mention
}

// mostMentions bounds the ways that one alert may name its item.
const mostMentions = 40

func (m *mentions) add(x Mention) {
	if len(m.list) < mostMentions && len(x.Name) <= MaxName && len(x.ID.Value) <= MaxIdentifier {
		m.list = append(m.list, x)
	}
}

func (m *mentions) id(scheme, value string) {
	if value = strings.TrimSpace(value); value != "" {
		m.add(Mention{ID: Identifier{scheme, value}})
	}
}

func (m *mentions) named(kind, name string) {
	if name = word(name); name != "" {
		m.add(Mention{Kind: kind, Name: name})
	}
}

// first is the first of several labels that is there.
func (m *mentions) first(names ...string) string {
	for _, n := range names {
		if v := strings.TrimSpace(m.labels[n]); v != "" {
			return v
		}
	}
	return ""
}

// text is what a person writes into a label on purpose.
func (m *mentions) text(s string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	if n, err := ref.ID(ref.Item, s); err == nil {
		m.add(Mention{Item: n})
		return
	}
	if scheme, value, ok := strings.Cut(s, "="); ok && isScheme(scheme) {
		m.id(scheme, value)
		return
	}
	if kind, name, ok := strings.Cut(s, ":"); ok {
		m.named(kind, name)
	}
}

// workloads are the labels that name a Kubernetes object, with its kind there.
var workloads = [][2]string{{"deployment", "Deployment"}, {"statefulset", "StatefulSet"}, {"daemonset", "DaemonSet"}, {"cronjob", "CronJob"}, {"job_name", "Job"}}

// Pods are named after what they belong to: name-hash-random, name-random, name-ordinal.
var (
	podOfDeployment = regexp.MustCompile(`^(.+)-[a-z0-9]{6,10}-[a-z0-9]{5}$`)
	podOfDaemon     = regexp.MustCompile(`^(.+)-[a-z0-9]{5}$`)
	podOfStateful   = regexp.MustCompile(`^(.+)-[0-9]+$`)
)

func (m *mentions) workload() {
	ns := m.first("namespace", "kubernetes_namespace", "k8s_namespace_name", "exported_namespace")
	cluster := m.first("cluster", "k8s_cluster_name", "kubernetes_cluster")
	object := func(kind, name string) {
		if cluster != "" {
			m.id(SchemeK8s, cluster+"/"+ns+"/"+kind+"/"+name)
		}
		m.id(SchemeK8s, "/"+ns+"/"+kind+"/"+name)
	}
	if ns == "" {
		return
	}
	var names []string
	for _, w := range workloads {
		if name := m.first(w[0], "k8s_"+w[0]+"_name"); name != "" {
			object(w[1], name)
			names = append(names, name)
		}
	}
	pod := m.first("pod", "pod_name", "k8s_pod_name", "exported_pod")
	for _, x := range []struct {
		like *regexp.Regexp
		kind string
	}{{podOfDeployment, "Deployment"}, {podOfStateful, "StatefulSet"}, {podOfDaemon, "DaemonSet"}} {
		if found := x.like.FindStringSubmatch(pod); found != nil {
			object(x.kind, found[1])
			names = append(names, found[1])
		}
	}
	for _, name := range names { // in a cluster that nobody names
		m.named(KindDeployment, name)
	}
}

// database names one by system, server and name, else by name alone.
func (m *mentions) database() {
	name := m.first("db_namespace", "db_name", "datname", "database", "db")
	system := strings.ToLower(m.first("db_system_name", "db_system"))
	if system == "" && m.labels["datname"] != "" { // postgres_exporter
		system = "postgresql"
	}
	server := strings.ToLower(m.first("server", "server_address", "db_host", "instance"))
	if system != "" && server != "" && name != "" {
		m.id(SchemeDatabase, system+"/"+server+"/"+strings.ToLower(name))
		if host, _, err := net.SplitHostPort(server); err == nil {
			m.id(SchemeDatabase, system+"/"+host+"/"+strings.ToLower(name))
		}
	}
	m.named(KindDatabase, name)
}

func (m *mentions) queue() {
	name := m.first("topic", "queue", "messaging_destination_name")
	if name == "" {
		return
	}
	system := strings.ToLower(m.first("messaging_system"))
	if system == "" && m.labels["topic"] != "" {
		system = "kafka"
	}
	m.id(SchemeQueue, cmp.Or(system, "rabbitmq")+"/"+name)
	m.named(KindQueue, name)
}

func (m *mentions) host(s string) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" || strings.ContainsAny(s, " /") {
		return
	}
	name := s
	if h, _, err := net.SplitHostPort(s); err == nil {
		m.id(SchemeAddress, s)
		name = h
	}
	name = strings.TrimSuffix(name, ".")
	switch {
	case net.ParseIP(name) != nil:
		m.id(SchemeAddress, name)
		return
	case strings.Contains(name, "."):
		m.id(SchemeDNS, name)
	}
	m.named(KindHost, name)
	if short, _, ok := strings.Cut(name, "."); ok {
		m.named(KindHost, short)
	}
}

// application names software; Prometheus jobs may have a namespace before it.
func (m *mentions) application(s string) {
	s = strings.TrimSpace(s)
	if _, name, ok := strings.Cut(s, "/"); ok {
		s = name
	}
	if s == "" || strings.ContainsAny(s, " /") {
		return
	}
	m.id(SchemeServiceName, s)
	m.named(KindApplication, s)
}
