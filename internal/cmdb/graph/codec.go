package graph

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A delta is written as: two bytes of mark and version, then, all numbers as
// varints, the texts of kinds and of groups, the nodes and the edges.
const (
	deltaMark    = 0xEC
	deltaVersion = 1

	deltaMost = 64 << 20 // bytes
)

const (
	edgeHard = 1 << iota
	edgeGroup
	edgeClosed
)

// Encode packs a delta; the result is for Decode of this version or a later one.
func (d Delta) Encode() []byte {
	kinds := map[string]uint64{}
	var names []string
	for _, n := range d.Nodes {
		if _, ok := kinds[n.Kind]; !ok {
			kinds[n.Kind] = uint64(len(names))
			names = append(names, n.Kind)
		}
	}
	b := []byte{deltaMark, deltaVersion}
	b = appendTexts(b, names)
	b = appendTexts(b, d.Groups)
	b = binary.AppendUvarint(b, uint64(len(d.Nodes)))
	for _, n := range d.Nodes {
		b = binary.AppendUvarint(b, uint64(n.ID))
		b = binary.AppendUvarint(b, kinds[n.Kind])
		b = append(b, byte(n.State))
		b = binary.AppendVarint(b, n.Revision)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Edges)))
	for _, e := range d.Edges {
		b = e.append(b)
	}
	return b
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, t := range list {
		b = binary.AppendUvarint(b, uint64(len(t)))
		b = append(b, t...)
	}
	return b
}

func (e Edge) append(b []byte) []byte {
	var flags byte
	if e.Hard {
		flags |= edgeHard
	}
	if e.Group != 0 || e.Need != 0 {
		flags |= edgeGroup
	}
	if e.Until != 0 {
		flags |= edgeClosed
	}
	b = append(b, flags, e.Kind, e.Provenance)
	b = binary.AppendVarint(b, e.ID)
	b = binary.AppendUvarint(b, uint64(e.From))
	b = binary.AppendUvarint(b, uint64(e.To))
	b = binary.AppendVarint(b, e.Since)
	b = binary.AppendVarint(b, e.Revision)
	if flags&edgeGroup != 0 {
		b = binary.AppendUvarint(b, uint64(e.Group))
		b = binary.AppendUvarint(b, uint64(e.Need))
	}
	if flags&edgeClosed != 0 {
		b = binary.AppendVarint(b, e.Until)
	}
	return b
}

// Decode reads what Encode wrote. Whatever else it is given is an error; what
// it returns can be applied.
func Decode(b []byte) (Delta, error) {
	var d Delta
	if len(b) < 2 || b[0] != deltaMark {
		return d, errors.New("graph: this is no delta")
	}
	if b[1] != deltaVersion {
		return d, fmt.Errorf("graph: a delta of version %d; this is version %d", b[1], deltaVersion)
	}
	if len(b) > deltaMost {
		return d, fmt.Errorf("graph: a delta of %d bytes; at most %d are read", len(b), deltaMost)
	}
	r := reader{b: b[2:]}
	kinds := r.texts()
	d.Groups = r.texts()
	if n := r.count(4); n > 0 {
		d.Nodes = make([]NodeChange, n)
	}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		n.ID = r.u32()
		if k := r.u32(); int(k) < len(kinds) {
			n.Kind = kinds[k]
		} else {
			r.fail()
		}
		n.State = State(r.byte())
		n.Revision = r.int()
	}
	if n := r.count(8); n > 0 {
		d.Edges = make([]Edge, n)
	}
	for i := range d.Edges {
		d.Edges[i] = r.edge()
	}
	if r.bad || len(r.b) > 0 {
		return Delta{}, errors.New("graph: a damaged delta")
	}
	return d, d.check()
}

// reader takes numbers from bytes; after the first that is wrong all are 0.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() { r.b, r.bad = nil, true }

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uint(most uint64) uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 || x > most {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) u32() uint32 { return uint32(r.uint(1<<32 - 1)) }

func (r *reader) int() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return x
}

// count is a number of things of at least size bytes each, no more than can be
// left.
func (r *reader) count(size int) int {
	return int(r.uint(uint64(len(r.b) / size)))
}

func (r *reader) texts() []string {
	n := r.count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, 0, n)
	for range n {
		size := int(r.uint(uint64(len(r.b))))
		if size > len(r.b) {
			r.fail()
		}
		if r.bad {
			return nil
		}
		list = append(list, string(r.b[:size]))
		r.b = r.b[size:]
	}
	return list
}

func (r *reader) edge() Edge {
	flags := r.byte()
	e := Edge{Kind: r.byte(), Provenance: r.byte(), Hard: flags&edgeHard != 0}
	e.ID, e.From, e.To, e.Since, e.Revision = r.int(), r.u32(), r.u32(), r.int(), r.int()
	if flags&edgeGroup != 0 {
		e.Group, e.Need = r.u32(), uint16(r.uint(1<<16-1))
	}
	if flags&edgeClosed != 0 {
		e.Until = r.int()
	}
	if flags&^(edgeHard|edgeGroup|edgeClosed) != 0 {
		r.fail()
	}
	return e
}
