package cmdb

import (
	"maps"
	"slices"
)

// takeFacts ties new facts to items, new ones where nothing known fits, and
// keeps the observations. It returns the item of each key of the batch.
func (w *work) takeFacts(b *batch, list []factNews) (map[string]int64, error) {
	mine := make(map[string]int64, len(list))
	if len(list) == 0 {
		return mine, nil
	}
	ties, err := w.tie(list)
	if err != nil {
		return nil, err
	}
	var fresh int
	changing := map[int64]bool{}
	touched := map[int64]bool{}
	for i, n := range list {
		mine[n.fact.key] = ties[i]
		touched[ties[i]] = true
		if n.old == nil {
			fresh++
		} else {
			changing[n.old.id] = true
		}
	}
	if err := w.load(slices.Sorted(maps.Keys(touched)), changing); err != nil {
		return nil, err
	}
	ids, err := w.tx.NextIDs(idObservation, fresh)
	if err != nil {
		return nil, err
	}
	var inserts, updates []*obs
	for i, n := range list {
		o := &obs{origin: w.origin.id, source: w.origin.source, scope: w.origin.scope, key: n.fact.key, item: ties[i], body: string(n.fact.body()), digest: n.fact.digest,
			run: b.run, first: b.at, last: b.at, complete: w.origin.complete}
		if n.old != nil {
			o.id, o.first, o.pinned = n.old.id, n.old.first, n.old.pinned
			updates = append(updates, o)
		} else {
			o.id, ids = ids[0], ids[1:]
			inserts = append(inserts, o)
			w.gained["key:"+o.key] = true
		}
		x := &said{id: o.id, origin: o.origin, source: o.source, scope: o.scope, fact: *n.fact, seen: b.at, first: o.first}
		w.said[o.item] = append(w.said[o.item], x)
	}
	for id, list := range w.said {
		if len(list) < 2 || !touched[id] {
			continue
		}
		for _, x := range list { // what was just said meets others: its attributes are weighed one by one
			if x.values == nil && x.fact.attributes != "{}" {
				if x.values, err = parseAttributes(x.fact.attributes); err != nil {
					return nil, err
				}
			}
		}
	}
	if err := insertObs(w.tx, inserts); err != nil {
		return nil, err
	}
	return mine, updateObs(w.tx, updates)
}
