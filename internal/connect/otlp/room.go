package otlp

import (
	"encoding/binary"
	"hash/maphash"
	"math"
)

// room is what one request needs while it is read, kept for the next.
type room struct {
	a       *Aggregator
	w       walker
	ops     []op
	from    resource
	attrs   attrs
	scratch []byte
	rc      Receipt
	latest  uint64 // end of the newest span, for files
	first   uint64 // start of the oldest
}

func newRoom(a *Aggregator) *room {
	r := &room{a: a, scratch: make([]byte, 0, 512), first: math.MaxUint64}
	r.w.begin = func(raw []byte) (err error) {
		r.from, err = a.names.from(raw)
		return err
	}
	r.w.take = r.take
	return r
}

const maxRoom = 16 << 10 // operations; larger rooms are not kept

// reset makes it ready for the next request.
func (r *room) reset() {
	r.ops, r.rc, r.latest, r.first = r.ops[:0], Receipt{}, 0, math.MaxUint64
}

func (r *room) release() {
	if cap(r.ops) > maxRoom {
		r.ops = nil
	}
	r.reset()
	r.w.resource = nil
	r.w.span = wireSpan{links: r.w.span.links[:0]}
	r.attrs = attrs{} // refer to the body no longer
	if cap(r.w.span.links) > maxRoom {
		r.w.span.links = nil
	}
	clear(r.w.span.links[:cap(r.w.span.links)])
	r.a.rooms.Put(r)
}

// The flags of a span that say whether its parent is of another process:
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto, SpanFlags.
const (
	flagKnowsRemote = 0x100
	flagRemote      = 0x200
)

// take makes operations of one span.
func (r *room) take(s *wireSpan) error {
	switch {
	case r.from.node != 0:
	case r.from.crowded:
		r.rc.Crowded++
		return nil
	default:
		r.rc.Unnamed++
		return nil
	}
	if len(s.trace) != 16 || len(s.id) != 8 || zero(s.trace) || zero(s.id) || len(s.parent) != 0 && len(s.parent) != 8 {
		r.rc.Nameless++
		return nil
	}
	r.rc.Spans++
	r.first, r.latest = min(r.first, s.start), max(r.latest, s.end)
	o := op{trace: maphash.Bytes(r.a.seed, s.trace), id: binary.BigEndian.Uint64(s.id), node: r.from.node}
	if len(s.parent) == 8 {
		o.parent = binary.BigEndian.Uint64(s.parent)
	}
	if s.end > s.start {
		o.micros = uint32(min((s.end-s.start)/1000, math.MaxUint32)) //nolint:gosec // bounded
	}
	kind := s.kind
	if kind < 0 || kind > kindConsumer {
		kind = kindUnspecified
	}
	o.flags = flags(kind) //nolint:gosec // 0 to 5
	if s.status == statusError {
		o.flags |= failed
	}
	if s.flags&flagKnowsRemote != 0 {
		if s.flags&flagRemote != 0 {
			o.flags |= waits
		}
	} else if kind == kindServer || kind == kindConsumer || kind == kindUnspecified {
		o.flags |= waits
	}
	if s.body != nil && kind >= kindClient {
		r.attrs.has, r.attrs.old = 0, 0
		if err := attributes(s.body, 9, r.attrs.see); err != nil {
			return err
		}
		if r.attrs.has != 0 {
			var what pointer
			o.peer, what, r.scratch = r.a.names.to(&r.attrs, r.from, r.scratch)
			switch {
			case o.peer == 0:
			case what == toQueue:
				o.flags |= peerQueue
			case what == toDatabase:
				o.flags |= peerData
			}
			if kind == kindConsumer && what != toQueue {
				o.peer, o.flags = 0, o.flags&^peerData
			}
		}
	}
	r.ops = append(r.ops, o)
	for i, l := range s.links {
		if i == maxLinks {
			r.a.links.Add(uint64(len(s.links) - maxLinks)) //nolint:gosec // a count
			break
		}
		if len(l[0]) == 16 && len(l[1]) == 8 && kind != kindProducer {
			o.trace, o.parent = maphash.Bytes(r.a.seed, l[0]), binary.BigEndian.Uint64(l[1])
			o.flags |= byLink
			r.ops = append(r.ops, o)
		}
	}
	return nil
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
