package oncall

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Rota is a compiled schedule with its covers. It is immutable and safe for
// concurrent use.
type Rota struct {
	spec   Spec
	layers []layer // from the top
	people []int64 // everybody whom the layers name, rising

	covers []Cover // by number
	breaks []int64 // Unix seconds at which the covers in force change, rising
	force  [][]int // indexes of covers in force from each break on
	gone   map[int64]bool
}

// Spec returns what the rota was compiled from.
func (r *Rota) Spec() Spec { return r.spec }

// Zone returns the schedule's time zone.
func (r *Rota) Zone() *time.Location { return r.layers[0].clock.loc }

// People returns everybody whom the layers name, rising. It must not be
// changed.
func (r *Rota) People() []int64 { return r.people }

// With returns the rota with covers, its schedule's and absences, on top and
// without the people who are gone. Removed ones are left out; an absence counts
// for those whom the rota knows.
func (r *Rota) With(covers []Cover, gone func(person int64) bool) *Rota {
	n := &Rota{spec: r.spec, layers: r.layers, people: r.people}
	known := map[int64]bool{}
	for _, p := range r.people {
		known[p] = true
	}
	for _, c := range covers {
		if c.Kind != Absence {
			known[c.Person] = true
		}
	}
	if gone != nil {
		for p := range known {
			if gone(p) {
				if n.gone == nil {
					n.gone = map[int64]bool{}
				}
				n.gone[p] = true
			}
		}
	}
	for _, c := range covers {
		if c.Removed.IsZero() && c.From.Before(c.To) && (c.Kind != Absence || known[c.Instead]) {
			n.covers = append(n.covers, c)
			n.breaks = append(n.breaks, c.From.Unix(), c.To.Unix())
		}
	}
	slices.SortFunc(n.covers, func(a, b Cover) int { return int(a.ID - b.ID) })
	slices.Sort(n.breaks)
	n.breaks = slices.Compact(n.breaks)
	n.force = make([][]int, len(n.breaks))
	for i, c := range n.covers {
		first, _ := slices.BinarySearch(n.breaks, c.From.Unix())
		for b := first; n.breaks[b] < c.To.Unix(); b++ {
			n.force[b] = append(n.force[b], i)
		}
	}
	if n.gone != nil {
		n.layers = slices.Clone(r.layers)
		for i := range n.layers {
			n.layers[i].leave(n.gone, n.covers)
		}
	}
	return n
}

// leave makes a layer count at no time when nobody of it is left and nobody
// stands in, so that a gap for ever is seen as one.
func (l *layer) leave(gone map[int64]bool, covers []Cover) {
	for _, s := range l.shifts {
		for _, p := range s {
			if !gone[p] || slices.ContainsFunc(covers, func(c Cover) bool { return c.Kind != Absence && c.Instead == p }) {
				return
			}
		}
	}
	l.open, l.shut = ever, ever
}

// state is who is on call at an instant, and between which instants the parts
// that decided it stay as they are.
type state struct {
	people       []int64
	layer        string
	cover        int64
	key          uint64 // of shifts and covers that decided; equal in adjoining states: one duty
	since, until int64
}

// part adds something that decided to the key, mixed as in MurmurHash3's
// finaliser, so that other parts give other keys.
func (s *state) part(a, b int64) {
	for _, v := range [2]int64{a, b} {
		k := s.key ^ uint64(v)*0x9e3779b97f4a7c15
		k = (k ^ k>>33) * 0xff51afd7ed558ccd
		k = (k ^ k>>33) * 0xc4ceb9fe1a85ec53
		s.key = (k ^ k>>33) | 1 // never that of a gap
	}
}

func (s *state) within(since, until int64) {
	s.since, s.until = max(s.since, since), min(s.until, until)
}

