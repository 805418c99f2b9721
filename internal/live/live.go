// Package live tells open pages that records changed.
//
// A page that shows INC-1042 holds one server-sent event stream (all tabs of a
// browser share it) and hears "record INC-1042 is at version 17"; it then
// fetches what it shows with its own rights. Events carry keys and versions
// only, never content, and keys of records that the listener may not know of
// are left out.
//
// Invariants:
//
//   - Publish never waits for a listener. Each listener has a bounded set of
//     pending records; when it is full the listener gets one "resync" event
//     instead, which means: fetch everything you show.
//   - Nothing is promised across a gap: after every (re)connection a page
//     fetches anew. So there is no event id and no replay.
//   - A stream ends after a quarter of an hour, and the browser opens the next
//     one through the same door, so that a signed-out or disabled person stops
//     hearing. Close ends all streams, for a graceful shutdown.
//
// How it works: the changes come from the sequenced evidence log (the feed of
// package db), so a page cannot miss a row. Changes of the same record within
// one delivery are one event with the newest version.
package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Change says that a record has a new version.
type Change struct {
	Record  string `json:"record"`  // key, "INC-1042"
	Version int64  `json:"version"` // grows with every change of the record
}

// Visible reports which of the records the actor in ctx may know of. It is
// called with at most 256 records, in the listener's goroutine.
type Visible func(ctx context.Context, records []string) (map[string]bool, error)

// The bounds of the hub.
const (
	pendingMost = 256              // records one listener can be behind before it must resync
	listenMost  = 4096             // streams of this process
	lifetime    = 15 * time.Minute // of one stream
	heartbeat   = 20 * time.Second // below the idle time-outs of usual proxies
	writeMost   = 10 * time.Second // for one write to a slow listener
)

// Hub hands changes to listeners. Make it with New.
type Hub struct {
	visible Visible

	mu        sync.Mutex
	listeners map[*listener]struct{}
	closed    chan struct{}
	shut      bool
}

// listener is one open stream. pending is guarded by mu.
type listener struct {
	wake chan struct{} // holds one token when there is something to send

	mu      sync.Mutex
	pending map[string]int64
	resync  bool
}

// New makes a hub; a nil visible means that every record may be known by
// everyone with the read permission.
func New(visible Visible) *Hub {
	return &Hub{visible: visible, listeners: map[*listener]struct{}{}, closed: make(chan struct{})}
}

// Publish hands changes to all listeners. It never blocks.
func (h *Hub) Publish(changes []Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		l.add(changes)
	}
}

// Listeners is how many streams are open; a gauge.
func (h *Hub) Listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners)
}

// Close ends all streams and refuses new ones.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.shut {
		h.shut = true
		close(h.closed)
	}
}

func (h *Hub) join() (*listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shut {
		return nil, errs.E(errs.Unavailable, "the server is shutting down").After(5 * time.Second)
	}
	if len(h.listeners) >= listenMost {
		return nil, errs.E(errs.Unavailable, "too many open pages listen to this server; pages still work, reload them by hand").After(time.Minute)
	}
	l := &listener{wake: make(chan struct{}, 1), pending: map[string]int64{}}
	h.listeners[l] = struct{}{}
	return l, nil
}

func (h *Hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners, l)
}

func (l *listener) add(changes []Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range changes {
		if l.resync {
			break
		}
		if _, known := l.pending[c.Record]; !known && len(l.pending) >= pendingMost {
			l.resync = true
			clear(l.pending)
			break
		}
		l.pending[c.Record] = max(l.pending[c.Record], c.Version)
	}
	if len(l.pending) > 0 || l.resync {
		select {
		case l.wake <- struct{}{}:
		default: // it is awake already
		}
	}
}

// take empties what is pending: sorted changes, or resync.
func (l *listener) take() (changes []Change, resync bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	resync, l.resync = l.resync, false
	for r, v := range l.pending {
		changes = append(changes, Change{r, v})
	}
	clear(l.pending)
	slices.SortFunc(changes, func(a, b Change) int {
		if a.Record < b.Record {
			return -1
		}
		return 1
	})
	return changes, resync
}

// ServeHTTP is GET /live: the stream of the asking actor.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := actor.Require(r.Context(), actor.Read); err != nil {
		refuse(w, err)
		return
	}
	l, err := h.join()
	if err != nil {
		refuse(w, err)
		return
	}
	defer h.leave(l)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	s := &stream{w: w, c: http.NewResponseController(w)}
	s.send("retry: 2000\n\n")
	h.follow(r.Context(), l, s)
}

// follow sends until the listener goes, the time is over, or the hub closes.
func (h *Hub) follow(ctx context.Context, l *listener, s *stream) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	end := time.NewTimer(lifetime)
	defer end.Stop()
	for s.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-h.closed:
			return
		case <-end.C:
			return
		case <-beat.C:
			s.send(": still here\n\n")
		case <-l.wake:
			changes, resync := l.take()
			if !resync {
				changes, resync = h.seen(ctx, changes)
			}
			if resync {
				s.send("event: resync\ndata: {}\n\n")
				continue
			}
			for _, c := range changes {
				b, _ := json.Marshal(c) // a string and a number always marshal
				s.send(fmt.Sprintf("event: change\ndata: %s\n\n", b))
			}
		}
	}
}

// seen leaves out what the listener may not know of. When that cannot be
// found out, the listener is told to fetch anew: that asks with its own rights.
func (h *Hub) seen(ctx context.Context, changes []Change) (out []Change, resync bool) {
	if h.visible == nil || len(changes) == 0 {
		return changes, false
	}
	keys := make([]string, len(changes))
	for i, c := range changes {
		keys[i] = c.Record
	}
	ok, err := h.visible(ctx, keys)
	if err != nil {
		return nil, true
	}
	return slices.DeleteFunc(changes, func(c Change) bool { return !ok[c.Record] }), false
}

// stream writes events; the first failed write ends it.
type stream struct {
	w   http.ResponseWriter
	c   *http.ResponseController
	err error
}

func (s *stream) send(text string) {
	if s.err != nil {
		return
	}
	_ = s.c.SetWriteDeadline(time.Now().Add(writeMost)) // not every writer has deadlines; the flush then tells
	if _, s.err = s.w.Write([]byte(text)); s.err == nil {
		s.err = s.c.Flush()
	}
}

// refuse answers a stream that cannot be opened, in plain text: no page shows it.
func refuse(w http.ResponseWriter, err error) {
	e := errs.As(err)
	if e.Retry > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(e.Retry.Seconds())))
	}
	http.Error(w, e.Text, errs.Table[e.Kind].HTTP)
}
