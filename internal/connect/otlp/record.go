package otlp

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// relation says what an edge is: applications call applications, caches and
// outside systems, store in databases and depend, softly, on queues: a queue
// that stands still delays both ends and stops neither.
func relation(from, to *node, f cmdb.Flow) cmdb.Record {
	r := &cmdb.SeenRelation{From: cmdb.ByKey(from.key), To: cmdb.ByKey(to.key), Kind: cmdb.Calls, Provenance: cmdb.Observed, Flow: f}
	switch to.kind {
	case cmdb.KindQueue:
		r.Kind, r.Strength = cmdb.DependsOn, cmdb.Soft
	case cmdb.KindDatabase:
		r.Kind = cmdb.StoresIn
	}
	return cmdb.Record{Relation: r}
}

// records are the node's item and, of an application, the workloads it runs in.
func (n *node) records() []cmdb.Record {
	item := &cmdb.Seen{Key: n.key, Kind: n.kind, Name: n.name, Env: n.env, Identifiers: n.ids}
	if len(n.attributes) > 0 {
		item.Attributes = make(map[string]json.RawMessage, len(n.attributes))
		for k, v := range n.attributes {
			item.Attributes[k], _ = json.Marshal(v) // text always can be
		}
	}
	out := []cmdb.Record{{Item: item}}
	for _, path := range slices.Sorted(maps.Keys(n.deployments)) {
		d := n.deployments[path]
		key := "deployment/" + path
		out = append(out, cmdb.Record{Item: &cmdb.Seen{Key: key, Kind: cmdb.KindDeployment, Name: d.name, Env: n.env,
			Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeK8s, Value: path}}}})
		r := &cmdb.SeenRelation{From: cmdb.ByKey(key), To: cmdb.ByKey(n.key), Kind: cmdb.PartOf, Provenance: cmdb.Observed}
		if len(n.deployments) > 1 { // one of several is enough, as far as anybody can see from outside
			r.Group, r.Need = "deployments of "+n.name, 1
		}
		out = append(out, cmdb.Record{Relation: r})
	}
	return out
}
