package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// application is one piece of software in one namespace.
type application struct {
	ns, name  string
	key       string
	workloads []*workload
	services  []*service
	reference bool // only named by others
	entry     *object[serviceEntrySpec]
	calls     map[string]call
	needs     map[string]group // applications that stand behind a Service of its own name
	routes    []route
	subsets   map[string]map[string]string
	tls       string
	only      map[string]bool // subsets that get traffic; nil: all
}

type group struct{ name string }

// call is one peer that an application is said to use.
type call struct {
	to       target
	kind     cmdb.RelationKind
	strength cmdb.Strength
}

// target is what a host leads to: an application or an outside system of this
// collection, or the name of one that some other source may know.
type target struct {
	app      *application
	balancer *balancer
	end      cmdb.End
}

func (t target) to() cmdb.End {
	if t.app != nil {
		return cmdb.ByKey(t.app.key)
	}
	return t.end
}

func (t target) id() string { return fmt.Sprint(t.to()) }

// builder joins what a collector holds.
type builder struct {
	*Collector
	emit      cmdb.Emit
	err       error
	apps      map[string]*application // by key
	externals map[string]object[serviceEntrySpec]
	hosts     map[string]*balancer // public host → the only balancer that has it; nil for several
	spaces    map[string]bool      // namespaces in use
	inSpace   map[string][]*workload
	relations []cmdb.SeenRelation
	seen      map[string]bool // relations
}

// Finish joins all objects and emits items first, then relations, each in a
// fixed order. It returns what was noticed.
func (c *Collector) Finish(emit cmdb.Emit) ([]cmdb.Remark, error) {
	b := &builder{Collector: c, emit: emit, apps: map[string]*application{}, externals: map[string]object[serviceEntrySpec]{}, hosts: map[string]*balancer{}, spaces: map[string]bool{}, inSpace: map[string][]*workload{}, seen: map[string]bool{}}
	if c.read == 0 {
		c.remark(c.opt.File, "holds no object of a kind that the map shows")
	}
	b.rollUp()
	names := b.instances()
	for _, key := range sorted(c.workloads) {
		w := c.workloads[key]
		w.app = b.app(w.Namespace, names.of(w))
		w.app.workloads = append(w.app.workloads, w)
		b.inSpace[w.Namespace] = append(b.inSpace[w.Namespace], w)
	}
	delete(c.services, apiServer)
	for _, key := range sorted(c.services) {
		b.place(c.services[key])
	}
	for _, a := range b.apps {
		b.spaces[a.ns] = true
	}
	b.outside()
	b.istio()
	balancers := b.balancers()
	for _, key := range sorted(c.workloads) {
		b.references(c.workloads[key])
	}
	b.ground()
	b.forms()
	b.software()
	for _, it := range balancers {
		b.item(it)
	}
	for _, r := range b.relations {
		if b.err == nil {
			b.err = emit(cmdb.Record{Relation: &r})
		}
	}
	return c.remarks, b.err
}

func (b *builder) item(s cmdb.Seen) {
	if b.err == nil {
		b.err = b.emit(cmdb.Record{Item: &s})
	}
}

// relate keeps a relation once.
func (b *builder) relate(r cmdb.SeenRelation) {
	k := fmt.Sprint(r.From, r.To, r.Kind)
	if b.seen[k] || r.From == r.To {
		return
	}
	b.seen[k] = true
	r.Provenance = cmdb.Declared
	b.relations = append(b.relations, r)
}

func (b *builder) app(ns, name string) *application {
	key := ns + "/Application/" + name
	a := b.apps[key]
	if a == nil {
		a = &application{ns: ns, name: name, key: key, calls: map[string]call{}, needs: map[string]group{}}
		b.apps[key] = a
	}
	return a
}

