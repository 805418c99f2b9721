package graph

// Changes is the difference between two views.
type Changes struct {
	Added, Removed []Edge
	Changed        []Change
	Total          int // how many there are, listed or not
}

// Change is a relation that is another one now.
type Change struct{ Old, New Edge }

// Diff tells what is different in another view of the same graph: now against
// a time, two times, or two views taken one after the other. At most limit
// changes are listed (0: all), all are counted. A relation that only has
// another Revision, Since or ID is not different.
func (v *View) Diff(to *View, limit int) Changes {
	return v.DiffOf(to, nil, limit)
}

// DiffOf tells it of relations that only items that count have: of which
// needs and needed end are both wanted. Nil wants all.
func (v *View) DiffOf(to *View, want func(item uint32) bool, limit int) Changes {
	var c Changes
	var a, b []rec
	room := func() bool {
		c.Total++
		return limit <= 0 || c.Total <= limit
	}
	for n := range max(len(v.pages), len(to.pages)) {
		if v.quiet(to, n) {
			continue
		}
		for item := uint32(n) << pageBits; item < uint32(n+1)<<pageBits; item++ {
			if want != nil && !want(item) {
				continue
			}
			var old, now []rec
			old, a = v.out(item, a)
			now, b = to.out(item, b)
			for len(old) > 0 || len(now) > 0 {
				switch {
				case len(now) == 0 || len(old) > 0 && old[0].key() < now[0].key():
					if wanted(want, old[0].object) && room() {
						c.Removed = append(c.Removed, old[0].edge(item, 0))
					}
					old = old[1:]
				case len(old) == 0 || old[0].key() > now[0].key():
					if wanted(want, now[0].object) && room() {
						c.Added = append(c.Added, now[0].edge(item, 0))
					}
					now = now[1:]
				default:
					if differ(&old[0], &now[0]) && wanted(want, now[0].object) && room() {
						c.Changed = append(c.Changed, Change{old[0].edge(item, 0), now[0].edge(item, 0)})
					}
					old, now = old[1:], now[1:]
				}
			}
		}
	}
	return c
}

func wanted(want func(uint32) bool, item uint32) bool { return want == nil || want(item) }

func differ(a, b *rec) bool {
	return a.group != b.group || max(a.need, 1) != max(b.need, 1) && a.group != 0 || a.mark != b.mark
}

// quiet tells that a page cannot differ: both views stand on the same packed
// page, and both look at it as it is now.
func (v *View) quiet(to *View, n int) bool {
	if n >= len(v.pages) || n >= len(to.pages) {
		return false
	}
	p, q := &v.pages[n], &to.pages[n]
	if p.out != q.out || p.outOver != q.outOver {
		return false
	}
	if v.at == to.at {
		return true
	}
	return p.outOver == nil && (p.out == nil || (v.at == 0 || v.at >= p.out.settled) && (to.at == 0 || to.at >= p.out.settled))
}
