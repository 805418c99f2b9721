package dora

import (
	"encoding/binary"
	"errors"
)

// columns are facts, column by column. Texts are numbers of words.
type columns struct {
	id, at, lead, recovery []int64
	risk                   []int8
	flags                  []flags
	service, team          []uint32
	environment, kind      []uint32
	others                 []other // further services, by fact
	steps                  []step  // by fact
	words                  []string
	number                 map[string]uint32 // of words, while facts are added
}

// other is a further service of a fact.
type other struct {
	fact    int
	service uint32
}

// step is an approval step of a fact.
type step struct {
	fact      int
	rule, who uint32
	state     uint32 // a word, too
	waited    int64
}

func (c *columns) len() int { return len(c.id) }

func (c *columns) reset() {
	c.id, c.at, c.lead, c.recovery = c.id[:0], c.at[:0], c.lead[:0], c.recovery[:0]
	c.risk, c.flags = c.risk[:0], c.flags[:0]
	c.service, c.team, c.environment, c.kind = c.service[:0], c.team[:0], c.environment[:0], c.kind[:0]
	c.others, c.steps, c.words = c.others[:0], c.steps[:0], c.words[:0]
	clear(c.number)
}

func (c *columns) word(s string) uint32 {
	if n, ok := c.number[s]; ok {
		return n
	}
	if c.number == nil {
		c.number = map[string]uint32{}
	}
	n := uint32(len(c.words))
	c.words, c.number[s] = append(c.words, s), n
	return n
}

// find is the number of a word; false: no fact here has it.
func (c *columns) find(s string) (uint32, bool) {
	for i, w := range c.words {
		if w == s {
			return uint32(i), true
		}
	}
	return 0, false
}

// add appends a fact; facts come in the order of their times.
func (c *columns) add(f fact) {
	n := len(c.id)
	c.id, c.at, c.lead, c.recovery = append(c.id, f.ID), append(c.at, f.At), append(c.lead, f.Lead), append(c.recovery, f.Recovery)
	c.risk, c.flags = append(c.risk, int8(f.Risk)), append(c.flags, f.Flags)
	c.service, c.team = append(c.service, c.word(f.Service)), append(c.team, c.word(f.Team))
	c.environment, c.kind = append(c.environment, c.word(f.Environment)), append(c.kind, c.word(f.Kind))
	for _, s := range f.Others {
		c.others = append(c.others, other{n, c.word(s)})
	}
	for _, s := range f.Steps {
		c.steps = append(c.steps, step{n, c.word(s.Rule), c.word(s.Who), c.word(s.State), s.Waited})
	}
}

// layout is the first byte of packed columns. Another one is not read: its day
// counts as not sealed and is packed anew.
const layout = 1

// pack writes columns: the words, then each column as varints, ids and times
// as differences. A usual fact takes 20 bytes.
func (c *columns) pack() []byte {
	b := make([]byte, 0, 64+24*len(c.id))
	put := func(v uint64) { b = binary.AppendUvarint(b, v) }
	b = append(b, layout)
	put(uint64(len(c.words)))
	for _, w := range c.words {
		put(uint64(len(w)))
		b = append(b, w...)
	}
	put(uint64(len(c.id)))
	for _, list := range [][]int64{c.id, c.at} {
		last := int64(0)
		for _, v := range list {
			b = binary.AppendVarint(b, v-last)
			last = v
		}
	}
	for _, list := range [][]int64{c.lead, c.recovery} {
		for _, v := range list {
			put(uint64(v + 1)) // -1 is one byte
		}
	}
	for _, v := range c.risk {
		b = append(b, byte(v))
	}
	for _, v := range c.flags {
		put(uint64(v))
	}
	for _, list := range [][]uint32{c.service, c.team, c.environment, c.kind} {
		for _, v := range list {
			put(uint64(v))
		}
	}
	put(uint64(len(c.others)))
	for _, o := range c.others {
		put(uint64(o.fact))
		put(uint64(o.service))
	}
	put(uint64(len(c.steps)))
	for _, s := range c.steps {
		put(uint64(s.fact))
		put(uint64(s.rule))
		put(uint64(s.who))
		put(uint64(s.state))
		put(uint64(s.waited))
	}
	return b
}

var errSegment = errors.New("the packed facts of a day cannot be read; `evenkeel change measures rebuild` makes them anew")

// unpack replaces the columns by packed ones. Whatever the bytes are, it ends
// with columns that fit together, or an error.
func (c *columns) unpack(b []byte) error {
	c.reset()
	if len(b) == 0 || b[0] != layout {
		return errSegment
	}
	r := reader{b: b[1:]}
	words := r.count()
	for range words {
		n := r.count()
		if r.bad {
			return errSegment
		}
		c.words = append(c.words, string(r.b[:n]))
		r.b = r.b[n:]
	}
	n := r.count()
	c.id, c.at = r.deltas(c.id, n), r.deltas(c.at, n)
	c.lead, c.recovery = r.durations(c.lead, n), r.durations(c.recovery, n)
	if r.bad || len(r.b) < n {
		return errSegment
	}
	for _, v := range r.b[:n] {
		c.risk = append(c.risk, int8(v))
	}
	r.b = r.b[n:]
	for range n {
		c.flags = append(c.flags, flags(r.uint()))
	}
	w := uint64(len(c.words))
	c.service, c.team = r.below(c.service, n, w), r.below(c.team, n, w)
	c.environment, c.kind = r.below(c.environment, n, w), r.below(c.kind, n, w)
	for range r.count() {
		c.others = append(c.others, other{int(r.less(uint64(n))), uint32(r.less(w))})
	}
	for range r.count() {
		c.steps = append(c.steps, step{int(r.less(uint64(n))), uint32(r.less(w)), uint32(r.less(w)), uint32(r.less(w)), int64(r.less(1 << 63))})
	}
	if r.bad || len(r.b) > 0 {
		return errSegment
	}
	return nil
}

// reader takes numbers from the front of bytes, and remembers that it could not.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 { // most are small
		v := uint64(r.b[0])
		r.b = r.b[1:]
		return v
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count is how many things follow: never more than there are bytes.
func (r *reader) count() int {
	v := r.uint()
	if v > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(v)
}

// less is a number that must be below a limit.
func (r *reader) less(limit uint64) uint64 {
	v := r.uint()
	if v >= limit {
		r.bad, r.b = true, nil
		return 0
	}
	return v
}

func (r *reader) deltas(out []int64, n int) []int64 {
	last := int64(0)
	for range n {
		v := r.uint()
		last += int64(v>>1) ^ -int64(v&1)
		out = append(out, last)
	}
	return out
}

func (r *reader) durations(out []int64, n int) []int64 {
	for range n {
		out = append(out, int64(r.less(1<<63))-1)
	}
	return out
}

func (r *reader) below(out []uint32, n int, limit uint64) []uint32 {
	for range n {
		out = append(out, uint32(r.less(limit)))
	}
	return out
}
