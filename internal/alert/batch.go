package alert

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Group commit: whoever waits is taken along. There is no timer: while one
// batch is flushed to disk the next one gathers.
const (
	maxRequests = 256   // requests in one transaction
	maxEvents   = 4096  // events in one transaction, unless one request has more
	maxWaiting  = 4096  // requests that wait; then senders are told to come back
	maxBytes    = 64e6  // bytes of events that wait
	MaxEvents   = 10000 // events in one request
)

// request is one caller of Ingest.
type request struct {
	in     Integration
	events []prepared
	bytes  int
	done   chan struct{}

	receipt Receipt // set by apply, again on each run
	err     error
}

// batcher hands waiting requests to one worker at a time. The worker is a
// goroutine that lives only while there is work.
type batcher struct {
	mu      sync.Mutex
	waiting []*request
	bytes   int
	working bool
}

// add queues a request; false when the queue is full.
func (b *batcher) add(r *request, work func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) >= maxWaiting || b.bytes > 0 && b.bytes+r.bytes > maxBytes {
		return false
	}
	b.waiting = append(b.waiting, r)
	b.bytes += r.bytes
	if !b.working {
		b.working = true
		go work()
	}
	return true
}

// take returns the next batch, or nil when the worker shall end.
func (b *batcher) take() []*request {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, events := 0, 0
	for n < len(b.waiting) && n < maxRequests && (n == 0 || events+len(b.waiting[n].events) <= maxEvents) {
		events += len(b.waiting[n].events)
		b.bytes -= b.waiting[n].bytes
		n++
	}
	if n == 0 {
		b.working, b.waiting = false, nil
		return nil
	}
	out := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	return out
}

// work drains the queue.
func (s *Service) work() {
	for batch := s.queue.take(); batch != nil; batch = s.queue.take() {
		s.commit(batch)
		for _, r := range batch {
			close(r.done)
		}
	}
}

// commit applies a batch in one transaction. When that fails, each request is
// tried alone, so that one bad item fails alone. Faults of the database as a
// whole are not tried again: they would only keep everybody waiting.
func (s *Service) commit(batch []*request) {
	err := s.applyAll(batch)
	if err == nil {
		return
	}
	if len(batch) == 1 || errs.Is(err, errs.Unavailable) {
		for _, r := range batch {
			r.err = err
		}
		return
	}
	for i := range batch {
		if err := s.applyAll(batch[i : i+1]); err != nil {
			batch[i].err = err
		}
	}
}

func (s *Service) applyAll(batch []*request) error {
	ctx := context.Background() // the callers' patience must not undo what others wait for
	return s.db.Write(ctx, actor.Job("ingest"), "events from integrations", func(tx *db.Tx) error {
		return s.apply(tx, batch)
	})
}

func (s *Service) ingest(ctx context.Context, in Integration, events []Event) (Receipt, error) {
	if len(events) == 0 {
		return Receipt{}, nil
	}
	r, err := newRequest(in, events)
	if err != nil {
		return Receipt{}, err
	}
	if !s.queue.add(r, s.work) {
		return Receipt{}, errs.E(errs.Unavailable, "too many events are waiting; send this again").After(2 * time.Second)
	}
	select {
	case <-r.done:
		return r.receipt, errs.Wrap("alert.ingest", r.err)
	case <-ctx.Done():
		return Receipt{}, errs.E(errs.Unavailable, "the request was given up; sending it again does no harm").Because(ctx.Err()).After(time.Second)
	}
}

func newRequest(in Integration, events []Event) (*request, error) {
	r := &request{in: in, done: make(chan struct{}), events: make([]prepared, len(events))}
	if err := prepare(events, r.events); err != nil {
		return nil, err
	}
	for i := range r.events {
		r.bytes += r.events[i].size()
	}
	return r, nil
}
