package graph

import "encoding/binary"

// A page in a snapshot: one byte that tells which parts follow, then each part
// with its lengths before its arrays.
const (
	hasFacts = 1 << iota
	hasOut
	hasOutPast
	hasIn
	hasInPast
)

var le = binary.LittleEndian

// append writes a page as it would be when packed.
func (p *page) append(b []byte) []byte {
	out, in := packOut(p), packIn(p)
	var parts byte
	if p.facts != nil {
		parts |= hasFacts
	}
	if out != nil {
		parts |= hasOut
		if out.pastAt != nil {
			parts |= hasOutPast
		}
	}
	if in != nil {
		parts |= hasIn
		if in.pastAt != nil {
			parts |= hasInPast
		}
	}
	b = append(b, parts)
	if f := p.facts; f != nil {
		for n := range pageSize {
			b = le.AppendUint16(b, f.kind[n])
			b = append(b, f.state[n])
			b = le.AppendUint64(b, uint64(f.rev[n]))
		}
	}
	if out != nil {
		b = appendOffsets(b, &out.at)
		for i := range out.recs {
			b = out.recs[i].append(b)
		}
		if out.pastAt != nil {
			b = appendOffsets(b, out.pastAt)
			for i := range out.past {
				b = le.AppendUint32(out.past[i].rec.append(b), out.past[i].until)
			}
		}
	}
	if in != nil {
		b = appendOffsets(b, &in.at)
		for _, n := range in.subject {
			b = le.AppendUint32(b, n)
		}
		b = append(b, in.flag...)
		for _, n := range in.since {
			b = le.AppendUint32(b, n)
		}
		if in.pastAt != nil {
			b = appendOffsets(b, in.pastAt)
			for _, f := range in.past {
				b = le.AppendUint32(b, f.subject)
				b = le.AppendUint32(b, f.since)
				b = le.AppendUint32(b, f.until)
				b = append(b, f.flag)
			}
		}
	}
	return b
}

func appendOffsets(b []byte, at *offsets) []byte {
	for _, n := range at {
		b = le.AppendUint32(b, n)
	}
	return b
}

const recSize, pastSize, inPastSize = 32, 36, 13

func (r *rec) append(b []byte) []byte {
	var x [recSize]byte
	le.PutUint64(x[0:], uint64(r.id))
	le.PutUint64(x[8:], uint64(r.rev))
	le.PutUint32(x[16:], r.object)
	le.PutUint32(x[20:], r.since)
	le.PutUint32(x[24:], r.group)
	le.PutUint16(x[28:], r.need)
	x[30], x[31] = r.kind, r.mark
	return append(b, x[:]...)
}

func (r *rec) read(x *[recSize]byte) {
	r.id, r.rev = int64(le.Uint64(x[0:])), int64(le.Uint64(x[8:]))
	r.object, r.since, r.group = le.Uint32(x[16:]), le.Uint32(x[20:]), le.Uint32(x[24:])
	r.need, r.kind, r.mark = le.Uint16(x[28:]), x[30], x[31]
}

// bytes takes parts of a page from its frame.
type parts struct {
	b   []byte
	bad bool
}

// take is the next n bytes.
func (r *parts) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return make([]byte, 0)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// offsets reads where items begin, and how many there are of at least size
// bytes each.
func (r *parts) offsets(at *offsets, size int) int {
	b := r.take(4 * len(at))
	if r.bad {
		return 0
	}
	for n := range at {
		at[n] = le.Uint32(b[4*n:])
		if n == 0 && at[n] != 0 || n > 0 && at[n] < at[n-1] {
			r.bad = true
		}
	}
	n := int(at[pageSize])
	if n > len(r.b)/size {
		r.bad = true
	}
	if r.bad {
		return 0
	}
	return n
}

// read takes a page from its frame. What is wrong in it is an error, though
// its sum was right: a panic later would be worse.
func (p *page) read(b []byte, v *View) error {
	r := parts{b: b}
	which := r.take(1)
	if r.bad {
		return errDamaged
	}
	if which[0]&hasFacts != 0 {
		p.facts = r.facts(len(v.kinds))
	}
	top, groups := v.Top(), uint32(len(v.groups))
	good := func(f *rec) bool { return f.object < top && f.kind < kindMost && f.group < groups }
	if which[0]&hasOut != 0 {
		p.out = &outBase{}
		r.out(p.out, which[0]&hasOutPast != 0, good)
	}
	if which[0]&hasIn != 0 {
		p.in = &inBase{}
		r.in(p.in, which[0]&hasInPast != 0, top)
	}
	if r.bad || len(r.b) > 0 {
		return errDamaged
	}
	return nil
}

func (r *parts) facts(kinds int) *facts {
	b := r.take(11 * pageSize)
	f := &facts{}
	for n := 0; n < pageSize && !r.bad; n++ {
		x := b[11*n:]
		f.kind[n], f.state[n], f.rev[n] = le.Uint16(x), x[2], int64(le.Uint64(x[3:]))
		r.bad = int(f.kind[n]) >= kinds || f.state[n] > uint8(Retired)+1
	}
	return f
}

func (r *parts) out(o *outBase, past bool, good func(*rec) bool) {
	n := r.offsets(&o.at, recSize)
	o.recs = make([]rec, n)
	b := r.take(n * recSize)
	for i := range o.recs {
		o.recs[i].read((*[recSize]byte)(b[i*recSize:]))
		if !good(&o.recs[i]) {
			r.bad = true
			return
		}
	}
	var at offsets
	if past {
		n = r.offsets(&at, pastSize)
		o.past = make([]form, n)
		b = r.take(n * pastSize)
		for i := range o.past {
			f := &o.past[i]
			f.read((*[recSize]byte)(b[i*pastSize:]))
			f.until = le.Uint32(b[i*pastSize+recSize:])
			if !good(&f.rec) {
				r.bad = true
				return
			}
		}
	}
	o.seal(at)
}

func (r *parts) in(i *inBase, past bool, top uint32) {
	n := r.offsets(&i.at, 9)
	i.subject, i.flag, i.since = make([]uint32, n), make([]uint8, n), make([]uint32, n)
	subject := r.take(4 * n)
	copy(i.flag, r.take(n))
	since := r.take(4 * n)
	for k := 0; k < n && !r.bad; k++ {
		i.subject[k], i.since[k] = le.Uint32(subject[4*k:]), le.Uint32(since[4*k:])
		r.bad = i.subject[k] >= top
	}
	var at offsets
	if past {
		n = r.offsets(&at, inPastSize)
		i.past = make([]inForm, n)
		b := r.take(n * inPastSize)
		for k := 0; k < n && !r.bad; k++ {
			x := b[inPastSize*k:]
			i.past[k] = inForm{le.Uint32(x), le.Uint32(x[4:]), le.Uint32(x[8:]), x[12]}
			r.bad = i.past[k].subject >= top
		}
	}
	i.seal(at)
}

// count adds what a page holds to the view's numbers.
func (p *page) count(v *View) {
	if p.facts != nil {
		for _, s := range p.facts.state {
			if s != 0 {
				v.items++
			}
		}
	}
	if p.out != nil {
		v.present += len(p.out.recs)
		v.past += len(p.out.past)
	}
}
