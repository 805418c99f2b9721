package otlp

import "sync"

// op is one span, or one link of a span, on its way into a shard.
type op struct {
	trace, id, parent uint64 // of a link: trace and parent are those of the span it names
	node, peer        uint32
	micros            uint32
	flags             flags // with waits: the span may be the other side of its parent; with byLink: it is a link
}

// edge is from whom to whom; what the relation is follows from the ends.
type edge struct{ from, to uint32 }

// shard is one part of the traces, by hash, with its own lock.
type shard struct {
	mu    sync.Mutex
	hold  *hold
	edges map[edge]*tally
	spare []*tally // of the edges that were taken away last time
	limit int      // of edges between two drains
	count counts
	now   int64 // second of what is being counted
	wait  uint32
	whole bool // what is shed was not cut short: nothing more will come in time (files)
}

// counts are a shard's part of Stats.
type counts struct {
	repeats, paired, linked, virtual, internal, expired, unnamed, shed, dropped uint64
}

// take joins one span or link with what is there. tick is the time of arrival.
func (s *shard) take(o *op, tick uint32) {
	if o.flags.is(byLink) {
		s.child(o, tick)
		return
	}
	// The same span again (a sender that got no answer sends twice), its other
	// half (Zipkin gives client and server one id), or those who wait for it.
	known, wasPaired := false, false
	s.hold.find(o.trace, o.id, func(e *entry) bool {
		switch {
		case e.flags.is(gone):
		case e.flags.is(waits):
			// Done below, when it is sure that this span is new.
		case e.node == o.node && e.flags.kind() == o.flags.kind():
			known = true
			return false
		}
		return true
	})
	if known {
		s.count.repeats++
		return
	}
	s.hold.find(o.trace, o.id, func(e *entry) bool {
		switch {
		case e.flags.is(gone):
		case e.flags.is(waits):
			if s.pair(o, &wasPaired, e.side(), e.flags.is(byLink)) {
				e.flags |= gone
			}
		case halves(e.flags.kind(), o.flags.kind()) && e.node != o.node:
			parent, child, p := e.op(), o, true
			if o.flags.kind() == kindClient || o.flags.kind() == kindProducer {
				parent, child = o, parent
			}
			s.pair(parent, &p, side{child.node, child.peer, child.micros, child.flags}, false)
			e.flags |= paired
			wasPaired = true
		}
		return true
	})
	if o.parent != 0 && o.flags.is(waits) {
		s.child(o, tick)
	}
	if o.flags.kind() == kindClient && o.peer != 0 && s.covered(o.trace, o.parent, o.node) {
		wasPaired = true
	}
	if o.peer != 0 && o.flags.is(peerQueue) {
		s.add(edge{o.node, o.peer}, o.micros, o.flags.is(failed))
	}
	keep := entry{trace: o.trace, key: o.id, parent: o.parent, node: o.node, peer: o.peer, micros: o.micros, at: tick, flags: o.flags &^ waits}
	if wasPaired {
		keep.flags |= paired
	}
	s.keep(keep)
}

// halves tells the two kinds that share one id in Zipkin's model.
func halves(a, b int32) bool {
	return a == kindClient && b == kindServer || a == kindServer && b == kindClient ||
		a == kindProducer && b == kindConsumer || a == kindConsumer && b == kindProducer
}

// side is what pairing needs of a child.
type side struct {
	node, peer, micros uint32
	flags              flags
}

func (e *entry) side() side { return side{e.node, e.peer, e.micros, e.flags} }

func (e *entry) op() *op {
	return &op{trace: e.trace, id: e.key, parent: e.parent, node: e.node, peer: e.peer, micros: e.micros, flags: e.flags}
}

// child looks for the parent that a span or link names, and waits if it is not
// here yet.
func (s *shard) child(o *op, tick uint32) {
	me := side{o.node, o.peer, o.micros, o.flags}
	done := false
	s.hold.find(o.trace, o.parent, func(e *entry) bool {
		if e.flags.is(waits) {
			return true
		}
		var p bool
		if done = s.pair(e.op(), &p, me, o.flags.is(byLink)); p {
			e.flags |= paired
		}
		return !done
	})
	if !done {
		s.keep(entry{trace: o.trace, key: o.parent, node: o.node, peer: o.peer, micros: o.micros, at: tick, flags: o.flags | waits})
	}
}

