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
	"hash/maphash"
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
