package graph

import (
	"math/bits"
	"slices"
	"sort"
)

const (
	pageBits = 10
	pageSize = 1 << pageBits
	pageMask = pageSize - 1

	// ItemMost is the highest number of an item: page tables are dense.
	ItemMost = 1<<28 - 1
)

// page is what a view holds of 1,024 items. Parts may be nil. A part is never
// changed once a view holds it.
type page struct {
	facts   *facts
	out     *outBase
	in      *inBase
	outOver *overlay[form]
	inOver  *overlay[inForm]
}

// facts are what is known of the items themselves.
type facts struct {
	kind  [pageSize]uint16
	state [pageSize]uint8 // State + 1; 0: unknown
	rev   [pageSize]int64
}

// offsets tell where the relations of each item of a page begin.
type offsets [pageSize + 1]uint32

// outBase holds what the items of a page need: now in recs, formerly in past,
// both sorted by item and key, past then by time.
type outBase struct {
	at      offsets
	recs    []rec
	pastAt  *offsets // nil: none
	past    []form
	settled uint32 // nothing in it changed at or after this time, save by closing
}

// inBase holds who needs the items of a page, in columns: a walk reads only
// the first two.
type inBase struct {
	at      offsets
	subject []uint32
	flag    []uint8
	since   []uint32
	pastAt  *offsets
	past    []inForm
	settled uint32
}

func (o *outBase) now(n uint32) []rec {
	if o == nil {
		return nil
	}
	return o.recs[o.at[n]:o.at[n+1]]
}

func (o *outBase) was(n uint32) []form {
	if o == nil || o.pastAt == nil {
		return nil
	}
	return o.past[o.pastAt[n]:o.pastAt[n+1]]
}

func (i *inBase) was(n uint32) []inForm {
	if i == nil || i.pastAt == nil {
		return nil
	}
	return i.past[i.pastAt[n]:i.pastAt[n+1]]
}

// overlay holds the changed relations of the items of a page: per item all
// forms, present and past, of each key that changed since the page was packed.
// They hide what the base says of the key.
type overlay[T any] struct {
	bits [pageSize / 64]uint64 // which items
	list [][]T                 // of those, in order
}

// of is the patch of an item; nil for nearly all.
func (o *overlay[T]) of(n uint32) []T {
	if o == nil || o.bits[n>>6]&(1<<(n&63)) == 0 {
		return nil
	}
	return o.list[o.rank(n)]
}

func (o *overlay[T]) rank(n uint32) int {
	r := bits.OnesCount64(o.bits[n>>6] & (1<<(n&63) - 1))
	for _, w := range o.bits[:n>>6] {
		r += bits.OnesCount64(w)
	}
	return r
}

// with is a copy in which an item has another patch.
func (o *overlay[T]) with(n uint32, patch []T) *overlay[T] {
	c := &overlay[T]{}
	if o != nil {
		c.bits, c.list = o.bits, slices.Clone(o.list)
	}
	c.set(n, patch)
	return c
}

// set changes an overlay that no view holds yet.
func (o *overlay[T]) set(n uint32, patch []T) {
	r := o.rank(n)
	if o.bits[n>>6]&(1<<(n&63)) != 0 {
		o.list[r] = patch
		return
	}
	o.bits[n>>6] |= 1 << (n & 63)
	o.list = slices.Insert(o.list, r, patch)
}

// find is the first of a sorted list whose key is at least k.
func find[T any](list []T, k uint64, key func(*T) uint64) int {
	return sort.Search(len(list), func(i int) bool { return key(&list[i]) >= k })
}

func recKey(r *rec) uint64       { return r.key() }
func formKey(f *form) uint64     { return f.rec.key() }
func inFormKey(f *inForm) uint64 { return f.key() }

func (p *page) bytes() int64 {
	var n int64
	if p.facts != nil {
		n += 11 * pageSize
	}
	if o := p.out; o != nil {
		n += 4*(pageSize+1) + int64(cap(o.recs))*32 + int64(cap(o.past))*40
		if o.pastAt != nil {
			n += 4 * (pageSize + 1)
		}
	}
	if i := p.in; i != nil {
		n += 4*(pageSize+1) + int64(cap(i.subject))*4 + int64(cap(i.flag)) + int64(cap(i.since))*4 + int64(cap(i.past))*16
		if i.pastAt != nil {
			n += 4 * (pageSize + 1)
		}
	}
	if o := p.outOver; o != nil {
		for _, l := range o.list {
			n += int64(cap(l))*40 + 24
		}
	}
	if o := p.inOver; o != nil {
		for _, l := range o.list {
			n += int64(cap(l))*16 + 24
		}
	}
	return n
}
