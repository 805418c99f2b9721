package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// route is one way that traffic takes, as an attribute shows it.
type route struct {
	By     string `json:"by"`
	To     string `json:"to,omitempty"`
	Subset string `json:"subset,omitempty"`
	Weight int    `json:"weight,omitempty"` // of the rule's destinations; 0 when there is only one
	Match  bool   `json:"match,omitempty"`  // only for requests that match
	Mirror bool   `json:"mirror,omitempty"` // a copy whose answer nobody waits for
	Fault  string `json:"fault,omitempty"`
}

// traffic shows how an application is reached.
func (b *builder) traffic(a *application, at attrs) {
	at.set("routes", a.routes)
	if len(a.subsets) > 0 {
		var list []string
		for _, n := range sorted(a.subsets) {
			var l []string
			for _, k := range sorted(a.subsets[n]) {
				l = append(l, k+"="+a.subsets[n][k])
			}
			list = append(list, n+": "+strings.Join(l, ","))
		}
		at.set("subsets", list)
	}
	at.set("tls", a.tls)
}

// istio reads DestinationRules, then the VirtualServices of the mesh.
func (b *builder) istio() {
	for _, key := range sorted(b.rules) {
		r := b.rules[key]
		t, ok := b.named(r.spec.Host, r.Namespace, "DestinationRule "+key)
		if !ok || t.app == nil {
			continue
		}
		if t.app.subsets == nil {
			t.app.subsets = map[string]map[string]string{}
		}
		for _, s := range r.spec.Subsets {
			t.app.subsets[s.Name] = s.Labels
		}
		if p := r.spec.TrafficPolicy; p != nil && p.TLS != nil {
			t.app.tls = p.TLS.Mode
		}
	}
	for _, key := range sorted(b.virtual) {
		v := b.virtual[key]
		if len(v.spec.Gateways) == 0 || slices.Contains(v.spec.Gateways, "mesh") {
			b.mesh(key, v)
		}
	}
	for _, key := range sorted(b.apps) {
		a := b.apps[key]
		for _, name := range sorted(a.only) {
			_, defined := a.subsets[name]
			carried := slices.ContainsFunc(a.workloads, func(w *workload) bool { return defined && selects(a.subsets[name], w.pod.Labels) })
			switch {
			case !defined:
				b.remark("VirtualService of "+a.key, "sends traffic to the subset "+name+", which no DestinationRule that was read defines")
				a.only = nil // where it goes is not known
			case !carried:
				b.remark("VirtualService of "+a.key, "sends traffic to the subset "+name+", which no workload that was read carries")
			}
		}
		if a.only != nil && !slices.ContainsFunc(a.workloads, b.routed) {
			a.only = nil
		}
	}
}

// named resolves a host of Istio's or Gateway API configuration.
func (b *builder) named(host, ns, who string) (target, bool) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" || strings.HasPrefix(host, "*") {
		return target{}, false
	}
	return b.resolve(mention{host: host, scheme: true, said: true}, ns, who)
}

// mesh follows a VirtualService between applications: who calls its host is
// served by its destinations.
func (b *builder) mesh(key string, v object[virtualServiceSpec]) {
	who := "VirtualService " + key
	for _, h := range v.spec.Hosts {
		from, ok := b.named(h, v.Namespace, who)
		if !ok || from.app == nil {
			continue
		}
		a := from.app
		only, all := map[string]bool{}, false
		for _, rt := range slices.Concat(v.spec.HTTP, v.spec.TLS, v.spec.TCP) {
			for _, d := range ways(rt) {
				d.By = "VirtualService/" + v.Name
				a.routes = append(a.routes, d)
				t, ok := b.named(d.To, v.Namespace, who)
				switch {
				case !ok:
				case t.app == a && !d.Mirror && d.Subset == "":
					all = true
				case t.app == a && !d.Mirror:
					only[d.Subset] = true
				case t.app != a:
					c := call{to: t, kind: cmdb.DependsOn}
					if d.Mirror {
						c = call{to: t, kind: cmdb.Calls, strength: cmdb.Soft}
					} else if d.Match || d.Weight > 0 && d.Weight < 100 {
						c.strength = cmdb.Soft
					}
					if old, there := a.calls[t.id()]; !there || old.strength == cmdb.Soft {
						a.calls[t.id()] = c
					}
				}
			}
		}
		if !all && len(only) > 0 {
			a.only = only
		}
	}
}

// ways lists the destinations of one rule.
func ways(rt istioRoute) []route {
	var out []route
	fault := faultText(rt)
	for _, w := range rt.Route {
		r := route{To: w.Destination.Host, Subset: w.Destination.Subset, Match: len(rt.Match) > 0, Fault: fault}
		if len(rt.Route) > 1 {
			r.Weight = w.Weight
		}
		out = append(out, r)
	}
	mirrors := rt.Mirrors
	if rt.Mirror != nil {
		out = append(out, route{To: rt.Mirror.Host, Subset: rt.Mirror.Subset, Mirror: true})
	}
	for _, m := range mirrors {
		out = append(out, route{To: m.Destination.Host, Subset: m.Destination.Subset, Mirror: true})
	}
	return out
}

func faultText(rt istioRoute) string {
	if rt.Fault == nil {
		return ""
	}
	share := func(p percentage) string {
		if p.Value == nil {
			return "100"
		}
		return fmt.Sprint(*p.Value)
	}
	var out []string
	if d := rt.Fault.Delay; d != nil {
		out = append(out, "delay "+d.FixedDelay+" in "+share(d.Percentage)+" %")
	}
	if a := rt.Fault.Abort; a != nil {
		status := a.GRPCStatus
		if a.HTTPStatus != 0 {
			status = fmt.Sprint(a.HTTPStatus)
		}
		out = append(out, "abort "+status+" in "+share(a.Percentage)+" %")
	}
	return strings.Join(out, ", ")
}
