package kubernetes

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// workload is one deployment-to-be.
type workload struct {
	meta
	kind     string
	pod      meta // of its pods: labels and annotations
	facts    podFacts
	replicas *int
	schedule string
	volumes  []string        // claims by template, StatefulSet
	hosts    map[string]bool // by pods
	app      *application
}

// known are the kinds that are read; all others are passed over.
var known = map[string]bool{"List": true, "Namespace": true, "Node": true, "Pod": true, "Service": true, "ConfigMap": true, "PersistentVolumeClaim": true,
	"PersistentVolume": true, "Deployment": true, "StatefulSet": true, "DaemonSet": true, "ReplicaSet": true, "ReplicationController": true, "Job": true, "CronJob": true,
	"Rollout": true, "Ingress": true, "Gateway": true, "HTTPRoute": true, "GRPCRoute": true, "TLSRoute": true, "TCPRoute": true, "VirtualService": true,
	"DestinationRule": true, "ServiceEntry": true, "Certificate": true}

// Object takes one object as JSON. kind and version stand in for what the
// object does not say itself.
func (c *Collector) Object(name, place, kind, version string, raw []byte) error {
	fault := func(err error) error {
		field, what := place, "this is no Kubernetes object"
		if t, ok := err.(*json.UnmarshalTypeError); ok {
			field, what = place+": "+t.Field, "use "+t.Type.String()+" here, not "+t.Value
		}
		return errs.BadField(name, "", field+": "+what).Because(err)
	}
	var t struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if len(raw) == 0 || raw[0] != '{' {
		return errs.BadField(name, "", place+": this is no Kubernetes object")
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return fault(err)
	}
	if t.Kind != "" {
		kind, version = t.Kind, t.APIVersion
	}
	if kind == "" {
		return errs.BadField(name, "", place+": this object has no kind; send what kubectl or the API wrote")
	}
	if !known[kind] || kind == "List" {
		return nil
	}
	var h head
	if err := json.Unmarshal(raw, &h); err != nil {
		return fault(err)
	}
	m := h.Metadata
	if m.Name == "" {
		c.remark(place, kind+" without a name is left out")
		return nil
	}
	if m.Namespace == "" {
		m.Namespace = c.opt.Namespace
	}
	m.Annotations = slim(m.Annotations)
	c.read++
	if err := c.keep(kind, version, m, raw); err != nil {
		return fault(err)
	}
	return nil
}

// slim keeps the annotations that the map reads.
func slim(m map[string]string) map[string]string {
	var out map[string]string
	for _, k := range annotations {
		if v, ok := m[k]; ok {
			if out == nil {
				out = map[string]string{}
			}
			out[k] = v
		}
	}
	return out
}

func spec[T any](raw []byte) (T, error) {
	var s struct {
		Spec T `json:"spec"`
	}
	err := json.Unmarshal(raw, &s)
	return s.Spec, err
}

// put keeps an object under its key; a second one of the same name replaces
// the first, as applying both would.
func put[T any](c *Collector, to map[string]T, key, kind string, v T) {
	if _, again := to[key]; again {
		c.remark(kind+" "+key, "stands there twice; the later one counts")
	}
	to[key] = v
}

func keep[T any](c *Collector, to map[string]object[T], key, kind string, m meta, raw []byte) error {
	s, err := spec[T](raw)
	if err == nil {
		put(c, to, key, kind, object[T]{m, kind, s})
	}
	return err
}

