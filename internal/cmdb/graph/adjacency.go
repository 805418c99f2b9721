package graph

func (v *View) page(item uint32) *page {
	if n := item >> pageBits; int(n) < len(v.pages) {
		return &v.pages[n]
	}
	return nil
}

// out are the relations of which item is the needing end, sorted by key. The
// result is of the page or of buf, which comes back for the next call.
func (v *View) out(item uint32, buf []rec) ([]rec, []rec) {
	p := v.page(item)
	if p == nil {
		return nil, buf
	}
	n := item & pageMask
	patch := p.outOver.of(n)
	if patch == nil && (v.at == 0 || p.out == nil || v.at >= p.out.settled) {
		return p.out.now(n), buf
	}
	buf = mergeOut(p.out, n, patch, v.at, buf[:0])
	return buf, buf
}

// mergeOut appends the relations of an item at a time (0: now).
func mergeOut(b *outBase, n uint32, patch []form, at uint32, buf []rec) []rec {
	now, was := b.now(n), b.was(n)
	if at == 0 {
		was = nil
	}
	if len(patch) == 0 {
		return mergeWas(now, was, at, buf)
	}
	for len(now) > 0 || len(was) > 0 || len(patch) > 0 {
		k := ^uint64(0)
		if len(now) > 0 {
			k = now[0].key()
		}
		if len(was) > 0 {
			k = min(k, was[0].rec.key())
		}
		hidden := false
		if len(patch) > 0 {
			if pk := patch[0].rec.key(); pk <= k {
				k, hidden = pk, true
			}
		}
		for ; len(patch) > 0 && patch[0].rec.key() == k; patch = patch[1:] {
			if alive(patch[0].since, patch[0].until, at) {
				buf = append(buf, patch[0].rec)
			}
		}
		for ; len(was) > 0 && was[0].rec.key() == k; was = was[1:] {
			if !hidden && alive(was[0].since, was[0].until, at) {
				buf = append(buf, was[0].rec)
			}
		}
		if len(now) > 0 && now[0].key() == k {
			if !hidden && alive(now[0].since, 0, at) {
				buf = append(buf, now[0])
			}
			now = now[1:]
		}
	}
	return buf
}

// mergeWas is the same for the many items of which nothing changed since they
// were packed.
func mergeWas(now []rec, was []form, at uint32, buf []rec) []rec {
	for i := range was {
		w := &was[i]
		if w.since > at || at >= w.until {
			continue
		}
		k := w.rec.key()
		for len(now) > 0 && now[0].key() < k {
			if now[0].since <= at || at == 0 {
				buf = append(buf, now[0])
			}
			now = now[1:]
		}
		buf = append(buf, w.rec)
	}
	if at == 0 {
		return append(buf, now...)
	}
	for i := range now {
		if now[i].since <= at {
			buf = append(buf, now[i])
		}
	}
	return buf
}

// alive tells whether an interval counts at a time; at 0 the open one does.
func alive(since, until, at uint32) bool {
	if at == 0 {
		return until == 0
	}
	return since <= at && (until == 0 || at < until)
}

// inBuf is the room for what in merges.
type inBuf struct {
	subject []uint32
	flag    []uint8
}

// in are the relations of which item is the needed end, by needing item and
// flag; sorted only if the view is of now. The results are of the page or of
// the buffer.
func (v *View) in(item uint32, buf *inBuf) ([]uint32, []uint8, *inBuf) {
	p := v.page(item)
	if p == nil {
		return nil, nil, buf
	}
	n := item & pageMask
	patch := p.inOver.of(n)
	if b := p.in; patch == nil && (v.at == 0 || b == nil || v.at >= b.settled) {
		if b == nil {
			return nil, nil, buf
		}
		from, to := b.at[n], b.at[n+1]
		return b.subject[from:to], b.flag[from:to], buf
	}
	if buf == nil {
		buf = &inBuf{}
	}
	if patch == nil {
		buf.asOf(p.in, n, v.at)
		return buf.subject, buf.flag, buf
	}
	buf.subject, buf.flag = buf.subject[:0], buf.flag[:0]
	mergeIn(p.in, n, patch, v.at, func(f inForm) {
		buf.subject, buf.flag = append(buf.subject, f.subject), append(buf.flag, f.flag)
	})
	return buf.subject, buf.flag, buf
}

// asOf takes who needed an item at a time; hubs have hundreds of thousands, so
// this is a plain filter over columns.
func (buf *inBuf) asOf(b *inBase, n uint32, at uint32) {
	from, to := b.at[n], b.at[n+1]
	was := b.was(n)
	most := int(to-from) + len(was)
	if cap(buf.subject) < most {
		buf.subject, buf.flag = make([]uint32, most+most/8), make([]uint8, most+most/8)
	}
	subject, flag := buf.subject[:most], buf.flag[:most]
	k := 0
	subjects, flags := b.subject[from:to], b.flag[from:to]
	for i, since := range b.since[from:to] {
		subject[k], flag[k] = subjects[i], flags[i]
		if since <= at {
			k++
		}
	}
	for i := range was {
		if w := &was[i]; w.since <= at && at < w.until {
			subject[k], flag[k] = w.subject, w.flag
			k++
		}
	}
	buf.subject, buf.flag = subject[:k], flag[:k]
}

// mergeIn emits who needs an item at a time (0: now), sorted by key.
func mergeIn(b *inBase, n uint32, patch []inForm, at uint32, emit func(inForm)) {
	var i, end uint32
	if b != nil {
		i, end = b.at[n], b.at[n+1]
	}
	was := b.was(n)
	if at == 0 {
		was = nil
	}
	for i < end || len(was) > 0 || len(patch) > 0 {
		k := ^uint64(0)
		var now inForm
		if i < end {
			now = inForm{subject: b.subject[i], since: b.since[i], flag: b.flag[i]}
			k = now.key()
		}
		if len(was) > 0 {
			k = min(k, was[0].key())
		}
		hidden := false
		if len(patch) > 0 {
			if pk := patch[0].key(); pk <= k {
				k, hidden = pk, true
			}
		}
		for ; len(patch) > 0 && patch[0].key() == k; patch = patch[1:] {
			if alive(patch[0].since, patch[0].until, at) {
				emit(patch[0])
			}
		}
		for ; len(was) > 0 && was[0].key() == k; was = was[1:] {
			if !hidden && alive(was[0].since, was[0].until, at) {
				emit(was[0])
			}
		}
		if i < end && now.key() == k {
			if !hidden && alive(now.since, 0, at) {
				emit(now)
			}
			i++
		}
	}
}
