package graph

import (
	"cmp"
	"slices"
)

// rec is a present relation as a page holds it, below the needing item: 32
// bytes. Times are seconds in 32 bits, which last until 2106.
type rec struct {
	id, rev              int64
	object, since, group uint32 // object is needed
	need                 uint16
	kind                 uint8
	mark                 uint8 // provenance, and hard in the highest bit
}

const hardMark = 0x80

// form is a rec with its end; until 0 is the present one.
type form struct {
	rec
	until uint32
}

// inForm is a form as the needed item sees it.
type inForm struct {
	subject, since, until uint32
	flag                  uint8
}

// The flag of a relation as the needed item sees it: kind in the lower five bits.
const (
	flagKind  = kindMost - 1
	flagHard  = 0x20
	flagGroup = 0x40
	flagNeed  = 0x80
)

func (r *rec) flag() uint8 {
	f := r.kind
	if r.mark&hardMark != 0 {
		f |= flagHard
	}
	if r.group != 0 {
		f |= flagGroup
	}
	if directions[r.kind] != NoNeed {
		f |= flagNeed
	}
	return f
}

// key orders the relations of one item.
func (r *rec) key() uint64 { return uint64(r.object)<<8 | uint64(r.kind) }

func (f inForm) key() uint64 { return uint64(f.subject)<<8 | uint64(f.flag&flagKind) }

// seconds packs a time; what lies outside is moved to the border.
func seconds(t int64) uint32 {
	return uint32(min(max(t, 0), 1<<32-1))
}

// edge unpacks.
func (r *rec) edge(subject uint32, until uint32) Edge {
	e := Edge{ID: r.id, From: subject, To: r.object, Kind: r.kind, Hard: r.mark&hardMark != 0, Group: r.group, Need: r.need, Provenance: r.mark &^ hardMark,
		Since: int64(r.since), Until: int64(until), Revision: r.rev}
	if directions[r.kind] == ToNeedsFrom {
		e.From, e.To = e.To, e.From
	}
	return e
}

// packed is the form of an edge and the needing item; group is of the graph.
func packed(e Edge, group uint32) (uint32, form) {
	needs, needed := e.Ends()
	f := form{rec: rec{id: e.ID, rev: e.Revision, object: needed, since: seconds(e.Since), group: group, need: e.Need, kind: e.Kind, mark: e.Provenance &^ hardMark}}
	if e.Until != 0 {
		f.until = max(seconds(e.Until), 1)
	}
	if e.Hard {
		f.mark |= hardMark
	}
	return needs, f
}

// settle makes of all known forms of one relation those that count, ordered by
// time: the one of the highest revision as it is, the others closed by what
// came later, those that were never visible dropped. Applying it to its own
// result and further forms gives what it would have given to all at once.
//
// Closed forms without a revision (read from the table of what was) are taken
// by their times; one of the same Since that has a revision takes their place.
func settle(forms []form) []form {
	slices.SortFunc(forms, later)
	forms = slices.CompactFunc(forms, sameForm)
	out := append(make([]form, 0, len(forms)), forms[0])
	next := forms[0].since // the earliest start of a higher revision
	for _, f := range forms[1:] {
		if f.rev > 0 {
			f.until = earlier(f.until, next)
			next = min(next, f.since)
		} else if !fit(out, &f) {
			continue
		}
		if f.until > f.since {
			out = append(out, f)
		}
	}
	out = append(out[:1], slices.DeleteFunc(out[1:], func(f form) bool { return f.until <= f.since })...)
	slices.SortFunc(out, byTime)
	return out
}

// byTime puts the present form last.
func byTime(a, b form) int {
	if (a.until == 0) != (b.until == 0) {
		return cmp.Compare(b.until, a.until)
	}
	return cmp.Or(cmp.Compare(a.since, b.since), -cmp.Compare(a.rev, b.rev))
}

// fit closes a form without a revision, and those around it, so that they do
// not overlap; false: another one stands in its place.
func fit(out []form, f *form) bool {
	if f.until == 0 {
		return false
	}
	for i := range out {
		switch o := &out[i]; {
		case o.since == f.since:
			return false
		case o.since > f.since:
			f.until = min(f.until, o.since)
		case o.until == 0:
			return false
		case o.until > f.since:
			o.until = f.since
		}
	}
	return true
}

// later orders forms of one relation, the one that counts most first.
func later(a, b form) int {
	return cmp.Or(-cmp.Compare(a.rev, b.rev), -cmp.Compare(a.since, b.since),
		-cmp.Compare(a.id, b.id), -cmp.Compare(a.group, b.group), -cmp.Compare(a.need, b.need), -cmp.Compare(a.mark, b.mark), -cmp.Compare(a.until, b.until))
}

// sameForm tells forms that were sent twice, open and closed.
func sameForm(a, b form) bool {
	return a.rev == b.rev && a.since == b.since && (a.rev > 0 || a.rec == b.rec)
}

// earlier is the first of two ends, of which 0 is none.
func earlier(a, b uint32) uint32 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