// state is the one function that decides who is on call.
func (r *Rota) state(t int64) state {
	s := state{since: never, until: ever}
	var force []int
	if len(r.breaks) > 0 {
		i := sort.Search(len(r.breaks), func(i int) bool { return r.breaks[i] > t })
		if i > 0 {
			force = r.force[i-1]
			s.since = r.breaks[i-1]
		}
		if i < len(r.breaks) {
			s.until = r.breaks[i]
		}
		if r.everybody(force, &s) {
			return s
		}
	}
	for i := range r.layers {
		l := &r.layers[i]
		u := l.at(t)
		s.within(u.since, u.until)
		if !u.on {
			continue
		}
		people := l.people(u.shift)
		if len(force) > 0 || r.gone != nil {
			if people = r.standIns(people, force, &s); len(people) == 0 {
				continue
			}
		}
		if s.people == nil {
			s.people, s.layer = people, l.name
		} else {
			s.people = join(s.people, people)
		}
		s.part(int64(i)+1, u.shift)
		if !l.beside {
			break
		}
	}
	return s
}

// join returns both lists as a new one, everybody once.
func join(a, b []int64) []int64 {
	out := slices.Clone(a)
	for _, p := range b {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// far bounds how far the ends of a duty are looked for: two years. A gap can
// be without end in ways that only stepping finds.
const far = 2 * 366 * daySeconds

func same(a, b state) bool { return a.key == b.key && slices.Equal(a.people, b.people) }

// grow joins later states of the same duty.
func (r *Rota) grow(s state, limit int64) state {
	for s.until != ever {
		n := r.state(s.until)
		if !same(s, n) {
			return s
		}
		if s.until = n.until; s.until >= limit {
			s.until = ever
		}
	}
	return s
}

// back joins earlier states of the same duty.
func (r *Rota) back(s state, limit int64) state {
	for s.since != never {
		n := r.state(s.since - 1)
		if !same(s, n) {
			return s
		}
		if s.since = n.since; s.since <= limit {
			s.since = never
		}
	}
	return s
}

func (s state) duty() Duty {
	d := Duty{People: s.people, Layer: s.layer, Cover: s.cover}
	if s.since != never {
		d.From = time.Unix(s.since, 0).UTC()
	}
	if s.until != ever {
		d.Until = time.Unix(s.until, 0).UTC()
	}
	return d
}

// At returns who is on call at an instant.
func (r *Rota) At(t time.Time) Duty {
	u := t.Unix()
	return r.back(r.grow(r.state(u), u+far), u-far).duty()
}

// Who returns only the people, and until when that is certain: another duty
// may bring the same people, and the same duty may go on. It is At without the
// search for the duty's ends. until is zero: for ever.
func (r *Rota) Who(t time.Time) (people []int64, until time.Time) {
	s := r.state(t.Unix())
	return s.people, s.duty().Until
}

// Next returns the next duty after the one at t that brings other people; ok
// is false when none does within two years.
func (r *Rota) Next(t time.Time) (d Duty, ok bool) {
	u := t.Unix()
	now := r.grow(r.state(u), u+far)
	for s := now; s.until < u+far; {
		s = r.grow(r.state(s.until), s.until+far)
		if len(s.people) > 0 && !alike(s.people, now.people) {
			return s.duty(), true
		}
	}
	return Duty{}, false
}

// Stay is until when the people on call at an instant stay, whichever layers
// bring them; zero: for at least two years.
func (r *Rota) Stay(t time.Time) time.Time {
	u := t.Unix()
	now := r.state(u)
	for s := now; s.until < u+far; {
		next := r.state(s.until)
		if !alike(next.people, now.people) {
			return time.Unix(s.until, 0).UTC()
		}
		s = next
	}
	return time.Time{}
}

// alike reports whether both lists name the same people.
func alike(a, b []int64) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(p int64) bool { return !slices.Contains(b, p) })
}

// Between returns the duties that touch [a, b), in order, gaps included. Each
// is whole: the first may begin before a, the last end after b.
func (r *Rota) Between(a, b time.Time) []Duty {
	out, _ := r.between(a, b, math.MaxInt)
	return out
}

// between is Between with at most so many duties; all is false when there are
// more.
func (r *Rota) between(a, b time.Time, most int) (out []Duty, all bool) {
	if !a.Before(b) {
		return nil, true
	}
	end := b.Unix()
	if b.Nanosecond() > 0 {
		end++
	}
	s := r.back(r.state(a.Unix()), a.Unix()-far)
	for {
		s = r.grow(s, max(s.since, a.Unix())+far)
		out = append(out, s.duty())
		if s.until >= end {
			return out, true
		}
		if len(out) >= most {
			return out, false
		}
		s = r.state(s.until)
	}
}
