package graph

// Reach is how many items reach an item by what they need, directly or not,
// without counting redundancy, itself not counted. hardOnly follows hard needs
// outside groups only. It is what a recursive query would give, for
// comparison and for sizes; Impact is the answer to "what breaks".
func (v *View) Reach(item uint32, hardOnly bool) int {
	s := v.pool.get(v.Top())
	defer v.pool.put(s)
	return v.reach(s, item, hardOnly)
}

// reach marks what it counts in s.seen.
func (v *View) reach(s *scratch, item uint32, hardOnly bool) int {
	top := v.Top()
	if item >= top {
		return 0
	}
	s.blank(top)
	mask, want := uint8(flagNeed), uint8(flagNeed)
	if hardOnly {
		mask, want = flagNeed|flagHard|flagGroup, flagNeed|flagHard
	}
	s.mark(item)
	s.queue = append(s.queue[:0], item)
	for head := 0; head < len(s.queue); head++ {
		var subject []uint32
		var flag []uint8
		subject, flag, s.in = v.in(s.queue[head], s.in)
		for i, n := range subject {
			if flag[i]&mask == want && s.mark(n) {
				s.queue = append(s.queue, n)
			}
		}
	}
	return len(s.queue) - 1
}

// Need is something that an item needs, directly or not.
type Need struct {
	Item  uint32
	Depth int
	Hard  bool // by hard needs outside groups all the way: alone it takes the item down
	Edge  Edge // the relation by which it was reached first; its needing end is nearer
}

// Needs is what an item needs, nearest first.
type Needs struct {
	List   []Need
	Hidden int  // found and not listed
	More   bool // there are more than were looked for: deeper ones, or more than 100,000
}

const needsMost = 100_000

// Needs lists what an item needs, depth steps far (0: all the way), at most
// limit (0: all that are found).
func (v *View) Needs(item uint32, depth, limit int) Needs {
	s := v.pool.get(v.Top())
	defer v.pool.put(s)
	var out Needs
	if item >= v.Top() {
		return out
	}
	v.hardNeeds(s, item)
	s.blank(v.Top())
	s.mark(item)
	s.queue = append(s.queue[:0], item)
	end, d := 1, 1 // where the items of depth d-1 end
	for head := 0; head < len(s.queue); head++ {
		if head == end {
			end, d = len(s.queue), d+1
		}
		n := s.queue[head]
		var recs []rec
		recs, s.out = v.out(n, s.out)
		for i := range recs {
			r := &recs[i]
			if directions[r.kind] == NoNeed || s.seen[r.object>>6]&(1<<(r.object&63)) != 0 {
				continue
			}
			if depth > 0 && d > depth || len(s.queue) > needsMost {
				out.More = true
				return out
			}
			s.mark(r.object)
			s.queue = append(s.queue, r.object)
			if limit > 0 && len(out.List) >= limit {
				out.Hidden++
				continue
			}
			out.List = append(out.List, Need{Item: r.object, Depth: d, Hard: s.vital[r.object>>6]&(1<<(r.object&63)) != 0, Edge: r.edge(n, 0)})
		}
	}
	return out
}

// hardNeeds marks in s.vital what an item cannot do without.
func (v *View) hardNeeds(s *scratch, item uint32) {
	s.blank(v.Top())
	s.mark(item)
	s.queue = append(s.queue[:0], item)
	for head := 0; head < len(s.queue) && len(s.queue) < needsMost; head++ {
		var recs []rec
		recs, s.out = v.out(s.queue[head], s.out)
		for i := range recs {
			r := &recs[i]
			if r.group == 0 && r.mark&hardMark != 0 && directions[r.kind] != NoNeed && s.mark(r.object) {
				s.queue = append(s.queue, r.object)
			}
		}
	}
	s.seen, s.vital = s.vital, s.seen
}

// known tells whether the question has met an item.
func (s *scratch) known(item uint32) bool {
	return s.cells[item].epoch == s.epoch
}

// Path is a shortest chain of needs from one item to another: each needs the
// next one. False: a does not need b, directly or not.
func (v *View) Path(a, b uint32) ([]Edge, bool) {
	if a >= v.Top() || b >= v.Top() {
		return nil, a == b
	}
	s := v.pool.get(v.Top())
	defer v.pool.put(s)
	s.begin(v.Top())
	s.cells[a] = cell{epoch: s.epoch}
	s.queue = append(s.queue[:0], a)
	for head := 0; head < len(s.queue) && !s.known(b); head++ {
		n := s.queue[head]
		var recs []rec
		recs, s.out = v.out(n, s.out)
		for i := range recs {
			if r := &recs[i]; directions[r.kind] != NoNeed && !s.known(r.object) {
				s.cells[r.object] = cell{epoch: s.epoch, parent: n, via: r.flag()}
				s.queue = append(s.queue, r.object)
			}
		}
	}
	if !s.known(b) {
		return nil, false
	}
	return v.trail(s, a, b), true
}

// trail is the chain from a to b that the cells tell.
func (v *View) trail(s *scratch, a, b uint32) []Edge {
	n := 0
	for x := b; x != a; x = s.cells[x].parent {
		n++
	}
	path := make([]Edge, n)
	for x := b; x != a; x = s.cells[x].parent {
		n--
		path[n], _ = v.between(s.cells[x].parent, x, s.cells[x].via&flagKind)
	}
	return path
}
