package change

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Ingest makes signals durable and applies them; it returns after they are on
// disk. delivery is the sender's number of the delivery, or a digest of its
// body when it has none; one that was taken before is answered as a repeat and
// changes nothing. Errors: Invalid names what is wrong with a signal (nothing
// of the delivery is taken then), NotFound when settings refuse unknown
// services, with how to register one, Unavailable when too much is waiting.
//
// How it stays right in any order: what is kept is a set. Of each phase of a
// deployment the first and the latest time, of each key about a commit the
// newest word. The record of a change is computed from that set each time
// something is added to it, so that the same signals give the same record
// whatever order, however often they come. A number of a delivery only saves
// the work: a replay under another number adds nothing to a set either.
func (s *Service) Ingest(ctx context.Context, in Source, delivery string, signals []Signal) (Receipt, error) {
	who, err := requireAny(ctx, actor.Ingest, actor.Respond)
	if err != nil {
		return Receipt{}, err
	}
	if len(signals) == 0 {
		return Receipt{}, nil
	}
	r, err := prepare(who, in, delivery, signals)
	if err != nil {
		return Receipt{}, errs.Wrap("change.ingest", err)
	}
	if !s.queue.add(r, s.drain) {
		return Receipt{}, errs.E(errs.Unavailable, "too many deliveries are waiting; send this again").After(2 * time.Second)
	}
	select {
	case <-r.done:
		return r.receipt, errs.Wrap("change.ingest", r.err)
	case <-ctx.Done():
		return Receipt{}, errs.E(errs.Unavailable, "the request was given up; sending it again does no harm").Because(ctx.Err()).After(time.Second)
	}
}

// Group commit, as for alerts: whoever waits is taken along, without a timer.
// While one batch is flushed to disk the next one gathers.
const (
	maxDeliveries = 256  // in one transaction
	maxWaiting    = 4096 // that wait; then senders are told to come back
	maxBytes      = 64e6 // of all that wait
	MaxSignals    = 1000 // in one delivery
)

// delivery is one caller of Ingest.
type delivery struct {
	who     actor.Actor
	in      Source
	id      string
	facts   []factRow
	reports []report
	bytes   int
	notes   []string
	n       int // signals
	done    chan struct{}

	receipt Receipt // set by apply, again on each run
	err     error
}

// deliveries hands what waits to one worker at a time; the worker is a
// goroutine that lives only while there is work.
type deliveries struct {
	mu      sync.Mutex
	waiting []*delivery
	bytes   int
	working bool
}

func (q *deliveries) add(r *delivery, work func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= maxWaiting || q.bytes > 0 && q.bytes+r.bytes > maxBytes {
		return false
	}
	q.waiting = append(q.waiting, r)
	q.bytes += r.bytes
	if !q.working {
		q.working = true
		go work()
	}
	return true
}

// take returns the next batch, or nil when the worker shall end.
func (q *deliveries) take() []*delivery {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), maxDeliveries)
	if n == 0 {
		q.working, q.waiting = false, nil
		return nil
	}
	out := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	for _, r := range out {
		q.bytes -= r.bytes
	}
	return out
}

func (s *Service) drain() {
	for batch := s.queue.take(); batch != nil; batch = s.queue.take() {
		s.commitBatch(batch)
		for _, r := range batch {
			close(r.done)
		}
	}
}

// commitBatch applies a batch in one transaction. When that fails, each
// delivery is tried alone, so that a bad one fails alone. Faults of the
// database as a whole are not tried again: they would keep everybody waiting.
func (s *Service) commitBatch(batch []*delivery) {
	err := s.applyBatch(batch)
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
		if err := s.applyBatch(batch[i : i+1]); err != nil {
			batch[i].err = err
		}
	}
}

func (s *Service) applyBatch(batch []*delivery) error {
	ctx := context.Background() // the callers' patience must not undo what others wait for
	return s.DB.Write(ctx, actor.Job("ingest"), "what pipelines told", func(tx *db.Tx) error {
		b := &batchOf{s: s, tx: tx, job: tx.Actor, list: batch}
		return b.apply()
	})
}
