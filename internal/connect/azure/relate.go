package azure

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// parent is the resource that a nested one belongs to: a database's server.
func parent(id string) string {
	i := strings.LastIndex(id, "/providers/")
	if i < 0 {
		return ""
	}
	p := strings.Split(id[i+1:], "/") // providers, namespace, type, name, type, name
	if len(p) < 6 || len(p)%2 != 0 {
		return ""
	}
	return id[:i+1] + strings.Join(p[:len(p)-2], "/")
}

// schemePlace names zones and regions, as the source kubernetes does for the
// machines of its nodes.
const schemePlace = "cloud.place"

// finish emits locations, then all relations.
func (b *reader) finish() error {
	for _, p := range slices.Sorted(maps.Keys(b.places)) {
		s := cmdb.Seen{Key: "place/" + p, Kind: cmdb.KindLocation, Name: p, Identifiers: []cmdb.Identifier{{Scheme: schemePlace, Value: "azure/" + p}}, Attributes: map[string]json.RawMessage{"type": json.RawMessage(`"region"`)}}
		if err := b.emit(cmdb.Record{Item: &s}); err != nil {
			return err
		}
	}
	for _, t := range b.pending {
		r := cmdb.SeenRelation{From: b.end(t.from), To: b.end(t.to), Kind: t.kind, Group: t.group, Provenance: cmdb.Declared}
		k := fmt.Sprint(r.From, r.To, r.Kind)
		if r.From == r.To || b.ends[k] {
			continue
		}
		b.ends[k] = true
		if t.group != "" {
			r.Need = 1
		}
		if err := b.emit(cmdb.Record{Relation: &r}); err != nil {
			return err
		}
	}
	return nil
}

// end is a resource of this export, the nearest one around it that is (a
// subnet's network), or one that another export may know.
func (b *reader) end(id string) cmdb.End {
	if strings.HasPrefix(id, "place/") {
		return cmdb.ByKey(id)
	}
	for at := id; at != ""; at = parent(at) {
		if b.keys[at] {
			return cmdb.ByKey(at)
		}
	}
	return cmdb.By(cmdb.SchemeAzure, id, "")
}
