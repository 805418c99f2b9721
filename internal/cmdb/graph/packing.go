package graph

import (
	"slices"
	"time"
)

const (
	packShare = 1000 // one in so many relations in overlays is too many
	packLeast = 4096 // but not below this many forms
	packBatch = 32   // pages that are packed under one lock
	packRest  = 9    // rest after packing, in times of what it took
)

// packSoon starts packing in the background when overlays have grown; the
// caller holds the lock.
func (g *Graph) packSoon(v *View) {
	if g.packing || v.overlay < max(packLeast, v.present/packShare) || v.overlay < v.present/20 && time.Now().Before(g.rest) {
		return
	}
	g.packing = true
	g.idle.Add(1)
	go func() {
		defer g.idle.Done()
		g.pack()
	}()
}

// Wait returns when no packing is under way.
func (g *Graph) Wait() { g.idle.Wait() }

// Compact packs all overlays now. Readers and, between a few pages and the
// next ones, writers go on.
func (g *Graph) Compact() {
	g.Wait()
	g.mu.Lock()
	if g.packing {
		g.mu.Unlock()
		g.Wait()
		return
	}
	g.packing = true
	g.mu.Unlock()
	g.pack()
}

func (g *Graph) pack() {
	start := time.Now()
	for next := 0; ; {
		g.mu.Lock()
		w := *g.view.Load()
		w.pages = slices.Clone(w.pages)
		for n := 0; n < packBatch && next < len(w.pages); next++ {
			p := &w.pages[next]
			if p.outOver == nil && p.inOver == nil {
				continue
			}
			for _, l := range overlays(p) {
				w.overlay -= len(l)
			}
			p.out, p.in, p.outOver, p.inOver = packOut(p), packIn(p), nil, nil
			n++
		}
		g.view.Store(&w)
		done := next >= len(w.pages)
		if done {
			g.packing = false
			g.rest = time.Now().Add(packRest * time.Since(start))
		}
		g.mu.Unlock()
		if done {
			return
		}
	}
}

func overlays(p *page) [][]form {
	if p.outOver == nil {
		return nil
	}
	return p.outOver.list
}

// packOut is the base of a page with its overlay in it.
func packOut(p *page) *outBase {
	if p.outOver == nil {
		return p.out
	}
	b := &outBase{}
	old := p.out
	if old != nil {
		b.recs, b.past = make([]rec, 0, len(old.recs)+16), make([]form, 0, len(old.past)+16)
	}
	var pastAt offsets
	for n := range uint32(pageSize) {
		b.at[n], pastAt[n] = uint32(len(b.recs)), uint32(len(b.past))
		patch := p.outOver.of(n)
		b.recs = mergeOut(old, n, patch, 0, b.recs)
		b.past = mergePast(old.was(n), patch, b.past, formKey, formUntil)
	}
	b.at[pageSize], pastAt[pageSize] = uint32(len(b.recs)), uint32(len(b.past))
	b.recs, b.past = slices.Clip(b.recs), slices.Clip(b.past)
	b.seal(pastAt)
	return b
}

// seal sets what follows from recs and past.
func (b *outBase) seal(pastAt offsets) {
	if len(b.past) > 0 {
		b.pastAt = &pastAt
	}
	for i := range b.recs {
		b.settled = max(b.settled, b.recs[i].since)
	}
	for i := range b.past {
		b.settled = max(b.settled, b.past[i].since, b.past[i].until)
	}
}

// packIn is the same for who needs the items.
func packIn(p *page) *inBase {
	if p.inOver == nil {
		return p.in
	}
	b := &inBase{}
	old := p.in
	size := 16
	if old != nil {
		size += len(old.subject)
	}
	b.subject, b.flag, b.since = make([]uint32, 0, size), make([]uint8, 0, size), make([]uint32, 0, size)
	var pastAt offsets
	for n := range uint32(pageSize) {
		b.at[n], pastAt[n] = uint32(len(b.subject)), uint32(len(b.past))
		patch := p.inOver.of(n)
		mergeIn(old, n, patch, 0, func(f inForm) {
			b.subject, b.flag, b.since = append(b.subject, f.subject), append(b.flag, f.flag), append(b.since, f.since)
		})
		b.past = mergePast(old.was(n), patch, b.past, inFormKey, inFormUntil)
	}
	b.at[pageSize], pastAt[pageSize] = uint32(len(b.subject)), uint32(len(b.past))
	b.subject, b.flag, b.since, b.past = slices.Clip(b.subject), slices.Clip(b.flag), slices.Clip(b.since), slices.Clip(b.past)
	b.seal(pastAt)
	return b
}

func (b *inBase) seal(pastAt offsets) {
	if len(b.past) > 0 {
		b.pastAt = &pastAt
	}
	for _, s := range b.since {
		b.settled = max(b.settled, s)
	}
	for i := range b.past {
		b.settled = max(b.settled, b.past[i].since, b.past[i].until)
	}
}

func formUntil(f *form) uint32     { return f.until }
func inFormUntil(f *inForm) uint32 { return f.until }

// mergePast appends the closed forms of an item, those of a patch in place of
// those of the base with the same key.
func mergePast[T any](was, patch, out []T, key func(*T) uint64, until func(*T) uint32) []T {
	for len(was) > 0 || len(patch) > 0 {
		if len(patch) == 0 || len(was) > 0 && key(&was[0]) < key(&patch[0]) {
			out, was = append(out, was[0]), was[1:]
			continue
		}
		k := key(&patch[0])
		for len(was) > 0 && key(&was[0]) == k {
			was = was[1:]
		}
		for ; len(patch) > 0 && key(&patch[0]) == k; patch = patch[1:] {
			if until(&patch[0]) != 0 {
				out = append(out, patch[0])
			}
		}
	}
	return out
}
