package cmdb

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
