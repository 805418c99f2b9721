package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/jsonstream"
)

// resource is one list of the API. Secrets are in none of them.
type resource struct {
	group    string // empty: the core
	versions []string
	plural   string
	kind     string
	global   bool // belongs to no namespace
	watched  bool // a change of it changes the map; pods come and go without
}

var resources = []resource{
	{"", []string{"v1"}, "namespaces", "Namespace", true, true},
	{"", []string{"v1"}, "nodes", "Node", true, true},
	{"", []string{"v1"}, "persistentvolumes", "PersistentVolume", true, false},
	{"", []string{"v1"}, "services", "Service", false, true},
	{"", []string{"v1"}, "configmaps", "ConfigMap", false, false},
	{"", []string{"v1"}, "persistentvolumeclaims", "PersistentVolumeClaim", false, true},
	{"apps", []string{"v1"}, "deployments", "Deployment", false, true},
	{"apps", []string{"v1"}, "statefulsets", "StatefulSet", false, true},
	{"apps", []string{"v1"}, "daemonsets", "DaemonSet", false, true},
	{"apps", []string{"v1"}, "replicasets", "ReplicaSet", false, false},
	{"batch", []string{"v1"}, "cronjobs", "CronJob", false, true},
	{"batch", []string{"v1"}, "jobs", "Job", false, false},
	{"", []string{"v1"}, "pods", "Pod", false, false},
	{"networking.k8s.io", []string{"v1"}, "ingresses", "Ingress", false, true},
	{"gateway.networking.k8s.io", []string{"v1", "v1beta1"}, "gateways", "Gateway", false, true},
	{"gateway.networking.k8s.io", []string{"v1", "v1beta1"}, "httproutes", "HTTPRoute", false, true},
	{"gateway.networking.k8s.io", []string{"v1", "v1alpha2"}, "grpcroutes", "GRPCRoute", false, true},
	{"networking.istio.io", []string{"v1", "v1beta1", "v1alpha3"}, "gateways", "Gateway", false, true},
	{"networking.istio.io", []string{"v1", "v1beta1", "v1alpha3"}, "virtualservices", "VirtualService", false, true},
	{"networking.istio.io", []string{"v1", "v1beta1", "v1alpha3"}, "destinationrules", "DestinationRule", false, true},
	{"networking.istio.io", []string{"v1", "v1beta1", "v1alpha3"}, "serviceentries", "ServiceEntry", false, true},
	{"cert-manager.io", []string{"v1"}, "certificates", "Certificate", false, true},
	{"argoproj.io", []string{"v1alpha1"}, "rollouts", "Rollout", false, true},
}

const (
	pageSize = 500 // what kubectl uses
	restarts = 5   // of one list whose pages went out of date
)

func (r resource) path(version, namespace string) string {
	p := "/apis/" + r.group + "/" + version
	if r.group == "" {
		p = "/api/" + version
	}
	if namespace != "" && !r.global {
		p += "/namespaces/" + url.PathEscape(namespace)
	}
	return p + "/" + r.plural
}

// List reads a running cluster. What the cluster does not have (no Istio, no
// Gateway API) is passed over; what may not be read is an error, because a
// list with holes would look like things that are gone.
func List(ctx context.Context, k Kubeconfig, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	cl, err := k.connect()
	if err != nil {
		return nil, err
	}
	defer cl.http.CloseIdleConnections()
	have, err := cl.groups(ctx)
	if err != nil {
		return nil, err
	}
	c := New(opt)
	for _, r := range resources {
		if k.without(r) {
			continue
		}
		version, ok := r.served(have)
		if !ok {
			continue
		}
		if err := cl.list(ctx, r, version, c); err != nil {
			return nil, err
		}
	}
	return c.Finish(emit)
}

// without is whether a resource is left out.
func (k Kubeconfig) without(r resource) bool {
	return r.global && k.Namespace != "" || slices.Contains(k.Without, r.plural)
}

// served is the newest version that both sides speak.
func (r resource) served(have map[string]map[string]bool) (string, bool) {
	if r.group == "" {
		return r.versions[0], true
	}
	for _, v := range r.versions {
		if have[r.group][v] {
			return v, true
		}
	}
	return "", false
}

