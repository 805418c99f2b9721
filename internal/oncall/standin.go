package oncall

import "slices"

// everybody applies the newest override for everybody, if its person can come.
func (r *Rota) everybody(force []int, s *state) bool {
	for n := len(force) - 1; n >= 0; n-- {
		c := &r.covers[force[n]]
		if c.Kind == Absence || c.Instead != 0 || r.away(c.Person, c.ID, force) {
			continue
		}
		p, cover := r.follow(c.Person, c.ID, force[n+1:], force)
		s.people, s.cover = []int64{p}, cover
		s.part(-1, c.ID)
		s.part(-1, cover)
		return true
	}
	return false
}

// standIns replaces people by those who come instead and leaves out who is
// away.
func (r *Rota) standIns(people []int64, force []int, s *state) []int64 {
	out := make([]int64, 0, len(people))
	for _, p := range people {
		q, cover := r.follow(p, 0, force, force)
		if r.away(q, cover, force) || slices.Contains(out, q) {
			continue
		}
		out = append(out, q)
		if cover != 0 {
			s.cover = max(s.cover, cover)
			s.part(-2, cover)
		}
	}
	return out
}

// follow returns who stands in for a person in the end, by covers in the order
// in which they were said, and the last of those covers.
func (r *Rota) follow(person, said int64, covers, force []int) (int64, int64) {
	for _, i := range covers {
		c := &r.covers[i]
		if c.Kind != Absence && c.Instead == person && !r.away(c.Person, c.ID, force) {
			person, said = c.Person, c.ID
		}
	}
	return person, said
}

// away reports whether a person is gone, or has been away since something was
// said: who comes after having said to be away, comes.
func (r *Rota) away(person, said int64, force []int) bool {
	if r.gone[person] {
		return true
	}
	for _, i := range force {
		if c := &r.covers[i]; c.Kind == Absence && c.Instead == person && c.ID > said {
			return true
		}
	}
	return false
}