func (c *Collector) keep(kind, version string, m meta, raw []byte) (err error) {
	key := m.Namespace + "/" + m.Name
	group, _, _ := strings.Cut(version, "/")
	switch kind {
	case "Namespace":
		put(c, c.namespaces, m.Name, kind, m)
	case "Node":
		n := node{meta: m}
		if err = json.Unmarshal(raw, &n.object); err == nil {
			put(c, c.nodes, m.Name, kind, n)
		}
	case "Pod":
		var s podSpec
		if s, err = spec[podSpec](raw); err == nil {
			c.pods = append(c.pods, pod{m, facts(s), s.NodeName})
		}
	case "Service":
		if group == "serving.knative.dev" {
			return nil
		}
		var s serviceSpec
		if s, err = spec[serviceSpec](raw); err == nil {
			put(c, c.services, key, kind, &service{meta: m, spec: s})
		}
	case "ConfigMap":
		var d struct {
			Data map[string]string `json:"data"`
		}
		if err = json.Unmarshal(raw, &d); err == nil {
			found := map[string][]mention{}
			for k, v := range d.Data {
				if list := variable(k, v); len(list) > 0 {
					found[k] = list
				}
			}
			put(c, c.configs, key, kind, found)
		}
	case "PersistentVolumeClaim":
		var s claimSpec
		if s, err = spec[claimSpec](raw); err == nil {
			put(c, c.claims, key, kind, claim{meta: m, spec: s})
		}
	case "PersistentVolume":
		var s volumeSpec
		if s, err = spec[volumeSpec](raw); err == nil {
			c.volumes[m.Name] = s
		}
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Rollout":
		err = c.workload(kind, m, raw)
	case "Ingress":
		err = keep(c, c.ingresses, key, kind, m, raw)
	case "Gateway":
		if strings.HasSuffix(group, "istio.io") {
			kind = istioGateway
		}
		err = keep(c, c.gateways, m.Namespace+"/"+kind+"/"+m.Name, kind, m, raw)
	case "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute":
		err = keep(c, c.routes, m.Namespace+"/"+kind+"/"+m.Name, kind, m, raw)
	case "VirtualService":
		err = keep(c, c.virtual, key, kind, m, raw)
	case "DestinationRule":
		err = keep(c, c.rules, key, kind, m, raw)
	case "ServiceEntry":
		err = keep(c, c.entries, key, kind, m, raw)
	case "Certificate":
		if group == "cert-manager.io" {
			if err = keep(c, c.certificates, key, kind, m, raw); err == nil {
				var now struct {
					Status certificateStatus `json:"status"`
				}
				if err = json.Unmarshal(raw, &now); err == nil { // manifests have no status
					ct := c.certificates[key]
					ct.spec.status = now.Status
					c.certificates[key] = ct
				}
			}
		}
	}
	return err
}

// istioGateway tells Istio's Gateway from that of the Gateway API.
const istioGateway = "Gateway.networking.istio.io"

func (c *Collector) workload(kind string, m meta, raw []byte) error {
	s, err := spec[workloadSpec](raw)
	if err != nil {
		return err
	}
	t := s.Template
	if kind == "CronJob" {
		t = s.JobTemplate.Spec.Template
	}
	w := &workload{meta: m, kind: kind, pod: t.Metadata, facts: facts(t.Spec), replicas: s.Replicas, schedule: s.Schedule, hosts: map[string]bool{}}
	w.pod.Annotations = slim(w.pod.Annotations)
	for _, v := range s.ClaimTemplat {
		w.volumes = append(w.volumes, v.Metadata.Name)
	}
	put(c, c.workloads, w.key(), kind, w)
	return nil
}

func (w *workload) key() string { return w.Namespace + "/" + w.kind + "/" + w.Name }

// facts takes from a pod what the map uses.
func facts(s podSpec) podFacts {
	var f podFacts
	for i, list := range [][]container{s.InitContainers, s.Containers} {
		for _, ct := range list {
			if i == 1 && ct.Image != "" {
				f.images = append(f.images, ct.Image)
			}
			for _, e := range ct.Env {
				f.mentions = append(f.mentions, variable(e.Name, e.Value)...)
				if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
					f.configs = append(f.configs, configUse{r.Name, r.Key, e.Name})
				}
			}
			for _, e := range ct.EnvFrom {
				if e.ConfigMapRef != nil {
					f.configs = append(f.configs, configUse{name: e.ConfigMapRef.Name})
				}
			}
			for _, a := range slices.Concat(ct.Command, ct.Args) {
				f.mentions = append(f.mentions, inText(a)...)
			}
		}
	}
	for _, v := range s.Volumes {
		if v.Claim != nil {
			f.claims = append(f.claims, v.Claim.ClaimName)
		}
		if v.ConfigMap != nil {
			f.configs = append(f.configs, configUse{name: v.ConfigMap.Name})
		}
		if v.Projected != nil {
			for _, s := range v.Projected.Sources {
				if s.ConfigMap != nil {
					f.configs = append(f.configs, configUse{name: s.ConfigMap.Name})
				}
			}
		}
	}
	slices.Sort(f.images)
	f.images = slices.Compact(f.images)
	return f
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
