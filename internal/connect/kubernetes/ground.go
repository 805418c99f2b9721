package kubernetes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

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
			Attributes:  attrs{}.set("dns_names", ct.spec.DNSNames).set("secret_name", ct.spec.SecretName).set("issuer", ct.spec.IssuerRef.Name).set("not_after", ct.spec.status.NotAfter)})
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