// rollUp leaves only workloads that people name: a ReplicaSet belongs to its
// Deployment, a Job to its CronJob, a pod to all of these. An owner that was
// not read, or is of a kind nobody here knows, becomes a workload by what its
// pods say.
func (b *builder) rollUp() {
	gone := map[string]bool{}
	for _, key := range sorted(b.workloads) {
		w := b.workloads[key]
		if o, ok := w.controller(); ok {
			gone[key] = true
			if top := b.owner(w.Namespace, o); top == nil {
				b.workloads[w.Namespace+"/"+o.Kind+"/"+o.Name] = &workload{meta: meta{Name: o.Name, Namespace: w.Namespace, UID: o.UID, Labels: w.Labels, Annotations: w.Annotations},
					kind: o.Kind, pod: w.pod, facts: w.facts, hosts: map[string]bool{}}
			}
		}
	}
	slices.SortFunc(b.pods, func(x, y pod) int {
		return strings.Compare(x.Namespace+"/"+x.Name, y.Namespace+"/"+y.Name)
	})
	for _, p := range b.pods {
		o, ok := p.controller()
		switch {
		case ok && o.Kind == "Node": // a control plane's own pod, as the node starts it
			continue
		case !ok:
			b.remark("Pod "+p.Namespace+"/"+p.Name, "belongs to no workload and is left out: pods come and go")
			continue
		}
		w := b.owner(p.Namespace, o)
		if w == nil {
			w = &workload{meta: meta{Name: o.Name, Namespace: p.Namespace, UID: o.UID, Labels: withoutHash(p.Labels), Annotations: p.Annotations}, kind: o.Kind, pod: p.meta, facts: p.spec, hosts: map[string]bool{}}
			b.workloads[w.key()] = w
		}
		if _, listed := b.nodes[p.node]; listed && w.kind != "Job" && w.kind != "CronJob" {
			w.hosts[p.node] = true
		}
	}
	for key := range gone {
		delete(b.workloads, key)
	}
}

// owner follows ownerReferences to the top; nil when the way ends outside of
// what was read.
func (b *builder) owner(ns string, o owner) *workload {
	for range 8 { // a chain longer than this is a circle
		w := b.workloads[ns+"/"+o.Kind+"/"+o.Name]
		if w == nil {
			// A ReplicaSet that was not read is its Deployment's name with a hash.
			if i := strings.LastIndexByte(o.Name, '-'); o.Kind == "ReplicaSet" && i > 0 {
				if d := b.workloads[ns+"/Deployment/"+o.Name[:i]]; d != nil {
					return d
				}
			}
			return nil
		}
		up, ok := w.controller()
		if !ok {
			return w
		}
		o = up
	}
	return nil
}

func withoutHash(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		if !strings.HasSuffix(k, "-hash") && k != "statefulset.kubernetes.io/pod-name" {
			out[k] = v
		}
	}
	return out
}

func selects(sel, labels map[string]string) bool {
	for k, v := range sel {
		if got, ok := labels[k]; !ok || got != v {
			return false
		}
	}
	return len(sel) > 0
}

// apiServer is the Service of the API server itself, which every cluster has:
// the cluster's item stands for it.
const apiServer = "default/kubernetes"

// place finds the application that a Service leads to.
func (b *builder) place(s *service) {
	where := "Service " + s.Namespace + "/" + s.Name
	if s.spec.Type == "ExternalName" && s.spec.ExternalName != "" {
		t := target{end: cmdb.By(cmdb.SchemeDNS, strings.TrimSuffix(strings.ToLower(s.spec.ExternalName), "."), "")}
		s.to = &t
		return
	}
	found := map[string]*application{}
	for _, w := range b.inSpace[s.Namespace] {
		if selects(s.spec.Selector, w.pod.Labels) {
			found[w.app.key] = w.app
		}
	}
	own := s.Namespace + "/Application/" + s.Name
	var a *application
	switch {
	case len(found) == 1:
		for _, a = range found {
		}
	case len(found) > 1 && found[own] != nil:
		a = found[own]
		b.remark(where, "selects pods of several applications ("+strings.Join(sorted(found), ", ")+"); it stands for the one of its own name")
	case len(found) > 1:
		a = b.app(s.Namespace, s.Name)
		for key := range found {
			a.needs[key] = group{"Service/" + s.Name}
		}
	default:
		a = b.app(s.Namespace, s.Name)
		a.reference = len(a.workloads) == 0
		b.remark(where, "selects no pod of any workload that was read")
	}
	a.services = append(a.services, s)
	s.to = &target{app: a}
}

