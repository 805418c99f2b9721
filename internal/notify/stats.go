package notify

import (
	"sync"
	"time"
)

// Stats counts deliveries since this process began. Package notifymetrics
// shows it to Prometheus.
type Stats struct {
	Queued   int                // messages put into the outbox
	Dead     int                // messages given up
	Repeats  int                // messages sent again because a sender stopped before recording: a receiver may have got a copy
	Attempts map[AttemptOf]int  // tries to deliver
	Took     map[bool]Histogram // from queued to taken by the other side; by urgent
}

// AttemptOf is what attempts are counted by.
type AttemptOf struct {
	Kind    ChannelKind
	Outcome Outcome
}

// Buckets are the upper bounds of Histogram in seconds.
var Buckets = [...]float64{.01, .025, .05, .1, .2, .5, 1, 2.5, 10, 60, 300, 3600}

// Histogram counts durations.
type Histogram struct {
	Count  uint64
	Sum    float64              // seconds
	Bucket [len(Buckets)]uint64 // how many took at most Buckets[i], cumulative
}

func (h *Histogram) observe(d time.Duration) {
	h.Count++
	h.Sum += d.Seconds()
	for i, bound := range Buckets {
		if d.Seconds() <= bound {
			h.Bucket[i]++
		}
	}
}

type stats struct {
	mu sync.Mutex
	v  Stats
}

func newStats() *stats {
	return &stats{v: Stats{Attempts: map[AttemptOf]int{}, Took: map[bool]Histogram{}}}
}

func (s *stats) add(f func(v *Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.v)
}

// Snapshot returns what was counted so far.
func Snapshot(s *Service) Stats {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	v := s.stats.v
	v.Attempts, v.Took = map[AttemptOf]int{}, map[bool]Histogram{}
	for k, n := range s.stats.v.Attempts {
		v.Attempts[k] = n
	}
	for k, h := range s.stats.v.Took {
		v.Took[k] = h
	}
	return v
}
