package graph

// Near is an item on a map.
type Near struct {
	Item   uint32
	Depth  int // steps from the middle, along relations of any kind and direction
	Hidden int // relations to items that are not on the map
}

// Around is a part of the graph to be drawn.
type Around struct {
	Items  []Near // the middle first
	Edges  []Edge // all relations between Items
	Hidden int    // relations from Items to others
}

// Neighbours are the items around one, at most depth steps away and at most
// limit of them (0: 200), and what they have to do with each other. What an
// item needs comes before who needs it. No item but the middle may take more
// than an eighth of the room, so that a hub does not fill the map.
func (v *View) Neighbours(item uint32, depth, limit int) Around {
	return v.Map([]uint32{item}, depth, limit)
}

// Map is the same around several items.
func (v *View) Map(middle []uint32, depth, limit int) Around {
	if limit <= 0 {
		limit = 200
	}
	s := v.pool.get(v.Top())
	defer v.pool.put(s)
	s.begin(v.Top())
	var out Around
	add := func(item uint32, depth int) bool {
		if item >= v.Top() || s.known(item) {
			return false
		}
		s.cells[item] = cell{epoch: s.epoch, order: uint32(len(out.Items))}
		out.Items = append(out.Items, Near{Item: item, Depth: depth})
		return true
	}
	for _, m := range middle {
		if len(out.Items) < limit {
			add(m, 0)
		}
	}
	for head := 0; head < len(out.Items) && len(out.Items) < limit; head++ {
		at := out.Items[head]
		if at.Depth >= depth {
			break
		}
		room := limit
		if at.Depth > 0 {
			room = max(limit/8, 4)
		}
		var recs []rec
		recs, s.out = v.out(at.Item, s.out)
		for i := 0; i < len(recs) && room > 0 && len(out.Items) < limit; i++ {
			if add(recs[i].object, at.Depth+1) {
				room--
			}
		}
		var subject []uint32
		subject, _, s.in = v.in(at.Item, s.in)
		for i := 0; i < len(subject) && room > 0 && len(out.Items) < limit; i++ {
			if add(subject[i], at.Depth+1) {
				room--
			}
		}
	}
	v.relate(s, &out)
	return out
}

// relate adds the relations among the items and counts those to others.
func (v *View) relate(s *scratch, out *Around) {
	for i := range out.Items {
		item := out.Items[i].Item
		var recs []rec
		recs, s.out = v.out(item, s.out)
		var subject []uint32
		subject, _, s.in = v.in(item, s.in)
		out.Items[i].Hidden += len(recs) + len(subject)
		for j := range recs {
			if r := &recs[j]; r.object < v.Top() && s.known(r.object) {
				out.Edges = append(out.Edges, r.edge(item, 0))
				out.Items[i].Hidden--
				out.Items[s.cells[r.object].order].Hidden--
			}
		}
	}
	for i := range out.Items {
		out.Hidden += out.Items[i].Hidden
	}
}

// Inner is something that is contained in an item, or contains it.
type Inner struct {
	Item  uint32
	Depth int
	Edge  Edge // part_of or runs_on
}

// Contains lists what is part of an item or runs on it, depth steps down
// (0: all the way), at most limit (0: all); the second result tells whether
// there is more.
func (v *View) Contains(item uint32, depth, limit int) ([]Inner, bool) {
	return v.nested(item, depth, limit, true)
}

// ContainedBy lists what an item is part of or runs on, likewise.
func (v *View) ContainedBy(item uint32, depth, limit int) ([]Inner, bool) {
	return v.nested(item, depth, limit, false)
}

func (v *View) nested(item uint32, depth, limit int, inwards bool) (list []Inner, more bool) {
	if item >= v.Top() {
		return nil, false
	}
	s := v.pool.get(v.Top())
	defer v.pool.put(s)
	s.blank(v.Top())
	s.mark(item)
	take := func(e Edge, d int) bool {
		to := e.To
		if inwards {
			to = e.From
		}
		if !s.mark(to) {
			return true
		}
		if depth > 0 && d > depth || limit > 0 && len(list) >= limit {
			more = true
			return false
		}
		list = append(list, Inner{to, d, e})
		return true
	}
	for at, d, head := item, 0, 0; ; head++ {
		if !v.eachInside(s, at, inwards, func(e Edge) bool { return take(e, d+1) }) || head >= len(list) {
			return list, more
		}
		at, d = list[head].Item, list[head].Depth
	}
}

// eachInside ranges over the containing relations of an item in one direction:
// those of which it is To (inwards) or From.
func (v *View) eachInside(s *scratch, item uint32, inwards bool, yield func(Edge) bool) bool {
	var recs []rec
	recs, s.out = v.out(item, s.out)
	for i := range recs {
		r := &recs[i]
		if inside[r.kind] && (directions[r.kind] == ToNeedsFrom) == inwards && !yield(r.edge(item, 0)) {
			return false
		}
	}
	var subject []uint32
	var flag []uint8
	subject, flag, s.in = v.in(item, s.in)
	for i, f := range flag {
		kind := f & flagKind
		if inside[kind] && (directions[kind] == FromNeedsTo) == inwards {
			if e, ok := v.between(subject[i], item, kind); ok && !yield(e) {
				return false
			}
		}
	}
	return true
}
