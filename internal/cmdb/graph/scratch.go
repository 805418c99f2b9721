package graph

import "sync"

// cell is what a question notes of one item. It counts only if its epoch is
// that of the question.
type cell struct {
	epoch  uint32
	parent uint32 // the item that is to blame, or from where it was reached
	order  uint32 // when its level was set; afterwards its place among the hits
	level  Level
	via    uint8 // flag of the relation to parent
	sent   Level // what was passed on
	dirty  uint8 // its groups are to be looked at again: 1 those with one member, 2 all
}

// touched is an item of whose groups a member changed.
type touched struct{ item, member uint32 }

// scratch is the working room of one question at a time: proportional to the
// graph, but used again.
type scratch struct {
	epoch uint32
	cells []cell
	queue []uint32
	dirty []touched
	log   []uint32
	seen  []uint64 // one bit per item
	vital []uint64
	out   []rec
	in    *inBuf
	sums  []sum
}

// pool keeps scratches; one for good, others until memory is needed.
type pool struct {
	mu   sync.Mutex
	kept *scratch
	more sync.Pool
}

func newPool() *pool { return &pool{} }

// get is a scratch for items below top.
func (p *pool) get(top uint32) *scratch {
	p.mu.Lock()
	s := p.kept
	p.kept = nil
	p.mu.Unlock()
	if s == nil {
		s, _ = p.more.Get().(*scratch)
	}
	if s == nil {
		s = &scratch{in: &inBuf{}}
	}
	s.queue, s.dirty, s.log = s.queue[:0], s.dirty[:0], s.log[:0]
	return s
}

// put gives it back.
func (p *pool) put(s *scratch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = s
		return
	}
	p.more.Put(s)
}

// begin makes cells for items below top and forgets what they held.
func (s *scratch) begin(top uint32) {
	if len(s.cells) < int(top) {
		s.cells = make([]cell, top+top/16)
		s.epoch = 0
	}
	s.epoch++
	if s.epoch == 0 {
		clear(s.cells)
		s.epoch = 1
	}
}

// blank makes bits for items below top, all zero.
func (s *scratch) blank(top uint32) {
	n := int(top+63) / 64
	if len(s.seen) < n {
		s.seen = make([]uint64, n+n/16)
		return
	}
	clear(s.seen[:n])
}

// mark sets an item's bit; false if it was set.
func (s *scratch) mark(item uint32) bool {
	w, b := &s.seen[item>>6], uint64(1)<<(item&63)
	if *w&b != 0 {
		return false
	}
	*w |= b
	return true
}
