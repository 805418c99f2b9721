package cmdb

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Observe is the one door through which facts enter inside a transaction: hand
// edits, reactions, traces. It keeps what the source says, finds the items,
// works them and their relations out anew, and notes the change for graphs and
// evidence. Records say nothing about absence. What was said before and is said
// again costs one look-up, and a row once an hour.
func (s *Service) Observe(tx *db.Tx, source, scope string, records []Record) (Effect, error) {
	b, err := prepare(tx, records)
	if err != nil {
		return Effect{}, errs.Wrap("cmdb.observe", err)
	}
	effect, err := s.observe(tx, source, scope, b)
	return effect, errs.Wrap("cmdb.observe", err)
}

// batch is what one transaction takes in.
type batch struct {
	facts []fact
	links []link
	run   int64
	// first: nothing of the origin was known when the run began, so that there
	// is nothing to look up.
	first bool
	// quiet: the run is complete, so that what it sees unchanged is not written;
	// see ci_origin.
	quiet bool
	// at is when it was seen, microseconds; 0: the transaction's time.
	at int64
	// digest is of all that the batch says, for the evidence; "": not worked out
	// yet.
	digest string
	// keys remembers items of keys from one part of a run to the next; nil: not.
	keys *keyMemory
}

// prepare checks records and gives them their form.
func prepare(q db.Querier, records []Record) (b batch, err error) {
	known := func(kind string) (bool, error) { return KnownKind(q, kind) }
	keys := map[string]bool{}
	links := map[sightingKey]bool{}
	for i, r := range records {
		at := fmt.Sprintf("records[%d].", i)
		switch {
		case (r.Item == nil) == (r.Relation == nil):
			return b, errs.BadField(at+"item", "", "give each record either an item or a relation")
		case r.Item != nil:
			f, err := prepareItem(at+"item.", r.Item, known)
			if err != nil {
				return b, err
			}
			violations, strict, err := CheckAttributes(q, f.kind, r.Item.Attributes)
			if err != nil {
				return b, err
			}
			if strict && len(violations) > 0 {
				return b, errs.BadField(at+"item."+violations[0].Place, violations[0].Value, violations[0].Remedy)
			}
			if keys[f.key] {
				return b, errs.BadField(at+"item.key", f.key, "an earlier record has this key already; give each item a key of its own")
			}
			keys[f.key] = true
			b.facts = append(b.facts, f)
		default:
			l, err := prepareLink(at+"relation.", r.Relation, Declared)
			if err != nil {
				return b, err
			}
			if k := (sightingKey{l.from, l.to, l.kind}); !links[k] {
				links[k] = true
				b.links = append(b.links, l)
			}
		}
	}
	return b, nil
}

// observe takes a batch in. It looks first whether anything is new, without
// the map's lock, unless the batch is of a run, where something usually is.
func (s *Service) observe(tx *db.Tx, source, scope string, b batch) (Effect, error) {
	o, err := ensureOrigin(tx, source, scope, "")
	if err != nil {
		return Effect{}, err
	}
	if b.at == 0 {
		b.at = moment(tx.Now)
	}
	rules, err := rulesIn(tx)
	if err != nil {
		return Effect{}, err
	}
	locked := b.run > 0
	for {
		if locked {
			if err := lockMap(tx); err != nil {
				return Effect{}, err
			}
		}
		n, err := s.compare(tx, rules, &o, &b)
		if err != nil {
			return Effect{}, err
		}
		if !n.any() {
			return Effect{Counts: Counts{Same: n.same}}, n.touch(tx, &b)
		}
		if locked || tx.Dialect().SQLite() {
			return s.take(tx, &o, &b, n)
		}
		locked = true // and look again: somebody may have been quicker
	}
}

// news is what in a batch was not said before.
type news struct {
	facts        []factNews
	links        []linkNews
	same         int
	seen, linked []int64 // observations and sightings that say the same, long enough ago to be noted
}

type factNews struct {
	fact *fact
	old  *obs // nil: nothing was said under the key
}

type linkNews struct {
	link *link
	old  *sighting
}

func (n *news) any() bool { return len(n.facts) > 0 || len(n.links) > 0 }