// outside makes the items of ServiceEntries.
func (b *builder) outside() {
	for _, key := range sorted(b.entries) {
		e := b.entries[key]
		for _, h := range e.spec.Hosts {
			h = strings.TrimSuffix(strings.ToLower(h), ".")
			if e.spec.Location == "MESH_INTERNAL" { // a machine of our own, outside of Kubernetes
				a := b.app(e.Namespace, h)
				a.entry = &e
				continue
			}
			b.externals[h] = e
		}
	}
}

// resolve is what a host means when a workload of the namespace names it. ok
// is false when it is nothing that the map would show.
func (b *builder) resolve(m mention, ns, who string) (target, bool) {
	if t, ok := b.outer(m.host, ns); ok {
		return t, true
	}
	svc, in, sure, cluster := inCluster(m.host, ns)
	if cluster {
		if in+"/"+svc == apiServer {
			return target{}, false
		}
		if s := b.services[in+"/"+svc]; s != nil && (sure || m.said || m.port != "" || m.scheme) {
			return *s.to, true
		}
		_, knownNs := b.namespaces[in]
		knownNs = knownNs || b.spaces[in]
		local := in == ns && !strings.Contains(m.host, ".")
		switch {
		case sure, m.said && (knownNs || local) && (m.port != "" || m.scheme):
			a := b.app(in, svc)
			if len(a.workloads)+len(a.services) == 0 && a.entry == nil {
				if !a.reference {
					b.remark(who, "names "+m.host+", but no Service of this name was read; it is shown as known by reference only")
				}
				a.reference = true
			}
			return target{app: a}, true
		case local:
			if m.said {
				b.remark(who, "may mean a Service "+m.host+", which was not read; left out")
			}
			return target{}, false
		}
	}
	if !m.said {
		return target{}, false
	}
	if l := b.hosts[m.host]; l != nil {
		return target{end: cmdb.ByKey(l.key), balancer: l}, true
	}
	if strings.Trim(m.host, "0123456789.") == "" && m.port != "" {
		return target{end: cmdb.By(cmdb.SchemeAddress, m.host+":"+m.port, "")}, true
	}
	return target{end: cmdb.By(cmdb.SchemeDNS, m.host, "")}, true
}

// outer are hosts that a ServiceEntry names, also by wildcard.
func (b *builder) outer(host, ns string) (target, bool) {
	if a := b.apps[ns+"/Application/"+host]; a != nil && a.entry != nil {
		return target{app: a}, true
	}
	for h := host; ; {
		if _, ok := b.externals[h]; ok {
			return target{end: cmdb.ByKey(externalKey(h))}, true
		}
		h = strings.TrimPrefix(h, "*.")
		i := strings.IndexByte(h, '.')
		if i < 0 {
			return target{}, false
		}
		h = "*" + h[i:]
	}
}

func externalKey(host string) string { return "External/" + host }

// references are the peers that a workload's configuration names.
func (b *builder) references(w *workload) {
	list := slices.Clone(w.facts.mentions)
	for _, u := range w.facts.configs {
		data := b.configs[w.Namespace+"/"+u.name]
		for _, key := range sorted(data) {
			if u.key != "" && u.key != key {
				continue
			}
			for _, m := range data[key] {
				if u.as != "" && len(variable(u.as, m.host)) > 0 {
					m.said = true
				}
				list = append(list, m)
			}
		}
	}
	for _, m := range list {
		t, ok := b.resolve(m, w.Namespace, w.kind+" "+w.Namespace+"/"+w.Name)
		if !ok || t.app == w.app || t.balancer != nil && t.balancer.leads(w.app) { // itself, also by its public name
			continue
		}
		if _, there := w.app.calls[t.id()]; !there {
			w.app.calls[t.id()] = call{to: t, kind: cmdb.Calls}
		}
	}
}
