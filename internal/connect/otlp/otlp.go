// Package otlp receives OpenTelemetry traces and makes the map's observed edges
// of them: which application calls which, over which queues, into which
// databases and outside systems, how often, how well and how fast.
//
//	POST /v1/traces, /integrations/otlp/v1/traces   protobuf or JSON, gzip or plain
//	gRPC opentelemetry.proto.collector.trace.v1.TraceService/Export
//	ReadFile                                         OTLP JSON, as the collector's file exporter writes it
//
// Formats: https://opentelemetry.io/docs/specs/otlp/ and
// https://github.com/open-telemetry/opentelemetry-proto. Meaning of names:
// https://opentelemetry.io/docs/specs/semconv/.
//
//	bytes → walker → spans → shards (hold: parents, waiting children) → tallies
//	     → every 10 s: edges of this replica → records → Sink
//
// What is an edge:
//   - A span whose parent is of another service. Looked at are server and
//     consumer spans, spans of no stated kind, and any whose flags say that the
//     parent is remote.
//   - A consumer span and the producer span that a link of it names.
//   - A client or producer span whose other side did not come within the wait
//     and whose attributes name a database, cache, service or host.
//   - A messaging span and the queue it names; producer and consumer then meet
//     at the queue and have no edge of their own.
//   - Calls inside one service are none.
//
// Invariants:
//   - Spans of a trace come in any order, in any batches, twice; the edges are
//     the same. No span is kept longer than the wait.
//   - Memory is bounded: spans held, nodes, edges, bodies in flight. What finds
//     no room is counted (Stats), never lost in silence.
//   - A body is taken whole or refused whole; single spans without a service
//     name or a valid id are refused by count in the answer (partial success).
//   - Edges are kept until the sink took them. An edge that is as it was is
//     told again once an hour, so that steady traffic writes next to nothing.
//   - No attribute's value reaches the map but names of services, systems,
//     hosts, databases and queues.
//
// Replicas do not exchange spans: behind a balancer that spreads one trace over
// several, put the collector's loadbalancing exporter (routing by trace id) in
// front, or send all traces to one replica.
package otlp

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Source is the name of this source of observations.
const Source = "otlp"

// Sink takes what was seen, durably; provenance is Observed. It must stand the
// same records again.
type Sink interface {
	Seen(ctx context.Context, source, scope string, records []cmdb.Record) error
}

// Options are the limits and clocks; zero fields get the default named here.
type Options struct {
	Scope    string        // of the observations; "traces"
	Wait     time.Duration // for the other side of a span; 10 s
	Window   time.Duration // over which rates are worked out; 1 min
	Flush    time.Duration // how often edges are told; 10 s
	Again    time.Duration // how often an unchanged edge is told; 1 h
	MaxBody  int64         // bytes of one request, unpacked; 4 MiB
	InFlight int64         // bytes of all requests at once; 64 MiB
	MaxHeld  int           // spans waiting; 1,048,576 of 64 to 128 bytes each
	MaxNodes int           // applications, databases, queues, peers; 20,000
	MaxEdges int           // 100,000
	MaxTell  int           // records of one flush; 5,000: the rest comes next time
	Log      *slog.Logger
	Now      func() time.Time
}

func (o Options) filled() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	size := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	if o.Scope == "" {
		o.Scope = "traces"
	}
	set(&o.Wait, 10*time.Second)
	set(&o.Window, time.Minute)
	set(&o.Flush, 10*time.Second)
	set(&o.Again, time.Hour)
	if o.MaxBody <= 0 {
		o.MaxBody = 4 << 20
	}
	if o.InFlight <= 0 {
		o.InFlight = max(64<<20, 4*o.MaxBody)
	}
	size(&o.MaxHeld, 1<<20)
	size(&o.MaxNodes, 20_000)
	size(&o.MaxEdges, 100_000)
	size(&o.MaxTell, 5_000)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

