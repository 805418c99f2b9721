package dora

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// layout is the first byte of packed columns. Another one is not read: its day
// is read from its facts.
const layout = 2

// pack writes columns. A column is its least value, how many bytes each
// difference from it takes (0 to 8), and the differences: as short as varints
// for what is here, and read several times as fast. A usual fact takes 20 bytes
// and its share of the words.
func (c *columns) pack() []byte {
	b := append(make([]byte, 0, 64+len(c.words.text)+32*len(c.id)), layout)
	b = binary.AppendUvarint(b, uint64(len(c.words.text)))
	b = append(b, c.words.text...)
	b = packed(b, c.words.ends)
	b = packed(packed(b, c.id), c.at)
	b = packed(packed(b, c.flags), c.risk)
	b = packed(b, known64(c.lead, c.flags, hasLead))
	b = packed(b, known64(c.recovery, c.flags, recovered))
	b = packed(packed(packed(packed(b, c.service), c.team), c.environment), c.kind)
	var fact, word, rule, who, state []uint32
	var waited []int64
	for _, o := range c.others {
		fact, word = append(fact, uint32(o.fact)), append(word, o.service)
	}
	b = packed(packed(b, fact), word)
	fact = fact[:0]
	for _, s := range c.steps {
		fact, rule, who, state, waited = append(fact, uint32(s.fact)), append(rule, s.rule), append(who, s.who), append(state, s.state), append(waited, s.waited)
	}
	b = packed(packed(packed(packed(packed(b, fact), rule), who), state), waited)
	return append(b, make([]byte, 8)...) // so that 8 bytes can be read at any place
}

// known64 are the values that a flag says are there: few recover.
func known64(list []int64, is []flags, flag flags) (out []int64) {
	for i, v := range list {
		if is[i]&flag != 0 {
			out = append(out, v)
		}
	}
	return out
}

type number interface {
	~int | ~int8 | ~int64 | ~uint32
}

func packed[T number](b []byte, list []T) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	if len(list) == 0 {
		return b
	}
	least := slices.Min(list)
	width := (bits.Len64(uint64(int64(slices.Max(list))-int64(least))) + 7) / 8
	b = binary.AppendVarint(b, int64(least))
	b = append(b, byte(width))
	var eight [8]byte
	for _, v := range list {
		binary.LittleEndian.PutUint64(eight[:], uint64(int64(v)-int64(least)))
		b = append(b, eight[:width]...)
	}
	return b
}

var errSegment = errors.New("packed facts cannot be read")

// unpack replaces the columns by packed ones.
// Whatever the bytes are, it ends with columns that fit together, or an error.
func (c *columns) unpack(b []byte) error {
	c.reset()
	if len(b) == 0 || b[0] != layout {
		return errSegment
	}
	r := reader{b: b[1:]}
	n := r.count()
	c.words.text = append(c.words.text, r.b[:n]...)
	r.b = r.b[n:]
	c.words.ends = unpacked(&r, c.words.ends, -1)
	last := 0
	for _, end := range c.words.ends {
		if end < last || end > len(c.words.text) {
			return errSegment
		}
		last = end
	}
	c.id = unpacked(&r, c.id, -1)
	n = len(c.id)
	c.at = unpacked(&r, c.at, n)
	c.flags, c.risk = unpacked(&r, c.flags, n), unpacked(&r, c.risk, n)
	if r.bad {
		return errSegment
	}
	c.lead = c.spread(&r, c.lead, hasLead)
	c.recovery = c.spread(&r, c.recovery, recovered)
	c.service, c.team = c.named(&r, c.service, n), c.named(&r, c.team, n)
	c.environment, c.kind = c.named(&r, c.environment, n), c.named(&r, c.kind, n)
	fact := unpacked[uint32](&r, nil, -1)
	word := c.named(&r, nil, len(fact))
	if r.bad {
		return errSegment
	}
	for i := range fact {
		c.others = append(c.others, other{int(fact[i]), word[i]})
		r.bad = r.bad || int(fact[i]) >= n
	}
	fact = unpacked(&r, fact, -1)
	rule, who, state := c.named(&r, nil, len(fact)), c.named(&r, nil, len(fact)), c.named(&r, nil, len(fact))
	waited := unpacked[int64](&r, nil, len(fact))
	if r.bad || len(r.b) != 8 {
		return errSegment
	}
	for i := range fact {
		c.steps = append(c.steps, step{int(fact[i]), rule[i], who[i], state[i], max(0, waited[i])})
		r.bad = r.bad || int(fact[i]) >= n
	}
	if r.bad {
		return errSegment
	}
	return nil
}

// spread reads values of which only those are there that a flag names.
func (c *columns) spread(r *reader, out []int64, flag flags) []int64 {
	some := unpacked(r, c.some, -1)
	c.some = some
	out = slices.Grow(out[:0], len(c.id))
	for _, f := range c.flags {
		v := int64(-1)
		if f&flag != 0 {
			if len(some) == 0 || some[0] < 0 {
				r.bad = true
				return out
			}
			v, some = some[0], some[1:]
		}
		out = append(out, v)
	}
	return out
}

// named reads a column of words.
func (c *columns) named(r *reader, out []uint32, n int) []uint32 {
	out = unpacked(r, out, n)
	if len(out) > 0 && int(slices.Max(out)) >= c.words.len() {
		r.bad = true
	}
	return out
}

// reader takes columns from the front of bytes, and remembers that it could not.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() {
	r.bad, r.b = true, nil
}

// count is how many things follow: never more than there are bytes.
func (r *reader) count() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)-n) {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

// unpacked reads a column of n values; -1: of as many as there are.
func unpacked[T number](r *reader, out []T, n int) []T {
	out = out[:0]
	v, size := binary.Uvarint(r.b)
	if size <= 0 || v > 1<<24 || n >= 0 && int(v) != n {
		r.fail()
		return out
	}
	r.b = r.b[size:]
	if v == 0 {
		return out
	}
	count := int(v)
	least, size := binary.Varint(r.b)
	if size <= 0 || size >= len(r.b) {
		r.fail()
		return out
	}
	width := int(r.b[size])
	b := r.b[size+1:]
	if width > 8 || len(b) < count*width+8 || width == 0 && n < 0 && count > len(b) {
		r.fail()
		return out
	}
	r.b = b[count*width:]
	mask := uint64(1)<<(8*width) - 1 // of 8 bytes: all of them
	out = slices.Grow(out, count)[:count]
	for i := range out {
		out[i] = T(least + int64(binary.LittleEndian.Uint64(b[i*width:])&mask))
	}
	return out
}