// pair makes an edge of a parent and a child that named it, unless both are of
// one service. It reports that the child need wait no longer, and through
// found that the parent has its other side.
func (s *shard) pair(p *op, found *bool, c side, link bool) bool {
	messaging := p.flags.kind() == kindProducer || c.flags.kind() == kindConsumer || (p.flags | c.flags).is(peerQueue)
	if link && c.flags.kind() != kindConsumer && !c.flags.is(peerQueue) {
		return true // a link that says something else than "this message"
	}
	*found = p.node != c.node || c.flags.kind() == kindServer || c.flags.kind() == kindConsumer
	if p.node == c.node && !messaging {
		s.count.internal++
		return true
	}
	if link {
		s.count.linked++
	} else {
		s.count.paired++
	}
	bad := (p.flags | c.flags).is(failed)
	switch {
	case messaging && p.flags.is(peerQueue) && c.flags.is(peerQueue):
		// Both named their queue themselves and were counted when they came.
	case messaging && p.flags.is(peerQueue):
		s.add(edge{c.node, p.peer}, c.micros, c.flags.is(failed))
	case messaging && c.flags.is(peerQueue):
		s.add(edge{p.node, c.peer}, p.micros, p.flags.is(failed))
	case p.node == c.node:
		s.count.internal++
	case p.flags.kind() == kindClient: // the caller's view has the network in it
		s.add(edge{p.node, c.node}, p.micros, bad)
	default:
		s.add(edge{p.node, c.node}, c.micros, bad)
	}
	return true
}

// keep puts an entry into the hold; when it is full the oldest goes early.
func (s *shard) keep(e entry) {
	for s.hold.full() {
		if !s.whole {
			s.count.shed++
		}
		s.end(s.hold.oldest(), s.whole)
		s.hold.pop()
	}
	if !s.hold.add(e) {
		s.count.shed++
	}
}

// expire ends what has waited long enough.
func (s *shard) expire(tick uint32) {
	for {
		e := s.hold.oldest()
		if e == nil || tick-e.at < s.wait || tick < e.at {
			return
		}
		s.end(e, true)
		s.hold.pop()
	}
}

// end decides what becomes of an entry that goes. Without patience it goes
// early, and only what never has another side (a database does not send
// spans) may still be told.
func (s *shard) end(e *entry, patience bool) {
	if e.flags.is(waits) {
		if !e.flags.is(gone) {
			s.count.expired++
		}
		return
	}
	if k := e.flags.kind(); k != kindClient && k != kindProducer || e.flags.is(peerQueue) {
		return
	}
	covered := (e.peer != 0 || e.flags.is(paired)) && s.covered(e.trace, e.parent, e.node)
	switch {
	case e.flags.is(paired), covered:
	case e.peer == 0:
		s.count.unnamed++
	case patience || e.flags.is(peerData):
		s.count.virtual++
		s.add(edge{e.node, e.peer}, e.micros, e.flags.is(failed))
	}
}

// covered tells whether a client span's call is told by the client span around
// it. Two layers of one service (an AWS call and its HTTP request) are one
// call: a database or queue that the outer names counts, else the inner one.
// It is asked when a span comes and when it goes, since either may be first.
func (s *shard) covered(trace, parent uint64, node uint32) (yes bool) {
	if parent == 0 {
		return false
	}
	s.hold.find(trace, parent, func(p *entry) bool {
		if !p.flags.is(waits) && p.node == node && p.flags.kind() == kindClient {
			if p.flags.is(peerData | peerQueue) {
				yes = true
			} else {
				p.flags |= paired
			}
		}
		return true
	})
	return yes
}

func (s *shard) add(e edge, micros uint32, bad bool) {
	t := s.edges[e]
	if t == nil {
		if len(s.edges) >= s.limit {
			s.count.dropped++
			return
		}
		if last := len(s.spare) - 1; last >= 0 {
			t, s.spare = s.spare[last], s.spare[:last]
			*t = tally{}
		} else {
			t = &tally{}
		}
		s.edges[e] = t
	}
	t.add(micros, bad, s.now)
}
