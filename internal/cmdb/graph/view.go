package graph

import "iter"

// View is the graph at one time. It never changes and needs no lock.
type View struct {
	pages                         []page
	groups                        []string // by handle
	kinds                         []string
	items, present, past, overlay int
	at                            uint32 // as of; 0 is now
	pool                          *pool
}

// AsOf is the same graph as it was at t, in seconds since 1970 UTC: nothing is
// built. Facts of items are those of now.
func (v *View) AsOf(t int64) *View {
	c := *v
	c.at = max(seconds(t), 1)
	return &c
}

// At is the time of a view made by AsOf, 0 for now.
func (v *View) At() int64 { return int64(v.at) }

// Group is the text of a group's handle.
func (v *View) Group(handle uint32) string {
	if int(handle) < len(v.groups) {
		return v.groups[handle]
	}
	return ""
}

// Top is above every item's number.
func (v *View) Top() uint32 { return uint32(len(v.pages)) << pageBits }

// Node is what is known of an item.
func (v *View) Node(item uint32) Node {
	p := v.page(item)
	n := item & pageMask
	if p == nil || p.facts == nil || p.facts.state[n] == 0 {
		return Node{}
	}
	return Node{Kind: v.kinds[p.facts.kind[n]], State: State(p.facts.state[n] - 1), Known: true}
}

// Nodes ranges over the items that have facts.
func (v *View) Nodes() iter.Seq2[uint32, Node] {
	return func(yield func(uint32, Node) bool) {
		for id := range v.Top() {
			if n := v.Node(id); n.Known && !yield(id, n) {
				return
			}
		}
	}
}

// Edges ranges over all relations, by the needing item.
func (v *View) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		var buf []rec
		for id := range v.Top() {
			var list []rec
			list, buf = v.out(id, buf)
			for i := range list {
				if !yield(list[i].edge(id, 0)) {
					return
				}
			}
		}
	}
}

// Relations are those of one item, all kinds in both directions, at most limit
// (0: all); first what it needs, then who needs it, of now by the other end.
// The second result is how many were left out.
func (v *View) Relations(item uint32, limit int) ([]Edge, int) {
	recs, _ := v.out(item, nil)
	subjects, flags, _ := v.in(item, nil)
	total := len(recs) + len(subjects)
	if limit <= 0 || limit > total {
		limit = total
	}
	list := make([]Edge, 0, limit)
	for i := range recs[:min(len(recs), limit)] {
		list = append(list, recs[i].edge(item, 0))
	}
	for i := 0; i < len(subjects) && len(list) < limit; i++ {
		if e, ok := v.between(subjects[i], item, flags[i]&flagKind); ok {
			list = append(list, e)
		}
	}
	return list, total - len(list)
}

// between finds a relation by its ends and kind.
func (v *View) between(subject, object uint32, kind uint8) (Edge, bool) {
	recs, _ := v.out(subject, nil)
	k := uint64(object)<<8 | uint64(kind)
	if i := find(recs, k, recKey); i < len(recs) && recs[i].key() == k {
		return recs[i].edge(subject, 0), true
	}
	return Edge{}, false
}
