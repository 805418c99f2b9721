package otlp

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// told is what the sink knows already, and what is waiting for it.
type told struct {
	edges  map[edge]*known
	window time.Time // when the window that is being counted began
}

// toldCounts can be read while a flush waits for its sink.
type toldCounts struct {
	edges      atomic.Int64
	sent       atomic.Uint64 // records
	failures   atomic.Uint64
	left       atomic.Uint64 // edges left for later because a flush was full
	overflowed atomic.Uint64 // calls over edges beyond the limit
	invalid    atomic.Uint64 // edges that the sink refuses
}

func newTold(start time.Time) told { return told{edges: map[edge]*known{}, window: start} }

// known is one edge since it was first seen.
type known struct {
	now  tally     // of the running window
	from time.Time // when the running window, for this edge, began
	last int64     // second of the newest call
	flow cmdb.Flow // of the last whole window, or so far
	was  cmdb.Flow // as told
	at   time.Time // when told; zero: never
	due  bool
}

// perCall is how many records the sink gets at once: one transaction each.
const perCall = 500

// Run flushes until ctx ends, and once more then.
func (a *Aggregator) Run(ctx context.Context) {
	t := time.NewTicker(a.opt.Flush)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			a.flush(last)
			return
		case <-t.C:
			a.flush(ctx)
		}
	}
}

func (a *Aggregator) flush(ctx context.Context) {
	if err := a.Flush(ctx); err != nil {
		a.opt.Log.WarnContext(ctx, "edges seen in traces could not be stored; they are kept and tried again", "err", err)
	}
}

// Flush ends what has waited long enough and tells the sink what is new or
// has changed. After an error all that was not taken is told next time.
func (a *Aggregator) Flush(ctx context.Context) error {
	a.flushing.Lock()
	defer a.flushing.Unlock()
	now := a.opt.Now()
	a.names.clock.Store(now.Unix())
	a.gather(now)
	if now.Sub(a.told.window) >= a.opt.Window {
		a.close(now)
	}
	a.counts.edges.Store(int64(len(a.told.edges)))
	return a.tell(ctx, now)
}

// gather takes the tallies out of the shards.
func (a *Aggregator) gather(now time.Time) {
	tick := a.tick(now)
	for _, s := range a.parts {
		s.mu.Lock()
		s.now = now.Unix()
		s.expire(tick)
		edges, spare := s.edges, make([]*tally, 0, min(len(s.edges), 1024))
		s.edges = make(map[edge]*tally, len(edges))
		s.mu.Unlock()

		for e, t := range edges {
			a.merge(e, t, now)
			if len(spare) < cap(spare) {
				spare = append(spare, t)
			}
		}
		s.mu.Lock()
		s.spare = spare
		s.mu.Unlock()
	}
}