const (
	shards   = 8
	tickSize = 100 * time.Millisecond
	maxLinks = 128 // of one span that are followed
)

// Aggregator joins spans into edges. It is safe for concurrent use.
type Aggregator struct {
	opt   Options
	sink  Sink
	seed  maphash.Seed
	start time.Time
	names *names
	parts [shards]*shard
	rooms sync.Pool // *room

	requests, spans, rejected, refused, links atomic.Uint64
	inFlight                                  atomic.Int64 // bytes of bodies
	counts                                    toldCounts

	flushing sync.Mutex // one flush at a time; guards what follows
	told     told
}

// New returns an aggregator that tells sink. Run it, or call Flush.
func New(sink Sink, opt Options) *Aggregator {
	opt = opt.filled()
	a := &Aggregator{opt: opt, sink: sink, seed: maphash.MakeSeed(), start: opt.Now(), names: newNames(opt.MaxNodes)}
	a.names.clock.Store(a.start.Unix())
	for i := range a.parts {
		a.parts[i] = &shard{hold: newHold(opt.MaxHeld / shards), edges: map[edge]*tally{}, limit: opt.MaxEdges, wait: uint32(opt.Wait / tickSize), now: a.start.Unix()} //nolint:gosec // a wait of minutes
	}
	a.rooms.New = func() any { return newRoom(a) }
	a.told = newTold(a.start)
	return a
}

// Receipt is what became of one request.
type Receipt struct {
	Spans    int // taken
	Unnamed  int // refused: their resource has no service.name
	Crowded  int // refused: there are too many applications
	Nameless int // refused: no valid trace or span id
}

// Rejected is how many spans were refused.
func (r Receipt) Rejected() int { return r.Unnamed + r.Crowded + r.Nameless }

// Reason says why, with the remedy; empty when nothing was refused.
func (r Receipt) Reason() string {
	switch {
	case r.Unnamed > 0:
		return "spans without service.name are not taken, since nothing says where they belong: set OTEL_SERVICE_NAME in the sending process"
	case r.Crowded > 0:
		return "there are more applications, databases and peers than this receiver takes: check for service names that change with every start"
	case r.Nameless > 0:
		return "spans need a trace id of 16 and a span id of 8 bytes that are not all zero"
	}
	return ""
}

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

// Take reads one ExportTraceServiceRequest in protobuf. It refers to body no
// longer when it returns. Errors: Invalid when body is none; nothing of it was
// taken then.
func (a *Aggregator) Take(body []byte) (Receipt, error) {
	r := a.rooms.Get().(*room)
	defer r.release()
	now := a.opt.Now()
	a.names.clock.Store(now.Unix())
	a.requests.Add(1)
	if err := r.w.walk(body); err != nil {
		return Receipt{}, errs.E(errs.Invalid, "the body is no ExportTraceServiceRequest in protobuf: %s; send OTLP traces to this address", err)
	}
	a.apply(r.ops, now)
	a.spans.Add(uint64(r.rc.Spans))         //nolint:gosec // a count
	a.rejected.Add(uint64(r.rc.Rejected())) //nolint:gosec // a count
	return r.rc, nil
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

// apply hands operations to their shards, each of which is locked once.
func (a *Aggregator) apply(ops []op, now time.Time) {
	tick := a.tick(now)
	var in [shards]bool
	for i := range ops {
		in[ops[i].trace%shards] = true
	}
	for n, s := range a.parts {
		if !in[n] {
			continue
		}
		s.mu.Lock()
		s.now = now.Unix()
		s.expire(tick)
		for i := range ops {
			if ops[i].trace%shards == uint64(n) { //nolint:gosec // below 8
				s.take(&ops[i], tick)
			}
		}
		s.mu.Unlock()
	}
}

func (a *Aggregator) tick(now time.Time) uint32 {
	return uint32(max(now.Sub(a.start), 0) / tickSize) //nolint:gosec // 13 years
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
