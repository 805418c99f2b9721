package graph

import (
	"cmp"
	"slices"
)

// owned is a form and the item that needs.
type owned struct {
	item uint32
	form
}

// ownedIn is a form and the item that is needed.
type ownedIn struct {
	item uint32
	inForm
}

// change is a view in the making; its page table is its own.
type change struct {
	View
	fresh map[any]bool // parts that are its own, too
}

// reach makes room for an item's page.
func (w *change) reach(item uint32) *page {
	for int(item>>pageBits) >= len(w.pages) {
		w.pages = append(w.pages, page{})
	}
	return &w.pages[item>>pageBits]
}

// own marks a part as this change's; true if it was.
func (w *change) own(part any) bool {
	if w.fresh[part] {
		return true
	}
	if w.fresh == nil {
		w.fresh = map[any]bool{}
	}
	w.fresh[part] = true
	return false
}

func (w *change) node(c NodeChange, kind uint16) {
	p := w.reach(c.ID)
	n := c.ID & pageMask
	if p.facts == nil {
		p.facts = &facts{}
		w.own(p.facts)
	} else if f := p.facts; f.state[n] != 0 && later3(f.rev[n], c.Revision, uint32(f.kind[n])<<8|uint32(f.state[n]), uint32(kind)<<8|uint32(c.State+1)) {
		return
	} else if !w.fresh[f] {
		c := *f
		p.facts = &c
		w.own(p.facts)
	}
	if p.facts.state[n] == 0 {
		w.items++
	}
	p.facts.kind[n], p.facts.state[n], p.facts.rev[n] = kind, uint8(c.State)+1, c.Revision
}

// later3 tells whether what is known stays: it is newer, or equal and its
// content is at least as great (two contents under one revision are an error
// elsewhere; here the order must not matter).
func later3(rev, next int64, have, want uint32) bool {
	return rev > next || rev == next && have >= want
}

// edges takes forms in, item by item, so that each patch is written once.
func (w *change) edges(list []owned) {
	slices.SortFunc(list, func(a, b owned) int { return cmp.Or(cmp.Compare(a.item, b.item), cmp.Compare(a.key(), b.key())) })
	var mirror []ownedIn
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j].item == list[i].item {
			j++
		}
		mirror = w.item(list[i].item, list[i:j], mirror)
		i = j
	}
	slices.SortFunc(mirror, func(a, b ownedIn) int {
		return cmp.Or(cmp.Compare(a.item, b.item), cmp.Compare(a.inForm.key(), b.inForm.key()), cmp.Compare(a.since, b.since))
	})
	for i := 0; i < len(mirror); {
		j := i + 1
		for j < len(mirror) && mirror[j].item == mirror[i].item {
			j++
		}
		w.mirror(mirror[i].item, mirror[i:j])
		i = j
	}
}

// item settles the forms of one needing item and appends what the needed ends
// must know.
func (w *change) item(item uint32, list []owned, mirror []ownedIn) []ownedIn {
	p := w.reach(item)
	n := item & pageMask
	patch := p.outOver.of(n)
	var changed, forms []form
	for len(list) > 0 {
		k := list[0].key()
		forms = known(p.out, n, patch, k, forms[:0])
		had := slices.Clone(forms)
		for ; len(list) > 0 && list[0].key() == k; list = list[1:] {
			forms = append(forms, list[0].form)
		}
		now := settle(forms)
		if slices.Equal(now, had) {
			continue
		}
		w.count(had, -1)
		w.count(now, 1)
		changed = append(changed, now...)
		for _, f := range now {
			mirror = append(mirror, ownedIn{f.object, inForm{item, f.since, f.until, f.flag()}})
		}
	}
	if len(changed) > 0 {
		merged := replace(patch, changed, formKey)
		w.overlay += len(merged) - len(patch)
		if p.outOver != nil && w.fresh[p.outOver] {
			p.outOver.set(n, merged)
		} else {
			p.outOver = p.outOver.with(n, merged)
			w.own(p.outOver)
		}
	}
	return mirror
}

func (w *change) count(forms []form, sign int) {
	for _, f := range forms {
		if f.until == 0 {
			w.present += sign
		} else {
			w.past += sign
		}
	}
}

// mirror writes what a needed item must know.
func (w *change) mirror(item uint32, list []ownedIn) {
	p := w.reach(item)
	n := item & pageMask
	forms := make([]inForm, len(list))
	for i := range list {
		forms[i] = list[i].inForm
	}
	merged := replace(p.inOver.of(n), forms, inFormKey)
	if p.inOver != nil && w.fresh[p.inOver] {
		p.inOver.set(n, merged)
		return
	}
	p.inOver = p.inOver.with(n, merged)
	w.own(p.inOver)
}

// known appends all forms of one relation, ordered by time.
func known(b *outBase, n uint32, patch []form, k uint64, forms []form) []form {
	if i := find(patch, k, formKey); i < len(patch) && patch[i].rec.key() == k {
		for ; i < len(patch) && patch[i].rec.key() == k; i++ {
			forms = append(forms, patch[i])
		}
		return forms
	}
	was := b.was(n)
	for i := find(was, k, formKey); i < len(was) && was[i].rec.key() == k; i++ {
		forms = append(forms, was[i])
	}
	now := b.now(n)
	if i := find(now, k, recKey); i < len(now) && now[i].key() == k {
		forms = append(forms, form{rec: now[i]})
	}
	return forms
}

// replace is a sorted list in which the keys of another one are the other's.
func replace[T any](old, with []T, key func(*T) uint64) []T {
	out := make([]T, 0, len(old)+len(with))
	for len(old) > 0 && len(with) > 0 {
		a, b := key(&old[0]), key(&with[0])
		if a < b {
			out, old = append(out, old[0]), old[1:]
			continue
		}
		for len(old) > 0 && key(&old[0]) == b {
			old = old[1:]
		}
		for len(with) > 0 && key(&with[0]) == b {
			out, with = append(out, with[0]), with[1:]
		}
	}
	return append(append(out, old...), with...)
}
