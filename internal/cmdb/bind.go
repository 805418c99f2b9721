package cmdb

import (
	"maps"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// bind ties sightings to relations and works all that are touched out.
func (w *work) bind(list []*tied) error {
	pairs := make([]pair, 0, len(list))
	for _, t := range list {
		if t.from > 0 && t.to > 0 && t.from != t.to {
			pairs = append(pairs, pair{t.from, t.to, t.kind})
		}
	}
	known, err := bondsOfPairs(w.tx, pairs)
	if err != nil {
		return err
	}
	var need []pair
	for _, p := range pairs {
		if known[p] == nil {
			known[p] = &bond{from: p.from, to: p.to, kind: p.kind, state: Retired}
			need = append(need, p)
		}
	}
	ids, err := w.tx.NextIDs(idRelation, len(need))
	if err != nil {
		return err
	}
	made := make(map[int64]bool, len(need))
	for i, p := range need {
		known[p].id = ids[i]
		made[ids[i]] = true
	}
	bonds := make(map[int64]*bond, len(known))
	for _, b := range known {
		bonds[b.id] = b
	}
	said := map[int64][]*sighting{}
	var inserts, updates []*sighting
	var left []int64
	mine := make(map[int64]bool, len(list))
	for _, t := range list {
		switch {
		case t.from == 0 || t.to == 0:
			t.relation = 0
			w.effect.Dangling++
		case t.from == t.to:
			t.relation = selfish
		default:
			t.relation = known[pair{t.from, t.to, t.kind}].id
			said[t.relation] = append(said[t.relation], t.sighting)
		}
		if t.before > 0 && t.before != t.relation {
			left = append(left, t.before)
		}
		mine[t.id] = true
		if t.made {
			inserts = append(inserts, t.sighting)
		} else {
			updates = append(updates, t.sighting)
		}
	}
	if err := insertSightings(w.tx, inserts); err != nil {
		return err
	}
	if err := updateSightings(w.tx, updates); err != nil {
		return err
	}
	return w.rejoin(bonds, made, said, mine, left)
}

// rejoin works relations out. said is what the transaction says of them, mine
// its sightings; left are relations that lost one.
func (w *work) rejoin(bonds map[int64]*bond, made map[int64]bool, said map[int64][]*sighting, mine map[int64]bool, left []int64) error {
	var need []int64
	for _, id := range left {
		if bonds[id] == nil {
			need = append(need, id)
		}
	}
	slices.Sort(need)
	more, err := bondsBy(w.tx, "id", slices.Compact(need))
	if err != nil {
		return err
	}
	for _, b := range more {
		bonds[b.id] = b
	}
	var old []int64
	for id := range bonds {
		if !made[id] {
			old = append(old, id)
		}
	}
	slices.Sort(old)
	others, err := sightingsOf(w.tx, old)
	if err != nil {
		return err
	}
	for id, list := range others {
		for _, s := range list {
			if !mine[s.id] {
				said[id] = append(said[id], s)
			}
		}
	}
	return w.settleBonds(slices.Sorted(maps.Keys(bonds)), bonds, made, said)
}

// settleBonds works relations out from what is said of them and writes those
// that differ.
func (w *work) settleBonds(order []int64, bonds map[int64]*bond, made map[int64]bool, said map[int64][]*sighting) error {
	var inserts, updates, past []*bond
	for _, id := range order {
		old := bonds[id]
		next := join(w.rules, old, said[id], w.now)
		if made[id] {
			next.since, next.updated, next.revision = w.now, w.now, 1
			inserts = append(inserts, &next)
			w.effect.RelationsAdded++
			w.edge(&next, 0)
			continue
		}
		form := old.sameForm(&next)
		if form && old.state == next.state && old.flow == next.flow && old.next == next.next && next.last-old.last < lately {
			continue
		}
		if old.state != next.state || !form {
			next.updated = w.now
		}
		switch {
		case old.state == Present && next.state != Present:
			w.effect.RelationsStale++
		case old.state == Retired && next.state != Retired:
			w.effect.RelationsAdded++
		case !form:
			w.effect.RelationsChanged++
		}
		if !form {
			next.revision = old.revision + 1
			if old.state != Retired {
				past = append(past, old)
			}
			if next.state == Retired {
				gone := *old
				gone.revision = next.revision
				w.edge(&gone, w.now)
			} else {
				next.since = w.now
				w.edge(&next, 0)
			}
		}
		updates = append(updates, &next)
	}
	if err := insertBonds(w.tx, inserts); err != nil {
		return err
	}
	if err := insertPastBonds(w.tx, past, w.now); err != nil {
		return err
	}
	return updateBonds(w.tx, updates)
}

// edge notes a relation's form for the graphs; until 0: present.
func (w *work) edge(b *bond, until int64) {
	w.delta.Edges = append(w.delta.Edges, graph.Edge{ID: b.id, From: uint32(b.from), To: uint32(b.to), Kind: b.kind, Hard: b.hard, Group: w.delta.Group(b.groupKey()),
		Need: uint16(b.need), Provenance: uint8(b.provenance), Since: b.since / 1e6, Until: until / 1e6, Revision: b.revision})
}

// groupKey is the group as the graph knows it.
func (b *bond) groupKey() string { return b.group }
