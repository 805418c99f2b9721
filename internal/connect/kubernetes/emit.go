package kubernetes

import (
	"encoding/json"
	"fmt"
	"slices"

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
