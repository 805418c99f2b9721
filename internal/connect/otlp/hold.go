package otlp

// entry is a span that is kept for a while, in one of two roles: as one that
// others may name as their parent, or as one that waits for its parent (or for
// the producer that a link of it names). No pointers, so that a million of
// them cost the garbage collector nothing.
type entry struct {
	trace  uint64 // keyed hash of the trace id
	key    uint64 // its own span id; the one it waits for, when it waits
	parent uint64 // its own parent, for the first role
	node   uint32 // the application that sent it
	peer   uint32 // what its attributes point to; 0: nothing
	micros uint32 // how long it took
	at     uint32 // when it came, ticks
	flags  flags
}

// flags are what is known of a span in one bit each, and its kind.
type flags uint16

const (
	kindMask  flags = 7
	failed    flags = 1 << 3
	waits     flags = 1 << 4 // the second role
	byLink    flags = 1 << 5 // waits because of a link
	peerQueue flags = 1 << 6 // peer is a queue
	peerData  flags = 1 << 7 // peer is a database or cache
	paired    flags = 1 << 8 // the other side was found, or another span tells the same
	gone      flags = 1 << 9 // out of the index; its place is freed in turn
)

func (f flags) kind() int32     { return int32(f & kindMask) }
func (f flags) is(b flags) bool { return f&b != 0 }

// hold keeps entries in the order in which they came, bounded, with an index
// by trace and key in which several entries may share one.
//
// The entries are a ring; the index is a table with linear probing whose slots
// carry 32 bits of the hash, so that most probes touch one cache line.
type hold struct {
	limit int
	ring  []entry
	head  int // the oldest
	n     int
	index []slot // power of two, at most half full
	live  int    // slots in use
}

type slot struct {
	hash uint32
	pos  uint32 // 1 + place in the ring; 0: empty
}

// maxProbes bounds what a sender that repeats one id can cost; further entries
// of the same id are shed.
const maxProbes = 128

const firstHold = 1 << 10

func newHold(limit int) *hold {
	h := &hold{limit: max(limit, 16)}
	h.resize(min(firstHold, ceil2(h.limit)))
	return h
}

func ceil2(n int) int {
	c := 1
	for c < n {
		c <<= 1
	}
	return c
}

// mix spreads trace and key over the index (the finaliser of splitmix64);
// trace is already a keyed hash, so that nobody outside can make collisions.
func mix(trace, key uint64) uint32 {
	x := trace ^ key*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return uint32(x >> 32) //nolint:gosec // the upper half
}

// full tells that the oldest must go before another can come.
func (h *hold) full() bool { return h.n >= h.limit }

// add keeps an entry; false when too many share its place. There is room.
func (h *hold) add(e entry) bool {
	if h.n == len(h.ring) || 2*(h.live+1) > len(h.index) {
		h.resize(2 * len(h.ring))
	}
	mask := uint32(len(h.index) - 1) //nolint:gosec // at most 2^31
	hash := mix(e.trace, e.key)
	for i, probes := hash&mask, 0; probes < maxProbes; i, probes = (i+1)&mask, probes+1 {
		if h.index[i].pos == 0 {
			pos := (h.head + h.n) & (len(h.ring) - 1)
			h.ring[pos] = e
			h.n++
			h.live++
			h.index[i] = slot{hash, uint32(pos) + 1} //nolint:gosec // at most 2^30
			return true
		}
	}
	return false
}

// find calls f for every entry of a key until it returns false. f may change
// the entry but not the hold.
func (h *hold) find(trace, key uint64, f func(e *entry) bool) {
	mask := uint32(len(h.index) - 1) //nolint:gosec // at most 2^31
	hash := mix(trace, key)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := h.index[i]
		if s.pos == 0 {
			return
		}
		if s.hash == hash {
			e := &h.ring[s.pos-1]
			if e.trace == trace && e.key == key && !f(e) {
				return
			}
		}
	}
}

// oldest is the entry that came first; nil when there is none.
func (h *hold) oldest() *entry {
	if h.n == 0 {
		return nil
	}
	return &h.ring[h.head]
}

// pop takes the oldest out.
func (h *hold) pop() {
	e := &h.ring[h.head]
	h.drop(mix(e.trace, e.key), uint32(h.head)+1) //nolint:gosec // at most 2^30
	h.head = (h.head + 1) & (len(h.ring) - 1)
	h.n--
}

// drop frees the slot of a place and moves those behind it up, so that no
// search ends too early (Knuth, volume 3, 6.4, algorithm R).
func (h *hold) drop(hash, pos uint32) {
	mask := uint32(len(h.index) - 1) //nolint:gosec // at most 2^31
	i := hash & mask
	for h.index[i].pos != pos {
		if h.index[i].pos == 0 {
			return
		}
		i = (i + 1) & mask
	}
	h.live--
	for j := i; ; {
		j = (j + 1) & mask
		s := h.index[j]
		if s.pos == 0 {
			break
		}
		if home := s.hash & mask; (j-home)&mask >= (j-i)&mask {
			h.index[i] = s
			i = j
		}
	}
	h.index[i] = slot{}
}

func (h *hold) resize(size int) {
	ring := make([]entry, size)
	for i := range h.n {
		ring[i] = h.ring[(h.head+i)&(len(h.ring)-1)]
	}
	h.ring, h.head = ring, 0
	h.index, h.live = make([]slot, 2*size), h.n
	mask := uint32(len(h.index) - 1) //nolint:gosec // at most 2^31
	for pos := range h.n {
		e := &h.ring[pos]
		hash := mix(e.trace, e.key)
		i := hash & mask
		for h.index[i].pos != 0 {
			i = (i + 1) & mask
		}
		h.index[i] = slot{hash, uint32(pos) + 1} //nolint:gosec // at most 2^30
	}
}
