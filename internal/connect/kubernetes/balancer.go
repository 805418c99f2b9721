package kubernetes

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// balancer is an entry to the cluster with the ways behind it.
type balancer struct {
	meta
	key, kind string
	class     string
	hosts     map[string]bool
	routes    []route
	to        map[string]target
	certs     map[string]bool
}

func (l *balancer) lead(t target, r route) {
	l.to[t.id()] = t
	l.routes = append(l.routes, r)
}

// leads is whether it is an entry to the application.
func (l *balancer) leads(a *application) bool {
	for _, t := range l.to {
		if t.app == a {
			return true
		}
	}
	return false
}

// balancers joins Ingresses and Gateways with the routes that lead through
// them. One destination is needed; of several each serves a part, so that the
// loss of one leaves the balancer working worse.
func (b *builder) balancers() []cmdb.Seen {
	all := map[string]*balancer{}
	add := func(m meta, kind, class string) *balancer {
		l := &balancer{meta: m, key: m.Namespace + "/" + kind + "/" + m.Name, kind: kind, class: class, hosts: map[string]bool{}, to: map[string]target{}, certs: map[string]bool{}}
		all[l.key] = l
		return l
	}
	secrets := map[string]string{} // "ns/secret" → certificate
	for _, key := range sorted(b.certificates) {
		ct := b.certificates[key]
		secrets[ct.Namespace+"/"+ct.spec.SecretName] = certificateKey(ct.meta)
	}
	secure := func(l *balancer, ns, name string) {
		if k := secrets[ns+"/"+name]; k != "" && name != "" {
			l.certs[k] = true
		}
	}
	for _, key := range sorted(b.ingresses) {
		in := b.ingresses[key]
		l := add(in.meta, "Ingress", in.spec.IngressClassName)
		back := func(be *ingressBackend, where string) {
			if be != nil && be.Service != nil {
				if t, ok := b.named(be.Service.Name, in.Namespace, "Ingress "+key); ok {
					l.lead(t, route{By: where, To: be.Service.Name})
				}
			}
		}
		back(in.spec.DefaultBackend, "default backend")
		for _, r := range in.spec.Rules {
			if r.Host != "" {
				l.hosts[r.Host] = true
			}
			if r.HTTP != nil {
				for _, p := range r.HTTP.Paths {
					back(&p.Backend, r.Host+p.Path)
				}
			}
		}
		for _, t := range in.spec.TLS {
			secure(l, in.Namespace, t.SecretName)
		}
	}
	for _, key := range sorted(b.gateways) {
		g := b.gateways[key]
		l := add(g.meta, g.kind, g.spec.GatewayClassName)
		for _, ls := range g.spec.Listeners {
			if ls.Hostname != "" {
				l.hosts[ls.Hostname] = true
			}
			if ls.TLS != nil {
				for _, ref := range ls.TLS.CertificateRefs {
					secure(l, or(ref.Namespace, g.Namespace), ref.Name)
				}
			}
		}
		for _, s := range g.spec.Servers {
			for _, h := range s.Hosts {
				if _, bare, ok := strings.Cut(h, "/"); ok {
					h = bare
				}
				if h != "*" {
					l.hosts[h] = true
				}
			}
			if s.TLS != nil {
				secure(l, g.Namespace, s.TLS.CredentialName)
			}
		}
		for _, wk := range sorted(b.workloads) { // the proxies that Istio's Gateway is configured on
			if w := b.workloads[wk]; selects(g.spec.Selector, w.pod.Labels) {
				l.to["proxy "+w.app.key] = target{app: w.app}
			}
		}
	}
	b.gatewayRoutes(all)
	b.istioGateways(all)
	for _, key := range sorted(all) {
		for h := range all[key].hosts {
			if _, shared := b.hosts[h]; shared {
				b.hosts[h] = nil
			} else {
				b.hosts[h] = all[key]
			}
		}
	}
	return b.show(all)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// gatewayRoutes are those of the Gateway API.
func (b *builder) gatewayRoutes(all map[string]*balancer) {
	for _, key := range sorted(b.routes) {
		r := b.routes[key]
		who := r.kind + " " + r.Namespace + "/" + r.Name
		for _, p := range r.spec.ParentRefs {
			if p.Kind != "" && p.Kind != "Gateway" {
				continue // a Service: routes inside the mesh (GAMMA)
			}
			l := all[or(p.Namespace, r.Namespace)+"/Gateway/"+p.Name]
			if l == nil {
				b.remark(who, "belongs to the Gateway "+p.Name+", which was not read")
				continue
			}
			for _, h := range r.spec.Hostnames {
				l.hosts[h] = true
			}
			for _, rule := range r.spec.Rules {
				for _, ref := range rule.BackendRefs {
					if t, ok := b.named(ref.Name+"."+or(ref.Namespace, r.Namespace)+".svc", r.Namespace, who); ok && (ref.Kind == "" || ref.Kind == "Service") {
						d := route{By: r.kind + "/" + r.Name, To: ref.Name}
						if ref.Weight != nil && len(rule.BackendRefs) > 1 {
							d.Weight = *ref.Weight
						}
						l.lead(t, d)
					}
				}
				for _, f := range rule.Filters {
					if f.RequestMirror != nil {
						l.routes = append(l.routes, route{By: r.kind + "/" + r.Name, To: f.RequestMirror.BackendRef.Name, Mirror: true})
					}
				}
			}
		}
	}
}

// istioGateways are VirtualServices bound to gateways.
func (b *builder) istioGateways(all map[string]*balancer) {
	for _, key := range sorted(b.virtual) {
		v := b.virtual[key]
		for _, g := range v.spec.Gateways {
			if g == "mesh" {
				continue
			}
			ns, name, ok := strings.Cut(g, "/")
			if !ok {
				ns, name = v.Namespace, g
			}
			l := all[ns+"/"+istioGateway+"/"+name]
			if l == nil {
				b.remark("VirtualService "+key, "belongs to the Gateway "+g+", which was not read")
				continue
			}
			for _, h := range v.spec.Hosts {
				if h != "*" {
					l.hosts[h] = true
				}
			}
			for _, rt := range slices.Concat(v.spec.HTTP, v.spec.TLS, v.spec.TCP) {
				for _, d := range ways(rt) {
					d.By = "VirtualService/" + v.Name
					if d.Mirror {
						l.routes = append(l.routes, d)
					} else if t, ok := b.named(d.To, v.Namespace, "VirtualService "+key); ok {
						l.lead(t, d)
					}
				}
			}
		}
	}
}

// show turns balancers into items and their relations.
func (b *builder) show(all map[string]*balancer) []cmdb.Seen {
	var out []cmdb.Seen
	for _, key := range sorted(all) {
		l := all[key]
		ns := b.namespaces[l.Namespace]
		at := attrs{}.set("class", l.class).set("hosts", sorted(l.hosts)).set("routes", l.routes)
		out = append(out, cmdb.Seen{Key: key, Kind: cmdb.KindBalancer, Name: l.Name, Env: b.env(l.meta, ns), Team: b.team(l.meta, ns), Identifiers: b.identify(l.meta, l.kind), Attributes: at})
		served := 0
		for id := range l.to {
			if !strings.HasPrefix(id, "proxy ") {
				served++
			}
		}
		for _, id := range sorted(l.to) {
			r := cmdb.SeenRelation{From: cmdb.ByKey(key), To: l.to[id].to(), Kind: cmdb.DependsOn}
			if served > 1 && !strings.HasPrefix(id, "proxy ") {
				r.Strength = cmdb.Soft
			}
			b.relate(r)
		}
		for _, k := range sorted(l.certs) {
			b.relate(cmdb.SeenRelation{From: cmdb.ByKey(key), To: cmdb.ByKey(k), Kind: cmdb.DependsOn})
		}
	}
	return out
}