// touch notes that things were seen again.
func (n *news) touch(tx *db.Tx, b *batch) error {
	if len(n.seen) > 0 || len(n.linked) > 0 {
		tx.Unrecorded("when a source last said the same")
	}
	if err := touchObs(tx, n.seen, b.at); err != nil {
		return err
	}
	return touchSightings(tx, n.linked, b.at)
}

// compare tells what is new in a batch.
func (s *Service) compare(tx *db.Tx, rules *Rules, o *origin, b *batch) (*news, error) {
	n := &news{}
	keys := make([]string, len(b.facts))
	for i := range b.facts {
		keys[i] = b.facts[i].key
	}
	var known map[string]*obs
	var sightings map[sightingKey]*sighting
	var err error
	if !b.first {
		if known, err = obsByKey(tx, o.id, keys); err != nil {
			return nil, err
		}
		if sightings, err = sightingsByKey(tx, o, b.links); err != nil {
			return nil, err
		}
	}
	for i := range b.facts {
		f := &b.facts[i]
		old := known[f.key]
		switch {
		case old == nil || old.digest != f.digest || old.absent > 0 || rules.grown(max(old.last, o.complete), b.at):
			n.facts = append(n.facts, factNews{f, old})
		case !b.quiet && b.at-old.last >= lately:
			n.seen = append(n.seen, old.id)
			fallthrough
		default:
			n.same++
		}
	}
	for i := range b.links {
		l := &b.links[i]
		old := sightings[sightingKey{l.from, l.to, l.kind}]
		switch {
		case old == nil || old.gone(rules, b.at) > 0 || !old.says(l):
			n.links = append(n.links, linkNews{l, old})
		case !b.quiet && b.at-old.last >= lately:
			n.linked = append(n.linked, old.id)
			fallthrough
		default:
			n.same++
		}
	}
	return n, nil
}

// says reports whether the sighting holds what the link says.
func (s *sighting) says(l *link) bool {
	return s.strength == l.strength && s.group == l.group && s.need == l.need && s.provenance == l.provenance && s.flow == flowText(l.flow)
}

// take writes what is new; the map is locked.
func (s *Service) take(tx *db.Tx, o *origin, b *batch, n *news) (Effect, error) {
	w, err := s.begin(tx)
	if err != nil {
		return Effect{}, err
	}
	w.run, w.origin = b.run, o
	w.effect.Same = n.same
	if b.keys != nil {
		moves, err := movesByHand(tx)
		if err != nil {
			return Effect{}, err
		}
		b.keys.since(moves)
	}
	if err := n.touch(tx, b); err != nil {
		return Effect{}, err
	}
	mine, err := w.takeFacts(b, n.facts)
	if err != nil {
		return Effect{}, err
	}
	if err := w.settleItems(); err != nil {
		return Effect{}, err
	}
	if err := w.takeLinks(o, b, n.links, mine); err != nil {
		return Effect{}, err
	}
	if err := w.finish(); err != nil {
		return Effect{}, err
	}
	w.record("map.observe", o, b.content())
	if b.keys != nil {
		tx.After(func() { b.keys.learn(mine) })
	}
	return w.effect, nil
}

// record is the evidence of the work; content is the digest of what came in.
func (w *work) record(action string, o *origin, content string) {
	record, version := w.recordOf()
	w.tx.Record(evidence.Entry{Action: action, Record: record, Version: version,
		Data: map[string]any{"source": o.source, "scope": o.scope, "counts": w.effect.Counts, "content": content}})
}

// content is the digest of all that a batch says.
func (b *batch) content() string {
	if b.digest != "" {
		return b.digest
	}
	h := sha256.New()
	line := make([]byte, 0, 512)
	for i := range b.facts {
		line = append(strconv.AppendQuote(line[:0], b.facts[i].key), b.facts[i].digest...)
		h.Write(line)
	}
	for _, l := range b.links {
		line = strconv.AppendQuote(line[:0], l.from)
		line = strconv.AppendQuote(append(line, l.kind, byte(l.provenance)), l.to)
		line = strconv.AppendQuote(append(line, l.strength...), l.group)
		line = append(strconv.AppendInt(line, int64(l.need), 10), flowText(l.flow)...)
		h.Write(line)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

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
