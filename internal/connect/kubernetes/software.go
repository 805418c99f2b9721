package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// software emits the applications and what they call.
func (b *builder) software() {
	ids := map[string]int{} // Backstage ids → how many applications carry them
	for _, a := range b.apps {
		if id := a.first(annBackstage); id != "" {
			ids[id]++
		}
	}
	for _, key := range sorted(b.apps) {
		b.program(b.apps[key], ids)
	}
}

func (a *application) metas() []meta {
	var out []meta
	for _, w := range a.workloads {
		out = append(out, w.meta, w.pod)
	}
	for _, s := range a.services {
		out = append(out, s.meta)
	}
	if a.entry != nil {
		out = append(out, a.entry.meta)
	}
	return out
}

func (a *application) first(name string) string { return first([]string{name}, a.metas()...) }

func (b *builder) program(a *application, backstage map[string]int) {
	metas := append(a.metas(), b.namespaces[a.ns])
	s := cmdb.Seen{Key: a.key, Kind: cmdb.KindApplication, Name: a.name, Env: b.env(metas...), Team: b.team(metas...)}
	at := attrs{}
	var images []string
	for _, w := range a.workloads {
		images = append(images, w.facts.images...)
	}
	slices.Sort(images)
	images = slices.Compact(images)
	at.set("images", images)
	if len(images) == 1 {
		at.set("software", software(images[0]))
	}
	switch {
	case a.entry != nil:
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: a.name})
		at.set("known_by", "ServiceEntry "+a.entry.Namespace+"/"+a.entry.Name)
	case a.reference && len(a.services) == 0:
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeName, Value: a.name}, b.dns(a.name, a.ns))
		at.set("known_by", "reference")
	case a.reference: // what runs behind the Service is not known, so neither is how telemetry names it
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeName, Value: a.name})
		at.set("known_by", "Service")
	default:
		s.Identifiers = append(s.Identifiers, cmdb.Identifier{Scheme: cmdb.SchemeServiceName, Value: a.name})
	}
	var names []string
	for i, svc := range a.services {
		names = append(names, svc.Name)
		if i == maxList {
			b.remark("Application "+a.key, fmt.Sprintf("stands behind %d Services; it is known by the first %d", len(a.services), maxList))
		}
		if i >= maxList {
			continue
		}
		s.Identifiers = append(s.Identifiers, b.k8s(svc.Namespace, "Service", svc.Name), b.dns(svc.Name, svc.Namespace))
	}
	at.set("services", names)
	if id := a.first(annBackstage); id != "" {
		ident := cmdb.Identifier{Scheme: cmdb.SchemeBackstage, Value: "component:default/" + strings.ToLower(id)}
		if backstage[id] == 1 {
			s.Identifiers = append(s.Identifiers, ident)
		} else {
			b.relate(cmdb.SeenRelation{From: cmdb.ByKey(a.key), To: cmdb.By(ident.Scheme, ident.Value, ""), Kind: cmdb.PartOf})
		}
	}
	b.traffic(a, at)
	s.Attributes = at
	b.item(s)
	if svc := a.first(annService); svc != "" {
		b.relate(cmdb.SeenRelation{From: cmdb.ByKey(a.key), To: cmdb.By(cmdb.SchemeService, svc, cmdb.KindService), Kind: cmdb.PartOf})
	}
	for _, key := range sorted(a.needs) {
		b.relate(cmdb.SeenRelation{From: cmdb.ByKey(a.key), To: cmdb.ByKey(key), Kind: cmdb.DependsOn, Group: a.needs[key].name, Need: 1})
	}
	for _, id := range sorted(a.calls) {
		c := a.calls[id]
		b.relate(cmdb.SeenRelation{From: cmdb.ByKey(a.key), To: c.to.to(), Kind: c.kind, Strength: c.strength})
	}
}

// dns is the name by which a Service is reached inside its cluster.
func (b *builder) dns(svc, ns string) cmdb.Identifier {
	return cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: strings.ToLower(svc + "." + ns + ".svc.cluster.local")}
}
