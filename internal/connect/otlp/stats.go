package otlp

func (c *counts) plus(o counts) {
	c.repeats += o.repeats
	c.paired += o.paired
	c.linked += o.linked
	c.virtual += o.virtual
	c.internal += o.internal
	c.expired += o.expired
	c.unnamed += o.unnamed
	c.shed += o.shed
	c.dropped += o.dropped
}

// Stats are counts since the start, and sizes now.
type Stats struct {
	Requests, Refused uint64 // bodies taken, and refused as malformed, too large, not allowed or for want of room
	Spans, Rejected   uint64 // spans taken, and refused for want of a service name or id
	Repeats           uint64 // spans that had come before
	Paired, Linked    uint64 // calls of which both sides were seen; messages joined by a span link
	Virtual           uint64 // calls to something that sends no spans
	Internal          uint64 // calls inside one service
	Expired           uint64 // server and consumer spans whose other side never came
	Unnamed           uint64 // client spans of which nothing says whom they called
	Shed              uint64 // spans that had to go before their time: raise MaxHeld or sample
	Dropped           uint64 // calls and links beyond the limits of nodes, edges and links; edges that the sink refuses
	Sent, Failures    uint64 // records told, and flushes that failed
	Postponed         uint64 // edges left for a later flush
	Held, Edges       int
	Nodes             int
	InFlight          int64 // bytes of bodies being received
}

// Stats is for /metrics. Counts of spans in the shards are as of now.
func (a *Aggregator) Stats() Stats {
	var c counts
	held := 0
	for _, s := range a.parts {
		s.mu.Lock()
		c.plus(s.count)
		held += s.hold.n
		s.mu.Unlock()
	}
	a.names.mu.RLock()
	nodes := len(a.names.byKey)
	a.names.mu.RUnlock()
	return Stats{Requests: a.requests.Load(), Refused: a.refused.Load(), Spans: a.spans.Load(), Rejected: a.rejected.Load(), Repeats: c.repeats,
		Paired: c.paired, Linked: c.linked, Virtual: c.virtual, Internal: c.internal, Expired: c.expired, Unnamed: c.unnamed, Shed: c.shed,
		Dropped: c.dropped + a.names.refused.Load() + a.counts.overflowed.Load() + a.counts.invalid.Load() + a.links.Load(), Sent: a.counts.sent.Load(), Failures: a.counts.failures.Load(),
		Postponed: a.counts.left.Load(), Held: held, Edges: int(a.counts.edges.Load()), Nodes: nodes, InFlight: a.inFlight.Load()}
}
