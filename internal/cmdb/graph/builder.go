package graph

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// Builder makes a graph of very many relations at once, as at the start: it is
// faster than Apply and gives the same. Its methods may be called concurrently.
type Builder struct {
	mu    sync.Mutex
	g     *Graph
	w     change
	pages []bucket
}

// bucket collects the forms whose needing item is on a page.
type bucket struct {
	now    []rec
	nowOf  []uint16
	past   []form
	pastOf []uint16
}

// NewBuilder begins.
func NewBuilder() *Builder {
	g := New()
	return &Builder{g: g, w: change{View: *g.View()}}
}

// Group is the number of a group's text for the edges that are added.
func (b *Builder) Group(text string) uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.g.group(&b.w.View, text)
}

// Nodes adds facts of items.
func (b *Builder) Nodes(list ...NodeChange) error {
	if err := (Delta{Nodes: list}).check(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range list {
		b.w.node(n, b.g.kind(&b.w.View, n.Kind))
	}
	return nil
}

// Edges adds relations, whose groups are from Group. Many at once are faster.
func (b *Builder) Edges(list ...Edge) error {
	b.mu.Lock()
	groups := b.w.groups[1:] // only ever longer
	b.mu.Unlock()
	if err := (Delta{Edges: list, Groups: groups}).check(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range list {
		item, f := packed(e, e.Group)
		b.w.reach(max(item, f.object))
		for len(b.pages) < len(b.w.pages) {
			b.pages = append(b.pages, bucket{})
		}
		p, n := &b.pages[item>>pageBits], uint16(item&pageMask)
		if f.until == 0 {
			p.now, p.nowOf = append(p.now, f.rec), append(p.nowOf, n)
		} else {
			p.past, p.pastOf = append(p.past, f), append(p.pastOf, n)
		}
	}
	return nil
}

// Graph is the result; the builder is used up.
func (b *Builder) Graph() *Graph {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &b.w.View
	w.pages = slices.Clip(w.pages)
	parallel(len(b.pages), func(n int) {
		w.pages[n].out = b.pages[n].pack()
		b.pages[n] = bucket{}
	})
	w.mirrorAll()
	for i := range w.pages {
		if o := w.pages[i].out; o != nil {
			w.present, w.past = w.present+len(o.recs), w.past+len(o.past)
		}
	}
	b.g.view.Store(w)
	return b.g
}

// parallel calls f for 0 to n-1 on all cores.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for k := range workers {
		wg.Go(func() {
			for i := k; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// pack is the base of a page of what was collected, in any order.
func (p *bucket) pack() *outBase {
	if len(p.now)+len(p.past) == 0 {
		return nil
	}
	recs, at := byItem(p.now, p.nowOf)
	past, pastAt := byItem(p.past, p.pastOf)
	b := &outBase{recs: make([]rec, 0, len(recs))}
	if len(past) > 0 {
		b.past = make([]form, 0, len(past))
	}
	var wasAt offsets
	var all []form
	for n := range pageSize {
		b.at[n], wasAt[n] = uint32(len(b.recs)), uint32(len(b.past))
		now, was := recs[at[n]:at[n+1]], past[pastAt[n]:pastAt[n+1]]
		slices.SortFunc(now, func(a, b rec) int { return cmp.Compare(a.key(), b.key()) })
		if len(was) == 0 && unique(now) {
			b.recs = append(b.recs, now...)
			continue
		}
		all = all[:0]
		for _, r := range now {
			all = append(all, form{rec: r})
		}
		all = append(all, was...)
		slices.SortFunc(all, func(a, b form) int { return cmp.Compare(a.key(), b.key()) })
		for i := 0; i < len(all); {
			j := i + 1
			for j < len(all) && all[j].key() == all[i].key() {
				j++
			}
			for _, f := range settle(all[i:j]) {
				if f.until == 0 {
					b.recs = append(b.recs, f.rec)
				} else {
					b.past = append(b.past, f)
				}
			}
			i = j
		}
	}
	b.at[pageSize], wasAt[pageSize] = uint32(len(b.recs)), uint32(len(b.past))
	b.seal(wasAt)
	return b
}

func unique(list []rec) bool {
	for i := 1; i < len(list); i++ {
		if list[i].key() == list[i-1].key() {
			return false
		}
	}
	return true
}

// byItem sorts by the item of the page, by counting.
func byItem[T any](list []T, of []uint16) ([]T, *offsets) {
	var at, next offsets
	for _, n := range of {
		at[n+1]++
	}
	for n := range pageSize {
		at[n+1] += at[n]
	}
	next = at
	out := make([]T, len(list))
	for i, n := range of {
		out[next[n]] = list[i]
		next[n]++
	}
	return out, &at
}

// mirrorAll makes the inward half of all pages from the outward one. It comes
// out sorted, because it goes by needing items.
func (v *View) mirrorAll() {
	in := make([]inBase, len(v.pages))
	pastAt := make([]offsets, len(v.pages))
	for i := range v.pages {
		if o := v.pages[i].out; o != nil {
			for k := range o.recs {
				in[o.recs[k].object>>pageBits].at[o.recs[k].object&pageMask+1]++
			}
			for k := range o.past {
				pastAt[o.past[k].object>>pageBits][o.past[k].object&pageMask+1]++
			}
		}
	}
	next, nextPast := make([]offsets, len(v.pages)), make([]offsets, len(v.pages))
	for i := range in {
		b := &in[i]
		for n := range pageSize {
			b.at[n+1] += b.at[n]
			pastAt[i][n+1] += pastAt[i][n]
		}
		next[i], nextPast[i] = b.at, pastAt[i]
		if n := b.at[pageSize]; n > 0 {
			b.subject, b.flag, b.since = make([]uint32, n), make([]uint8, n), make([]uint32, n)
		}
		if n := pastAt[i][pageSize]; n > 0 {
			b.past = make([]inForm, n)
		}
	}
	for i := range v.pages {
		o := v.pages[i].out
		for n := uint32(0); o != nil && n < pageSize; n++ {
			item := uint32(i)<<pageBits | n
			for _, r := range o.now(n) {
				b, at := &in[r.object>>pageBits], &next[r.object>>pageBits][r.object&pageMask]
				b.subject[*at], b.flag[*at], b.since[*at] = item, r.flag(), r.since
				*at++
			}
		}
		for n := uint32(0); o != nil && o.pastAt != nil && n < pageSize; n++ {
			item := uint32(i)<<pageBits | n
			for _, f := range o.was(n) {
				at := &nextPast[f.object>>pageBits][f.object&pageMask]
				in[f.object>>pageBits].past[*at] = inForm{item, f.since, f.until, f.flag()}
				*at++
			}
		}
	}
	for i := range in {
		if in[i].at[pageSize] > 0 || len(in[i].past) > 0 {
			b := in[i]
			b.seal(pastAt[i])
			v.pages[i].in = &b
		}
	}
}
