package kubernetes

import (
	"slices"
	"strings"
)

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
