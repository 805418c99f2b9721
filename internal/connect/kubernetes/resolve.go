package kubernetes

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

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