// groups asks which APIs the cluster has.
func (c *client) groups(ctx context.Context) (map[string]map[string]bool, error) {
	body, err := c.get(ctx, "/apis", nil)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var l struct {
		Groups []struct {
			Name     string `json:"name"`
			Versions []struct {
				Version string `json:"version"`
			} `json:"versions"`
		} `json:"groups"`
	}
	if err := json.NewDecoder(io.LimitReader(body, 16<<20)).Decode(&l); err != nil {
		return nil, errs.E(errs.Unavailable, "GET /apis of %s: the answer is no list of API groups; is this an API server?", c.base.Host).Because(err)
	}
	out := map[string]map[string]bool{}
	for _, g := range l.Groups {
		out[g.Name] = map[string]bool{}
		for _, v := range g.Versions {
			out[g.Name][v.Version] = true
		}
	}
	return out, nil
}

// list reads all pages of one resource into c. Pages that have gone out of
// date (410 Gone, https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks)
// are read again from the first; objects read twice are the same object.
func (c *client) list(ctx context.Context, r resource, version string, to *Collector) error {
	path := r.path(version, c.namespace)
	for try := 0; ; {
		part := New(to.opt)
		err := c.pages(ctx, path, r, version, part)
		var a *answer
		switch {
		case err == nil:
			to.take(part)
			return nil
		case errors.As(err, &a) && a.code == http.StatusNotFound && r.group != "":
			return nil // the group is there, this resource is not
		case errors.As(err, &a) && (a.code == http.StatusGone || a.code == http.StatusTooManyRequests || a.code >= 500) && try < restarts:
			try++
			if a.code != http.StatusGone {
				if err := pause(ctx, time.Duration(1<<try)*100*time.Millisecond); err != nil {
					return err
				}
			}
		default:
			return err
		}
	}
}

func (c *client) pages(ctx context.Context, path string, r resource, version string, part *Collector) error {
	next := ""
	for n := 0; ; n++ {
		q := url.Values{"limit": {strconv.Itoa(pageSize)}}
		if next != "" {
			q.Set("continue", next)
		}
		h, err := c.page(ctx, path, q, func(e jsonstream.Element) error {
			return part.Object("GET "+path, fmt.Sprintf("page %d, %s", n+1, e.Place), r.kind, r.group+"/"+version, e.Value)
		})
		if err != nil {
			return err
		}
		var m struct {
			Continue string `json:"continue"`
		}
		if raw := h.Raw("metadata"); raw != nil {
			if err := json.Unmarshal(raw, &m); err != nil {
				return errs.E(errs.Unavailable, "GET %s: the answer is no list", path).Because(err)
			}
		}
		if m.Continue == "" {
			return nil
		}
		next = m.Continue
	}
}

// page reads one answer, one item at a time.
func (c *client) page(ctx context.Context, path string, q url.Values, each func(jsonstream.Element) error) (*jsonstream.Head, error) {
	body, err := c.get(ctx, path, q)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	h, err := jsonstream.Each(body, "GET "+path, []string{"items"}, func(e jsonstream.Element) error {
		if e.List != "items" {
			return nil // "items": null of an empty list
		}
		return each(e)
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// take adds what a whole list gave.
func (c *Collector) take(p *Collector) {
	c.read += p.read
	c.remarks = append(c.remarks, p.remarks...)
	c.pods = append(c.pods, p.pods...)
	add(c.namespaces, p.namespaces)
	add(c.nodes, p.nodes)
	add(c.workloads, p.workloads)
	add(c.services, p.services)
	add(c.configs, p.configs)
	add(c.claims, p.claims)
	add(c.volumes, p.volumes)
	add(c.certificates, p.certificates)
	add(c.ingresses, p.ingresses)
	add(c.gateways, p.gateways)
	add(c.routes, p.routes)
	add(c.virtual, p.virtual)
	add(c.rules, p.rules)
	add(c.entries, p.entries)
}

func add[T any](to, from map[string]T) {
	for k, v := range from {
		to[k] = v
	}
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
