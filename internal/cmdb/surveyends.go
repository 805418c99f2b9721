package cmdb

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ends refuses ends by a key that no item of the source has, and counts those
// by identifiers that nobody bears.
func (v *survey) ends(q db.Querier, links []link) error {
	var keys []string
	var ids []Identifier
	for _, l := range links {
		for _, end := range []string{l.from, l.to} {
			if key, ok := holdsKey(end); ok {
				if !has(v.in.keys, v.in.key(key)) {
					keys = append(keys, key)
				}
			} else if e := parseEnd(end); !has(v.in.ids, v.in.identifier(Identifier{e.Scheme, e.Value})) {
				ids = append(ids, Identifier{e.Scheme, e.Value})
			}
		}
	}
	known, err := obsByKey(q, v.origin.id, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if known[key] == nil {
			return errs.BadField("relation", key, "no item of the run has this key; send the item too, or name the end by a scheme and a value")
		}
	}
	if len(ids) == 0 {
		return nil
	}
	who, err := bearers(q, ids)
	if err != nil {
		return err
	}
	for _, l := range links {
		for _, end := range []string{l.from, l.to} {
			e := parseEnd(end)
			id := Identifier{e.Scheme, e.Value}
			if e.Key == "" && !has(v.in.ids, v.in.identifier(id)) && meant(e, who[id]) == 0 {
				v.run.Counts.Dangling++
				keep(&v.run.Diff.Dangling, RelationChange{From: l.from, Kind: RelationKinds[l.kind], To: l.to})
				break
			}
		}
	}
	return nil
}
