// Package graph holds the map of items and relations in memory, so that "what
// breaks", "what does it need" and "why is it red" are answered in
// milliseconds at a million items and five million relations. The database is
// the truth; a graph can always be thrown away and loaded again.
//
// A relation is kept in the form "x needs y" (Kinds says who needs whom), in
// pages of 1,024 items. A page holds, for each of its items, the needs sorted
// by the needed item, and who needs it, sorted by the needing one; relations
// that mean no need lie there too, marked by their kind. What used to be lies
// apart, so that a question about now does not pay for it:
//
//	page → base (packed, now) · past (packed, closed intervals) · overlay (changed since)
//
// Invariants:
//   - A View never changes. Readers take it with one atomic load, hold no lock
//     and are never waited for; writers replace only the pages they touch.
//   - What a set of deltas gives does not depend on their order, nor on how
//     often one is applied (see settle): of two forms of a relation the one of
//     the higher Revision is the later one.
//   - The intervals of one relation never overlap.
//   - Nothing is allocated in proportion to the graph by a question: marks live
//     in arrays that are stamped with the number of the question and used again.
//
// When more than one in a thousand relations lies in overlays, they are packed
// in the background, page by page, at a tenth of one core at most.
package graph

import (
	"sync"
	"sync/atomic"
	"time"
)

// Graph is the map of one replica. All methods may be called concurrently.
type Graph struct {
	view atomic.Pointer[View]

	mu      sync.Mutex // writers; readers never take it
	groups  map[string]uint32
	kinds   map[string]uint16
	packing bool
	rest    time.Time // no packing before it
	idle    sync.WaitGroup
}

// New makes an empty graph.
func New() *Graph {
	g := &Graph{groups: map[string]uint32{"": 0}, kinds: map[string]uint16{"": 0}}
	g.view.Store(&View{groups: []string{""}, kinds: []string{""}, pool: newPool()})
	return g
}

// View is the graph as it is now.
func (g *Graph) View() *View { return g.view.Load() }

// AsOf is the graph as it was at t, in seconds since 1970 UTC.
func (g *Graph) AsOf(t int64) *View { return g.View().AsOf(t) }

// Stats is the size of a graph.
type Stats struct {
	Items     int   // that have facts
	Relations int   // present ones
	Past      int   // closed intervals
	Overlay   int   // forms that are not packed yet
	Bytes     int64 // of all pages, computed from their lengths
}

// Stats counts; it looks at pages, not at relations.
func (g *Graph) Stats() Stats { return g.View().Stats() }

// Stats counts what the view stands on.
func (v *View) Stats() Stats {
	s := Stats{Items: v.items, Relations: v.present, Past: v.past, Overlay: v.overlay, Bytes: int64(len(v.pages)) * 48}
	for i := range v.pages {
		s.Bytes += v.pages[i].bytes()
	}
	for _, text := range v.groups {
		s.Bytes += int64(len(text)) + 64
	}
	return s
}
