package gcp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// tie is a relation to be; its ends are full resource names, or keys.
type tie struct {
	from, to string
	kind     cmdb.RelationKind
	group    string
}

// relation gives a relationship type its meaning: "COMPUTE_INSTANCE_USE_DISK",
// "INSTANCE_TO_INSTANCEGROUP"
// (https://cloud.google.com/asset-inventory/docs/relationship-types).
func relation(from, kind, to string) tie {
	t := tie{from: from, to: to, kind: cmdb.ConnectsTo}
	switch k := strings.ToUpper(kind); {
	case strings.HasSuffix(k, "DISK"):
		t.kind = cmdb.StoresIn
	case strings.HasSuffix(k, "NETWORK"), strings.HasSuffix(k, "SUBNETWORK"), strings.HasSuffix(k, "CLUSTER"), strings.HasSuffix(k, "NODEPOOL"):
		t.kind = cmdb.RunsOn
	case strings.HasSuffix(k, "INSTANCEGROUP"):
		t.kind, t.group = cmdb.PartOf, "instances"
	case strings.HasSuffix(k, "BACKEND"), strings.HasSuffix(k, "BACKEND_SERVICE"), strings.HasSuffix(k, "URLMAP"), strings.HasSuffix(k, "TARGET"), strings.HasSuffix(k, "SERVICEACCOUNT"), strings.HasSuffix(k, "CRYPTOKEY"):
		t.kind = cmdb.DependsOn
	}
	return t
}

// schemePlace names zones and regions, as the source kubernetes does for the
// machines of its nodes.
const schemePlace = "cloud.place"

// finish emits zones and regions, then all relations.
func (b *reader) finish() error {
	for _, p := range slices.Sorted(maps.Keys(b.places)) {
		kind := "zone"
		if b.places[p] == "" {
			kind = "region"
		}
		raw, _ := json.Marshal(kind) // text always has a JSON form
		s := cmdb.Seen{Key: "place/" + p, Kind: cmdb.KindLocation, Name: p, Identifiers: []cmdb.Identifier{{Scheme: schemePlace, Value: "gcp/" + p}}, Attributes: map[string]json.RawMessage{"type": raw}}
		if err := b.emit(cmdb.Record{Item: &s}); err != nil {
			return err
		}
		if region := b.places[p]; region != "" {
			b.pending = append(b.pending, tie{from: "place/" + p, to: "place/" + region, kind: cmdb.RunsOn})
		}
	}
	for _, t := range b.pending {
		k := fmt.Sprint(t)
		if t.to == "" || t.from == t.to || b.ends[k] {
			continue
		}
		b.ends[k] = true
		r := cmdb.SeenRelation{From: b.end(t.from), To: b.end(t.to), Kind: t.kind, Group: t.group, Provenance: cmdb.Declared}
		if t.group != "" {
			r.Need = 1
		}
		if err := b.emit(cmdb.Record{Relation: &r}); err != nil {
			return err
		}
	}
	return nil
}

// end is a resource of this export, or one that another export may know.
func (b *reader) end(name string) cmdb.End {
	if b.keys[name] || strings.HasPrefix(name, "place/") {
		return cmdb.ByKey(name)
	}
	return cmdb.By(cmdb.SchemeGCP, name, "")
}
