package cmdb

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// memory keeps this replica's graph: it is loaded at the start, from the
// snapshot file or from the tables, and then follows the deltas of all
// transactions, of this process and of others.
//
// A delta may be taken in twice and in any order, so following need only not
// miss one. Each look takes what is above the highest number seen; once a
// second also what was written within the last minute below it and not seen
// yet, because on PostgreSQL numbers are given before they are committed.
type memory struct {
	s *Service
	g atomic.Pointer[graph.Graph]

	kick   chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup
	loaded chan struct{} // closed when the graph is there
	whole  chan struct{} // closed when the history is there, too

	mu    sync.Mutex
	found sync.Cond // on mu: top moved on
	top   int64     // the highest delta taken in; written by run
	body  string    // digest of its body

	seen  map[int64]bool // of the last minute; of run alone, as is dirty
	dirty int            // deltas since the last snapshot
}

const (
	followWindow  = time.Minute
	followPoll    = time.Second
	snapshotEvery = 10 * time.Minute
)

func newMemory(s *Service) *memory {
	m := &memory{s: s, kick: make(chan struct{}, 1), loaded: make(chan struct{}), whole: make(chan struct{}), seen: map[int64]bool{}}
	m.found.L = &m.mu
	m.g.Store(graph.New())
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	if s.opt.NoGraph {
		return m
	}
	s.db.OnChange(func([]db.Change) { m.wake() })
	m.done.Go(func() { m.run(ctx) })
	return m
}

// wake makes the graph follow now.
func (m *memory) wake() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// close stops following and keeps the graph for the next start.
func (m *memory) close() error {
	m.stop()
	m.done.Wait()
	select {
	case <-m.whole:
		return m.save()
	default:
		return nil // not all of it was there yet
	}
}

// run loads and follows until the context ends.
func (m *memory) run(ctx context.Context) {
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		err := m.load(ctx)
		if err == nil || ctx.Err() != nil {
			break
		}
		m.s.log.Error("loading the map into memory", "error", err, "again_in", wait)
		if !rest(ctx, wait) {
			return
		}
	}
	if ctx.Err() != nil {
		return
	}
	if err := m.follow(ctx, true); err != nil && ctx.Err() == nil {
		m.s.log.Warn("following changes of the map", "error", err)
	}
	close(m.loaded)
	poll, snapshot := time.NewTicker(followPoll), time.NewTicker(snapshotEvery)
	defer poll.Stop()
	defer snapshot.Stop()
	for {
		all := false
		select {
		case <-ctx.Done():
			return
		case <-m.kick:
		case <-poll.C:
			if m.s.db.Dialect().SQLite() {
				continue // one process: every change wakes
			}
			all = true
		case <-snapshot.C:
			if m.isWhole() && m.dirty > 0 {
				if err := m.save(); err != nil {
					m.s.log.Warn("writing the snapshot of the map", "error", err)
				}
			}
			continue
		}
		if err := m.follow(ctx, all); err != nil && ctx.Err() == nil {
			m.s.log.Warn("following changes of the map", "error", err)
		}
	}
}

func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (m *memory) isWhole() bool {
	select {
	case <-m.whole:
		return true
	default:
		return false
	}
}

// follow takes in deltas that are not in the graph yet; all: look below the
// highest one, too.
func (m *memory) follow(ctx context.Context, all bool) error {
	for {
		n := 0
		err := m.s.db.Read(ctx, func(q db.Querier) error {
			list, err := deltasAfter(q, m.top, 500)
			if err != nil {
				return err
			}
			if all && m.top > 0 {
				late, err := m.late(q)
				if err != nil {
					return err
				}
				list = append(late, list...)
			}
			n = len(list)
			return m.take(list)
		})
		if err != nil || n < 500 {
			return err
		}
		all = false
	}
}

// late finds deltas of the last minute that were committed after later ones.
func (m *memory) late(q db.Querier) ([]storedDelta, error) {
	ids, err := deltasWithin(q, m.top, followWindow.Microseconds())
	if err != nil {
		return nil, err
	}
	now := make(map[int64]bool, len(ids))
	var need []int64
	for _, id := range ids {
		now[id] = true
		if !m.seen[id] {
			need = append(need, id)
		}
	}
	m.seen = now // older ones are behind us
	return deltasByID(q, need)
}

func (m *memory) take(list []storedDelta) error {
	g := m.g.Load()
	for _, d := range list {
		delta, err := graph.Decode(d.body)
		if err == nil {
			err = g.Apply(delta)
		}
		if err != nil {
			return errs.Wrap("cmdb.follow", err)
		}
		m.seen[d.id] = true
		m.dirty++
		m.stand(d.id, digestOf(d.body))
	}
	return nil
}

// load fills the graph from the snapshot or from the tables. What was is read
// in the background: nobody should wait for history to see what is.
func (m *memory) load(ctx context.Context) error {
	started := time.Now()
	if g, err := m.fromSnapshot(ctx); err == nil {
		m.g.Store(g)
		close(m.whole)
		m.s.log.Debug("the map was read from its snapshot", "took", time.Since(started))
		return nil
	} else if !errors.Is(err, errNoSnapshot) {
		m.s.log.Info("the snapshot of the map is of no use; reading the tables", "reason", err)
	}
	var newest []storedDelta
	err := m.s.db.Read(ctx, func(q db.Querier) error { // before the tables: what comes meanwhile is taken in again
		top, err := newestDelta(q)
		if err == nil && top > 0 {
			newest, err = deltasByID(q, []int64{top})
		}
		return err
	})
	if err != nil {
		return err
	}
	g, err := m.s.loadGraph(ctx)
	if err != nil {
		return err
	}
	m.g.Store(g)
	for _, d := range newest {
		m.stand(d.id, digestOf(d.body))
	}
	m.s.log.Debug("the map was read from the tables", "took", time.Since(started), "stats", g.Stats())
	m.done.Go(func() {
		for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
			err := m.s.loadPast(ctx, g)
			if err == nil {
				close(m.whole)
				return
			}
			if ctx.Err() != nil || !rest(ctx, wait) {
				return
			}
			m.s.log.Warn("reading the history of the map", "error", err)
		}
	})
	return nil
}

// stand notes up to which delta the graph is.
func (m *memory) stand(top int64, digest string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if top > m.top {
		m.top, m.body = top, digest
	}
	m.found.Broadcast()
}
