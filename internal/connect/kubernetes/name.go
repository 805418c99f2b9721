package kubernetes

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// Annotations that the map reads; labels of the same names count too.
const (
	annTeam      = "evenkeel.dev/team"
	annService   = "evenkeel.dev/service"
	annEnv       = "evenkeel.dev/env"
	annBackstage = "backstage.io/kubernetes-id"
	// annOTel is OpenTelemetry's own way to name a workload
	// (https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes/).
	annOTel = "resource.opentelemetry.io/service.name"
)

var annotations = []string{annTeam, annService, annEnv, annBackstage, annOTel}

// Labels by which a workload names its application, the first that is there
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/).
var appLabels = []string{"app.kubernetes.io/name", "app", "k8s-app"}

// first is the first value that one of the metas has under one of the names.
func first(names []string, metas ...meta) string {
	for _, m := range metas {
		for _, n := range names {
			if v := strings.TrimSpace(m.Annotations[n]); v != "" {
				return v
			}
			if v := strings.TrimSpace(m.Labels[n]); v != "" {
				return v
			}
		}
	}
	return ""
}

// appName is the application that a workload is a form of.
func (w *workload) appName() string {
	if n := first([]string{annOTel}, w.pod, w.meta); n != "" {
		return n
	}
	if n := first(appLabels, w.meta, w.pod); n != "" {
		return n
	}
	return w.Name
}

// instances are the values of app.kubernetes.io/instance under each name in
// each namespace: one chart that is installed twice is two applications.
type instances map[string]map[string]bool

const labelInstanceOf = "app.kubernetes.io/instance"

func (b *builder) instances() instances {
	out := instances{}
	for _, w := range b.workloads {
		if i := first([]string{labelInstanceOf}, w.meta, w.pod); i != "" {
			k := w.Namespace + "/" + w.appName()
			if out[k] == nil {
				out[k] = map[string]bool{}
			}
			out[k][i] = true
		}
	}
	return out
}

// of is the application's name, that of the instance where there are several;
// written as Helm writes full names.
func (in instances) of(w *workload) string {
	name := w.appName()
	i := first([]string{labelInstanceOf}, w.meta, w.pod)
	switch {
	case i == "" || len(in[w.Namespace+"/"+name]) < 2 || first([]string{annOTel}, w.pod, w.meta) != "":
		return name
	case strings.Contains(i, name):
		return i
	}
	return i + "-" + name
}

func (c *Collector) team(metas ...meta) string {
	if v := first([]string{annTeam}, metas...); v != "" {
		return v
	}
	if v := first([]string{"team", "owner"}, metas...); v != "" {
		return v
	}
	return c.opt.Team
}

func (c *Collector) env(metas ...meta) string {
	if v := first([]string{annEnv}, metas...); v != "" {
		return v
	}
	if v := first([]string{"environment", "env"}, metas...); v != "" {
		return v
	}
	return c.opt.Env
}

// k8s is the identifier of an object; namespace is empty for those of the
// whole cluster.
func (c *Collector) k8s(namespace, kind, name string) cmdb.Identifier {
	return cmdb.Identifier{Scheme: cmdb.SchemeK8s, Value: c.opt.Cluster + "/" + namespace + "/" + kind + "/" + name}
}

func (c *Collector) identify(m meta, kind string) []cmdb.Identifier {
	out := []cmdb.Identifier{c.k8s(m.Namespace, kind, m.Name)}
	if m.UID != "" {
		out = append(out, cmdb.Identifier{Scheme: cmdb.SchemeK8sUID, Value: m.UID})
	}
	return out
}

// provider writes a node's or volume's providerID as "aws:i-0abc",
// "gce:project/zone/name"; Azure's is its resource id.
func provider(id string) (cmdb.Identifier, bool) {
	scheme, rest, ok := strings.Cut(id, "://")
	rest = strings.Trim(rest, "/")
	if !ok || rest == "" {
		return cmdb.Identifier{}, false
	}
	switch scheme {
	case "aws":
		rest = rest[strings.LastIndexByte(rest, '/')+1:]
	case "azure":
		return cmdb.Identifier{Scheme: cmdb.SchemeAzure, Value: "/" + strings.ToLower(rest)}, true
	}
	return cmdb.Identifier{Scheme: cmdb.SchemeProviderID, Value: scheme + ":" + rest}, true
}

// software is what an official image runs. Only names that are exactly known
// count: "redis" and "bitnami/redis", never "my-redis-proxy".
func software(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "docker.io/"), "library/")
	owner, base, ok := strings.Cut(name, "/")
	if !ok {
		owner, base = "", name
	}
	if owner != "" && owner != "bitnami" && owner != "bitnamilegacy" {
		return ""
	}
	return images[base]
}

var images = map[string]string{"redis": "redis", "valkey": "valkey", "memcached": "memcached", "postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql",
	"mariadb": "mariadb", "mongo": "mongodb", "mongodb": "mongodb", "rabbitmq": "rabbitmq", "kafka": "kafka", "nats": "nats", "elasticsearch": "elasticsearch",
	"cassandra": "cassandra", "influxdb": "influxdb", "zookeeper": "zookeeper", "etcd": "etcd", "nginx": "nginx", "haproxy": "haproxy"}