func (a *Aggregator) merge(e edge, t *tally, now time.Time) {
	a.names.mu.RLock()
	e.to = a.names.settle(e.to)
	a.names.mu.RUnlock()
	if e.from == e.to {
		return // it calls itself by a name that was not known as its own
	}
	k := a.told.edges[e]
	if k == nil {
		if len(a.told.edges) >= a.opt.MaxEdges {
			a.counts.overflowed.Add(t.calls)
			return
		}
		k = &known{from: maxTime(a.told.window, now.Add(-a.opt.Flush)), due: true}
		a.told.edges[e] = k
	}
	k.now.merge(t)
	k.last = max(k.last, t.last)
	if k.at.IsZero() { // not told yet: the first minute's figures are better than none
		k.flow = k.now.flow(max(now.Sub(k.from), a.opt.Flush), now)
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// close ends a window: flows are worked out, and edges that were not used for
// an hour forgotten; they are told as new when they come back.
func (a *Aggregator) close(now time.Time) {
	keep := map[uint32]bool{}
	for e, k := range a.told.edges {
		if now.Unix()-k.last >= forgetAfter && !k.due {
			delete(a.told.edges, e)
			continue
		}
		keep[e.from], keep[e.to] = true, true
		if k.now.calls > 0 {
			k.flow = k.now.flow(now.Sub(maxTime(k.from, a.told.window)), now)
			// Spread over a quarter of the time, so that edges that came together are not told again together.
			early := a.opt.Again / 4 * time.Duration((e.from*31+e.to)%64) / 64
			if now.Sub(k.at) >= a.opt.Again-early || now.Sub(k.at) >= a.settled() && marked(k.was, k.flow, a.opt.Window) {
				k.due = true
			}
			k.now = tally{}
		}
	}
	a.told.window = now
	a.names.sweep(keep)
}

// settled is how long a told flow stands at least: traffic that swings must
// not become a row a minute.
func (a *Aggregator) settled() time.Duration { return a.opt.Again / 12 }

// tell sends due edges with the nodes they need, oldest first in chunks.
func (a *Aggregator) tell(ctx context.Context, now time.Time) error {
	var due []edge
	for e, k := range a.told.edges {
		if k.due {
			due = append(due, e)
		}
	}
	slices.SortFunc(due, func(x, y edge) int {
		if c := a.told.edges[x].at.Compare(a.told.edges[y].at); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
	})
	for budget := a.opt.MaxTell; len(due) > 0; {
		if budget <= 0 {
			a.counts.left.Add(uint64(len(due)))
			return nil
		}
		rest := due
		p := a.page(&due, perCall, now)
		err := a.hand(ctx, p, now)
		if errs.Is(err, errs.Invalid) { // one of them is at fault; the others must not wait for it for ever
			for rest = rest[:len(rest)-len(due)]; len(rest) > 0; {
				p := a.page(&rest, 1, now)
				if err = a.hand(ctx, p, now); errs.Is(err, errs.Invalid) {
					a.opt.Log.WarnContext(ctx, "an edge seen in traces is refused by the map and left out", "err", err)
					p.done(a, now)
					a.counts.invalid.Add(1)
					err = nil
				}
				if err != nil {
					break
				}
			}
		}
		if err != nil {
			a.counts.failures.Add(1)
			return err
		}
		budget -= len(p.records)
	}
	return nil
}

// hand gives a page to the sink and notes that it took it.
func (a *Aggregator) hand(ctx context.Context, p *page, now time.Time) error {
	if len(p.records) > 0 {
		if err := a.sink.Seen(ctx, Source, a.opt.Scope, p.records); err != nil {
			return err
		}
	}
	p.done(a, now)
	a.counts.sent.Add(uint64(len(p.records)))
	return nil
}

// emitAll tells every edge with its nodes, in a fixed order.
func (a *Aggregator) emitAll(emit cmdb.Emit) error {
	due := slices.SortedFunc(maps.Keys(a.told.edges), func(x, y edge) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
	})
	for len(due) > 0 {
		p := a.page(&due, perCall, a.start)
		for _, r := range p.records {
			if err := emit(r); err != nil {
				return err
			}
		}
		p.done(a, a.start)
	}
	return nil
}

// page is one transaction's worth of records.
type page struct {
	records []cmdb.Record
	nodes   []*node
	edges   []*known
	flows   []cmdb.Flow
}

func (a *Aggregator) page(due *[]edge, room int, now time.Time) *page {
	p := &page{}
	a.names.mu.RLock()
	defer a.names.mu.RUnlock()
	taken := map[uint32]bool{}
	for len(*due) > 0 && len(p.records) < room {
		e := (*due)[0]
		*due = (*due)[1:]
		k := a.told.edges[e]
		from, to := a.names.nodes[e.from], a.names.nodes[e.to]
		if from == nil || to == nil {
			k.due = false
			continue
		}
		for i, n := range [2]*node{from, to} {
			id := [2]uint32{e.from, e.to}[i]
			if !taken[id] && (n.sent.IsZero() || n.fresh || now.Sub(n.sent) >= a.opt.Again) {
				taken[id] = true
				p.nodes = append(p.nodes, n)
				p.records = append(p.records, n.records()...)
			}
		}
		p.edges, p.flows = append(p.edges, k), append(p.flows, k.flow)
		p.records = append(p.records, relation(from, to, k.flow))
	}
	return p
}

// done notes what the sink took.
func (p *page) done(a *Aggregator, now time.Time) {
	a.names.mu.Lock()
	defer a.names.mu.Unlock()
	for _, n := range p.nodes {
		n.sent, n.fresh = now, false
	}
	for i, k := range p.edges {
		k.at, k.was, k.due = now, p.flows[i], false
	}
}
