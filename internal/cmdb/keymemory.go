package cmdb

import (
	"hash/maphash"
	"sync"
)

// keyMemory remembers to which items the keys of a run's origin belong, from
// the part of the run with the items to the part with their relations. It holds
// 16 bytes for a key and no more than a million of them; what it does not know
// is looked up. Two hashes of together 96 bits stand for a key.
//
// It is right only while nobody ties observations to other items: it forgets
// all when ci_lock says that somebody did.
type keyMemory struct {
	mu    sync.Mutex
	moves int64
	a, b  maphash.Seed
	items map[uint64]knownKey
}

type knownKey struct{ item, check uint32 }

const keysRemembered = 1 << 20

func newKeyMemory() *keyMemory {
	return &keyMemory{a: maphash.MakeSeed(), b: maphash.MakeSeed(), items: map[uint64]knownKey{}}
}

// since forgets what was learned before observations were moved by hand.
func (m *keyMemory) since(moves int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.moves != moves {
		clear(m.items)
		m.moves = moves
	}
}

func (m *keyMemory) learn(keys map[string]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, item := range keys {
		if len(m.items) < keysRemembered {
			m.items[maphash.String(m.a, key)] = knownKey{uint32(item), uint32(maphash.String(m.b, key))}
		}
	}
}

// item is the item of a key; 0: not known.
func (m *keyMemory) item(key string) int64 {
	if m == nil {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.items[maphash.String(m.a, key)]
	if !ok || k.check != uint32(maphash.String(m.b, key)) {
		return 0
	}
	return int64(k.item)
}
