package cmdb

import (
	"maps"
	"slices"
	"strings"

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
