package cmdb

import (
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// takeLinks keeps what an origin newly says of relations and works them out.
// mine are items of keys that are known already.
func (w *work) takeLinks(o *origin, b *batch, list []linkNews, mine map[string]int64) error {
	if len(list) == 0 {
		return nil
	}
	ends := make([]string, 0, 2*len(list))
	fresh := 0
	for _, n := range list {
		ends = append(ends, n.link.from, n.link.to)
		if n.old == nil {
			fresh++
		}
	}
	items, err := w.ends(o, ends, mine, b.keys)
	if err != nil {
		return err
	}
	ids, err := w.tx.NextIDs(idSighting, fresh)
	if err != nil {
		return err
	}
	all := make([]*tied, len(list))
	for i, n := range list {
		l := n.link
		for _, end := range []string{l.from, l.to} {
			if key, ok := strings.CutPrefix(end, "key:"); ok && items[end] == 0 {
				return errs.BadField("relation", key, "no record of this source and scope has this key; send the item too, or name the end by a scheme and a value")
			}
		}
		s := &sighting{origin: o.id, source: o.source, from: l.from, to: l.to, kind: l.kind, strength: l.strength, group: l.group, need: l.need, provenance: l.provenance,
			flow: flowText(l.flow), run: b.run, first: b.at, last: b.at, complete: o.complete}
		t := &tied{sighting: s, from: items[l.from], to: items[l.to]}
		if n.old != nil {
			s.id, s.first, t.before = n.old.id, n.old.first, n.old.relation
		} else {
			s.id, ids = ids[0], ids[1:]
			t.made = true
		}
		all[i] = t
	}
	return w.bind(all)
}

// tied is a sighting with the items of its ends; 0 where nobody knows one.
type tied struct {
	*sighting
	from, to int64
	before   int64 // the relation it belonged to
	made     bool  // it is not stored yet
}

// ends finds the items that ends name: keys of the origin, identifiers of any.
func (w *work) ends(o *origin, texts []string, mine map[string]int64, remembered *keyMemory) (map[string]int64, error) {
	out := make(map[string]int64, len(texts))
	var keys []string
	var ids []Identifier
	for _, text := range texts {
		if _, ok := out[text]; ok {
			continue
		}
		out[text] = 0
		e := parseEnd(text)
		switch {
		case e.Key == "":
			ids = append(ids, Identifier{e.Scheme, e.Value})
		case mine[e.Key] > 0:
			out[text] = mine[e.Key]
		case remembered.item(e.Key) > 0:
			out[text] = remembered.item(e.Key)
		default:
			keys = append(keys, e.Key)
		}
	}
	known, err := obsByKey(w.tx, o.id, keys)
	if err != nil {
		return nil, err
	}
	for key, x := range known {
		out["key:"+key] = x.item
	}
	who, err := bearers(w.tx, ids)
	if err != nil {
		return nil, err
	}
	called := map[string][]string{} // plain names by kind
	for text := range out {
		if e := parseEnd(text); e.Key == "" {
			out[text] = meant(e, who[Identifier{e.Scheme, e.Value}])
			if out[text] == 0 && e.Scheme == SchemeName && e.Kind != "" {
				called[e.Kind] = append(called[e.Kind], word(e.Value))
			}
		}
	}
	return out, w.byName(called, out)
}

// byName finds ends that are a plain name and a kind, when exactly one item
// that is still seen has both.
func (w *work) byName(called map[string][]string, out map[string]int64) error {
	for kind, words := range called {
		same, err := namesakes(w.tx, kind, words)
		if err != nil {
			return err
		}
		for text := range out {
			e := parseEnd(text)
			if out[text] != 0 || e.Scheme != SchemeName || e.Kind != kind {
				continue
			}
			alive := slices.DeleteFunc(slices.Clone(same[word(e.Value)]), func(b bearer) bool { return b.state == Retired })
			if len(alive) == 1 {
				out[text] = alive[0].item
			}
		}
	}
	return nil
}

// naming are the kinds that a scheme names where several bear the identifier.
var naming = map[string]string{SchemeServiceName: KindApplication, SchemeService: KindService, SchemeTeam: KindTeam, SchemeRepository: KindRepository, SchemeDatabase: KindDatabase, SchemeQueue: KindQueue}

// meant is which bearer of an identifier an end means: one that is still seen
// before others, of the kind that the scheme names, the oldest; 0 for none.
func meant(e End, list []bearer) int64 {
	best, score := int64(0), 0
	for _, b := range list { // oldest first
		if e.Kind != "" && !compatible(b.kind, e.Kind) {
			continue
		}
		n := 1
		if b.kind == e.Kind || e.Kind == "" && b.kind == naming[e.Scheme] {
			n += 2
		}
		if b.state != Retired {
			n += 4
		}
		if n > score {
			best, score = b.item, n
		}
	}
	return best
}

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

// tieNames makes each application part of the service whose word its
// service.name is, in whichever order they appear, and takes that back when a
// name goes.
func (w *work) tieNames() error {
	if len(w.named) == 0 {
		return nil
	}
	values := slices.Sorted(maps.Keys(w.named))
	var ask []Identifier
	for _, v := range values {
		ask = append(ask, Identifier{SchemeServiceName, v}, Identifier{SchemeService, v})
	}
	who, err := bearers(w.tx, ask)
	if err != nil {
		return err
	}
	bears := func(scheme, v, kind string) bool {
		return slices.ContainsFunc(who[Identifier{scheme, v}], func(b bearer) bool { return b.kind == kind })
	}
	var links []link
	var gone []link
	for _, v := range values {
		l := link{from: By(SchemeServiceName, v, KindApplication).text(), to: By(SchemeService, v, KindService).text(), kind: uint8(slices.Index(RelationKinds, PartOf)),
			strength: Hard, provenance: Inferred}
		if bears(SchemeServiceName, v, KindApplication) && bears(SchemeService, v, KindService) {
			links = append(links, l)
		} else {
			gone = append(gone, l)
		}
	}
	o, err := ensureOrigin(w.tx, SourceRule, "names", "")
	if err != nil {
		return err
	}
	if err := w.takeBack(&o, gone); err != nil || len(links) == 0 {
		return err
	}
	b := batch{links: links, run: w.run, at: w.now, quiet: true}
	known, err := sightingsByKey(w.tx, &o, links)
	if err != nil {
		return err
	}
	var list []linkNews
	for i := range links {
		list = append(list, linkNews{&links[i], known[sightingKey{links[i].from, links[i].to, links[i].kind}]})
	}
	return w.takeLinks(&o, &b, list, nil)
}

// takeBack removes what an origin said of relations.
func (w *work) takeBack(o *origin, links []link) error {
	if len(links) == 0 {
		return nil
	}
	known, err := sightingsByKey(w.tx, o, links)
	if err != nil {
		return err
	}
	return w.removeSightings(slices.Collect(maps.Values(known)))
}

// removeSightings forgets sightings and works the relations out without them.
func (w *work) removeSightings(list []*sighting) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]int64, len(list))
	mine := map[int64]bool{}
	var left []int64
	for i, s := range list {
		ids[i], mine[s.id] = s.id, true
		if s.relation > 0 {
			left = append(left, s.relation)
		}
	}
	slices.Sort(ids)
	if err := deleteSightings(w.tx, ids); err != nil {
		return err
	}
	return w.rejoin(map[int64]*bond{}, nil, map[int64][]*sighting{}, mine, left)
}

// joinDangling ties relations that waited for what means something now.
func (w *work) joinDangling() error {
	if len(w.gained) == 0 {
		return nil
	}
	any, err := anyDangling(w.tx)
	if err != nil || !any {
		return err
	}
	list, err := danglingAt(w.tx, slices.Sorted(maps.Keys(w.gained)))
	if err != nil {
		return err
	}
	return w.retie(list)
}

// retie looks the ends of stored sightings up anew.
func (w *work) retie(list []*sighting) error {
	origins := map[int64][]*sighting{}
	for _, s := range list {
		origins[s.origin] = append(origins[s.origin], s)
	}
	var all []*tied
	for _, id := range slices.Sorted(maps.Keys(origins)) {
		var texts []string
		for _, s := range origins[id] {
			texts = append(texts, s.from, s.to)
		}
		items, err := w.ends(&origin{id: id}, texts, nil, nil)
		if err != nil {
			return err
		}
		for _, s := range origins[id] {
			t := &tied{sighting: s, from: items[s.from], to: items[s.to], before: s.relation}
			if s.relation == 0 && (t.from == 0 || t.to == 0) {
				continue // it still waits
			}
			all = append(all, t)
		}
	}
	return w.bind(all)
}
