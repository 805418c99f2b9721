package kubernetes

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// maxList is how many entries of a list an attribute shows, and how many
// Services' names identify one application: an item has a limited size.
const maxList = 60

// attrs are an item's attributes; empty values are left out.
type attrs map[string]json.RawMessage

func (a attrs) set(name string, v any) attrs {
	switch x := v.(type) {
	case string:
		if x == "" {
			return a
		}
	case []string:
		if len(x) == 0 {
			return a
		}
		if len(x) > maxList {
			v = append(slices.Clone(x[:maxList]), fmt.Sprintf("and %d more", len(x)-maxList))
		}
	case []route:
		if len(x) == 0 {
			return a
		}
		if len(x) > maxList {
			v = append(slices.Clone(x[:maxList]), route{By: fmt.Sprintf("and %d more", len(x)-maxList)})
		}
	case json.RawMessage:
		if len(x) == 0 {
			return a
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return a // a raw value that is no JSON: a quantity nobody can read
	}
	a[name] = raw
	return a
}

// ground emits what everything stands on: cluster, namespaces, zones, hosts,
// storage, certificates, outside systems.
func (b *builder) ground() {
	c := b.Collector
	cluster := ""
	if c.opt.Cluster != "" {
		cluster = "Cluster"
		b.item(cmdb.Seen{Key: cluster, Kind: cmdb.KindCluster, Name: c.opt.Cluster, Env: c.opt.Env, Team: c.opt.Team,
			Identifiers: []cmdb.Identifier{c.k8s("", "Cluster", c.opt.Cluster)}, Attributes: attrs{}.set("platform", "kubernetes")})
	}
	in := map[string]bool{}
	for ns := range c.namespaces {
		in[ns] = true
	}
	for _, a := range b.apps {
		if !a.reference || len(a.services) > 0 {
			in[a.ns] = true
		}
	}
	for _, cl := range c.claims {
		in[cl.Namespace] = true
	}
	for _, ns := range sorted(in) {
		m := c.namespaces[ns]
		m.Name = ns
		m.Namespace = ""
		b.item(cmdb.Seen{Key: "Namespace/" + ns, Kind: cmdb.KindNamespace, Name: ns, Env: c.env(m), Team: c.team(m), Identifiers: c.identify(m, "Namespace")})
		if cluster != "" {
			b.relate(cmdb.SeenRelation{From: cmdb.ByKey("Namespace/" + ns), To: cmdb.ByKey(cluster), Kind: cmdb.RunsOn})
		}
	}
	b.machines(cluster)
	b.storage()
	for _, key := range sorted(c.certificates) {
		ct := c.certificates[key]
		b.item(cmdb.Seen{Key: certificateKey(ct.meta), Kind: cmdb.KindCertificate, Name: ct.Name, Env: c.env(ct.meta, c.namespaces[ct.Namespace]), Team: c.team(ct.meta, c.namespaces[ct.Namespace]),
			Identifiers: c.identify(ct.meta, "Certificate"),
			Attributes:  attrs{}.set("dns_names", ct.spec.DNSNames).set("secret_name", ct.spec.SecretName).set("issuer", ct.spec.IssuerRef.Name)})
	}
	for _, h := range sorted(b.externals) {
		e := b.externals[h]
		s := cmdb.Seen{Key: externalKey(h), Kind: cmdb.KindExternal, Name: h, Attributes: attrs{}.set("entry", "ServiceEntry "+e.Namespace+"/"+e.Name).set("ports", ports(e.spec))}
		if !strings.HasPrefix(h, "*") {
			s.Identifiers = []cmdb.Identifier{{Scheme: cmdb.SchemeDNS, Value: h}}
		}
		b.item(s)
	}
}

func ports(s serviceEntrySpec) []string {
	var out []string
	for _, p := range s.Ports {
		out = append(out, fmt.Sprintf("%d/%s", p.Number, p.Protocol))
	}
	return out
}

func certificateKey(m meta) string { return m.Namespace + "/Certificate/" + m.Name }

const (
	labelZone     = "topology.kubernetes.io/zone"
	labelRegion   = "topology.kubernetes.io/region"
	labelInstance = "node.kubernetes.io/instance-type"
)

// schemePlace names zones as the sources aws and gcp do; clouds are their names
// by the scheme of providerID. Azure's zones are numbers within a region and
// mean nothing there.
const schemePlace = "cloud.place"

var clouds = map[string]string{"aws": "aws", "gce": "gcp"}

// machines emits nodes and the zones they stand in. A cluster works while one
// of its nodes does; a node needs its zone.
func (b *builder) machines(cluster string) {
	zones := map[string]string{} // → cloud
	for _, name := range sorted(b.nodes) {
		n := b.nodes[name]
		if z := n.Labels[labelZone]; z != "" {
			cloud, _, _ := strings.Cut(n.object.Spec.ProviderID, "://")
			zones[z] = or(zones[z], clouds[cloud])
		}
	}
	for _, z := range sorted(zones) {
		s := cmdb.Seen{Key: "Zone/" + z, Kind: cmdb.KindLocation, Name: z, Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeName, Value: z}}}
		if cloud := zones[z]; cloud != "" {
			s.Identifiers = []cmdb.Identifier{{Scheme: schemePlace, Value: cloud + "/" + z}}
		}
		b.item(s)
	}
	for _, name := range sorted(b.nodes) {
		n := b.nodes[name]
		m := n.meta
		m.Namespace = ""
		ids := b.identify(m, "Node")
		if id, ok := provider(n.object.Spec.ProviderID); ok {
			ids = append(ids, id)
		}
		a := attrs{}.set("instance_type", m.Labels[labelInstance]).set("zone", m.Labels[labelZone]).set("region", m.Labels[labelRegion])
		for _, ad := range n.object.Status.Addresses {
			switch ad.Type {
			case "InternalDNS", "ExternalDNS":
				if v := strings.TrimSuffix(strings.ToLower(ad.Address), "."); strings.Contains(v, ".") {
					ids = append(ids, cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: v})
				}
			case "InternalIP":
				a.set("internal_ip", ad.Address)
			}
		}
		ids = distinct(ids)
		info := n.object.Status.NodeInfo
		a.set("os", info.OSImage).set("architecture", info.Architecture).set("kubelet", info.KubeletVersion).
			set("cpu", n.object.Status.Capacity["cpu"]).set("memory", n.object.Status.Capacity["memory"])
		b.item(cmdb.Seen{Key: "Node/" + name, Kind: cmdb.KindHost, Name: name, Env: b.env(m), Team: b.team(m), Identifiers: ids, Attributes: a})
		if cluster != "" {
			b.relate(cmdb.SeenRelation{From: cmdb.ByKey("Node/" + name), To: cmdb.ByKey(cluster), Kind: cmdb.PartOf, Group: "nodes", Need: 1})
		}
		if z := m.Labels[labelZone]; z != "" {
			b.relate(cmdb.SeenRelation{From: cmdb.ByKey("Node/" + name), To: cmdb.ByKey("Zone/" + z), Kind: cmdb.RunsOn})
		}
	}
}

