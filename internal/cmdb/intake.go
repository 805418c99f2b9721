package cmdb

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

type stagedChunk struct {
	number int
	body   []byte
}

// stageAtOnce is how many chunks one transaction stages.
const stageAtOnce = 16

// intake takes the records of a run as they come: it checks them one by one and
// stages them, so that a file of any size needs little memory. What must be
// known of all of them at once are eight bytes for each key and identifier.
type intake struct {
	s     *Service
	ctx   context.Context
	who   actor.Actor
	run   *Run
	known knownKinds
	specs map[string]KindSpec

	facts, links     packer
	factChunks       int
	linkChunks       int
	waiting          []stagedChunk
	seed             maphash.Seed
	keys, ids, pairs []uint64 // hashes, sorted when all is read
	twice            bool     // some relation stands there twice
	records          int
	remarks          []Remark
}

// take is the Emit of a run.
func (in *intake) take(r Record) error {
	at := fmt.Sprintf("records[%d].", in.records)
	in.records++
	switch {
	case (r.Item == nil) == (r.Relation == nil):
		return errs.BadField(at+"item", "", "give each record either an item or a relation")
	case r.Item != nil:
		f, err := prepareItem(at+"item.", r.Item, in.known)
		if err != nil {
			return err
		}
		if err := in.fits(at+"item.", r.Item); err != nil {
			return err
		}
		in.keys = append(in.keys, in.key(f.key))
		for _, id := range f.identifiers {
			in.ids = append(in.ids, in.identifier(id))
		}
		in.facts.fact(&f)
		in.run.Counts.Items++
		if in.facts.full(chunkFacts) {
			return in.cut(&in.facts)
		}
	default:
		l, err := prepareLink(at+"relation.", r.Relation, in.run.Provenance)
		if err != nil {
			return err
		}
		in.pairs = append(in.pairs, in.pair(&l))
		in.links.link(&l)
		in.run.Counts.Relations++
		if in.links.full(chunkLinks) {
			return in.cut(&in.links)
		}
	}
	return nil
}

func (in *intake) identifier(id Identifier) uint64 {
	return maphash.String(in.seed, id.Scheme+"\x00"+id.Value)
}

func (in *intake) pair(l *link) uint64 {
	return maphash.String(in.seed, l.from+"\x00"+l.to+"\x00"+string(rune(l.kind)))
}

// fits checks attributes by the schema of the kind.
func (in *intake) fits(at string, s *Seen) error {
	spec, ok := in.specs[s.Kind]
	if !ok || len(spec.Schema) == 0 {
		return nil
	}
	list, err := spec.Violations(s.Attributes)
	if err != nil || len(list) == 0 {
		return err
	}
	var bad errs.Fields
	for _, v := range list[:min(len(list), 20)] {
		if spec.Strict {
			bad.Add(at+v.Place, v.Value, v.Remedy)
		} else if len(in.remarks) < MaxRemarks {
			in.remarks = append(in.remarks, Remark{Place: errs.Short(s.Key) + " " + v.Place, Text: v.Remedy})
		}
	}
	return bad.Err()
}

// cut ends a chunk.
func (in *intake) cut(p *packer) error {
	if p.n == 0 {
		return nil
	}
	body, err := p.take()
	if err != nil {
		return err
	}
	n := in.factChunks
	if p == &in.links {
		n = stageLinks + in.linkChunks
		in.linkChunks++
	} else {
		in.factChunks++
	}
	in.waiting = append(in.waiting, stagedChunk{n, body})
	if len(in.waiting) >= stageAtOnce {
		return in.flush()
	}
	return nil
}

// flush writes chunks. It ends the run when somebody else has given it up.
func (in *intake) flush() error {
	chunks := in.waiting
	in.waiting = nil
	return in.s.db.Write(in.ctx, in.who, "run read", func(tx *db.Tx) error {
		tx.Unrecorded("records that wait to be checked")
		ok, err := saveProgress(tx, *in.run, tx.Now.Add(readLease))
		if err == nil && !ok {
			err = errs.E(errs.Conflict, "the run was given up meanwhile").On(in.run.Ref().String())
		}
		if err != nil {
			return err
		}
		return insertStage(tx, in.run.ID, chunks)
	})
}

// end stages the rest and orders what is known of all records.
func (in *intake) end() error {
	if err := in.cut(&in.facts); err != nil {
		return err
	}
	if err := in.cut(&in.links); err != nil {
		return err
	}
	if len(in.waiting) > 0 {
		if err := in.flush(); err != nil {
			return err
		}
	}
	slices.Sort(in.keys)
	slices.Sort(in.ids)
	slices.Sort(in.pairs)
	in.twice = len(doubled(in.pairs)) > 0
	return in.once()
}

// doubled are hashes that stand in a sorted list more than once.
func doubled(list []uint64) map[uint64]bool {
	var out map[uint64]bool
	for i := 1; i < len(list); i++ {
		if list[i] == list[i-1] {
			if out == nil {
				out = map[uint64]bool{}
			}
			out[list[i]] = true
		}
	}
	return out
}

// once refuses a key that stands there twice: one hash twice may also be
// chance, so the records are looked at.
func (in *intake) once() error {
	suspects := doubled(in.keys)
	if suspects == nil {
		return nil
	}
	seen := map[string]int{}
	n := 0
	return in.s.eachChunk(in.ctx, in.run.ID, 0, stageLinks, func(_ db.Querier, c stagedChunk, u *unpacker) error {
		facts, err := u.facts()
		if err != nil {
			return err
		}
		for _, f := range facts {
			n++
			if !suspects[in.key(f.key)] {
				continue
			}
			if first, ok := seen[f.key]; ok {
				return errs.BadField("key", f.key, fmt.Sprintf("items %d and %d of the run both have it; give each item a key of its own", first, n))
			}
			seen[f.key] = n
		}
		return nil
	})
}

// eachChunk calls f with the staged chunks of a run from one number up to
// another, each in a snapshot of its own.
func (s *Service) eachChunk(ctx context.Context, run int64, from, to int, f func(q db.Querier, c stagedChunk, u *unpacker) error) error {
	for {
		done := false
		err := s.db.Read(ctx, func(q db.Querier) error {
			c, ok, err := nextChunk(q, run, from)
			if err != nil {
				return err
			}
			if !ok || c.number >= to {
				done = true
				return nil
			}
			u, err := unpack(c.body)
			if err != nil {
				return err
			}
			from = c.number + 1
			return f(q, c, u)
		})
		if err != nil || done {
			return err
		}
	}
}

// has reports whether a hash stands in a sorted list.
func has(list []uint64, h uint64) bool {
	_, ok := slices.BinarySearch(list, h)
	return ok
}

// holdsKey reports whether an end is a key, and which.
func holdsKey(end string) (string, bool) { return strings.CutPrefix(end, "key:") }

func (in *intake) key(key string) uint64 { return maphash.String(in.seed, key) }