func distinct(ids []cmdb.Identifier) []cmdb.Identifier {
	var out []cmdb.Identifier
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// ordinals is how far the numbers of a StatefulSet's claims are looked for:
// those of replicas that went stay.
func (b *builder) ordinals(w *workload) int {
	n := 20
	if w.replicas != nil {
		n += *w.replicas
	}
	return min(n, 10_000)
}

func claimKey(ns, name string) string { return ns + "/PersistentVolumeClaim/" + name }

// storage emits claims; a StatefulSet's template stands for its claims where
// they are not known.
func (b *builder) storage() {
	for _, key := range sorted(b.workloads) {
		w := b.workloads[key]
		for _, v := range w.volumes {
			prefix, found := v+"-"+w.Name+"-", false
			for i := range b.ordinals(w) {
				if cl, ok := b.claims[w.Namespace+"/"+prefix+strconv.Itoa(i)]; ok {
					found = true
					b.relate(cmdb.SeenRelation{From: cmdb.ByKey(key), To: cmdb.ByKey(claimKey(cl.Namespace, cl.Name)), Kind: cmdb.StoresIn, Group: "volume/" + v, Need: 1})
				}
			}
			if !found {
				m := meta{Name: v + "-" + w.Name, Namespace: w.Namespace, Labels: w.Labels, Annotations: w.Annotations}
				b.claims[m.Namespace+"/"+m.Name] = claim{meta: m, template: true}
				b.relate(cmdb.SeenRelation{From: cmdb.ByKey(key), To: cmdb.ByKey(claimKey(m.Namespace, m.Name)), Kind: cmdb.StoresIn})
			}
		}
		for _, name := range w.facts.claims {
			if _, ok := b.claims[w.Namespace+"/"+name]; !ok {
				b.remark(w.kind+" "+w.Namespace+"/"+w.Name, "uses the claim "+name+", which was not read")
				continue
			}
			b.relate(cmdb.SeenRelation{From: cmdb.ByKey(key), To: cmdb.ByKey(claimKey(w.Namespace, name)), Kind: cmdb.StoresIn})
		}
	}
	for _, k := range sorted(b.claims) {
		cl := b.claims[k]
		ids := b.identify(cl.meta, "PersistentVolumeClaim")
		if pv, ok := b.volumes[cl.spec.VolumeName]; ok && pv.CSI != nil && pv.CSI.Driver == "ebs.csi.aws.com" {
			ids = append(ids, cmdb.Identifier{Scheme: cmdb.SchemeProviderID, Value: "aws:" + pv.CSI.VolumeHandle})
		}
		a := attrs{}.set("class", cl.spec.StorageClassName).set("volume", cl.spec.VolumeName).set("access", cl.spec.AccessModes).set("size", cl.spec.Resources.Requests["storage"])
		if cl.template {
			a.set("template", true)
		}
		b.item(cmdb.Seen{Key: claimKey(cl.Namespace, cl.Name), Kind: cmdb.KindStorage, Name: cl.Name, Env: b.env(cl.meta, b.namespaces[cl.Namespace]),
			Team: b.team(cl.meta, b.namespaces[cl.Namespace]), Identifiers: ids, Attributes: a})
	}
}

// forms emits the deployments.
func (b *builder) forms() {
	for _, key := range sorted(b.workloads) {
		w := b.workloads[key]
		ns := b.namespaces[w.Namespace]
		a := attrs{}.set("workload", w.kind).set("images", w.facts.images).set("schedule", w.schedule).set("version", first([]string{"app.kubernetes.io/version", "version"}, w.meta, w.pod))
		if w.replicas != nil {
			a.set("replicas", *w.replicas)
		}
		b.item(cmdb.Seen{Key: key, Kind: cmdb.KindDeployment, Name: w.Name, Env: b.env(w.meta, w.pod, ns), Team: b.team(w.meta, w.pod, ns), Identifiers: b.identify(w.meta, w.kind), Attributes: a})
		b.relate(cmdb.SeenRelation{From: cmdb.ByKey(key), To: cmdb.ByKey("Namespace/" + w.Namespace), Kind: cmdb.RunsOn})
		for _, h := range sorted(w.hosts) {
			b.relate(cmdb.SeenRelation{From: cmdb.ByKey(key), To: cmdb.ByKey("Node/" + h), Kind: cmdb.RunsOn, Group: "hosts", Need: 1})
		}
		b.partOf(w)
	}
}

// partOf ties a workload to its application. Several behind one Service carry
// it together, one is enough; those that no route leads to are no loss. Jobs
// come and go: a missing one does not stop the application.
func (b *builder) partOf(w *workload) {
	r := cmdb.SeenRelation{From: cmdb.ByKey(w.key()), To: cmdb.ByKey(w.app.key), Kind: cmdb.PartOf}
	if w.kind == "Job" || w.kind == "CronJob" {
		r.Strength = cmdb.Soft
		b.relate(r)
		return
	}
	best := 1
	for _, s := range w.app.services {
		n := 0
		for _, o := range w.app.workloads {
			if selects(s.spec.Selector, o.pod.Labels) {
				n++
			}
		}
		if n > best && selects(s.spec.Selector, w.pod.Labels) {
			best, r.Group, r.Need = n, "Service/"+s.Name, 1
		}
	}
	if r.Group != "" && w.app.only != nil && !b.routed(w) {
		r.Strength, r.Group = cmdb.Soft, "unrouted"
	}
	b.relate(r)
}

// routed is whether one of the subsets that get traffic holds the workload.
func (b *builder) routed(w *workload) bool {
	for name := range w.app.only {
		if sel, ok := w.app.subsets[name]; ok && (len(sel) == 0 || selects(sel, w.pod.Labels)) {
			return true
		}
	}
	return false
}

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
