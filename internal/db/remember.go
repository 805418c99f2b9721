package db

import "sync"

// memory is what a snapshot or transaction has read and may be asked for
// again: a team's calendar for every row of a list, for example.
type memory struct {
	mu    sync.Mutex
	known map[any]any
}

func (s *Snapshot) remembered() *memory { return &s.memory }

// forget is called by statements that may change what was read.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.known)
}

// Remember reads something once in a snapshot or transaction: the second time
// for the same key it returns the same value, which nobody may change. Exec
// forgets everything; use it for what InsertMany and Later do not write. The
// key's type belongs to the caller, so that packages cannot meet.
func Remember[K comparable, V any](q Querier, key K, load func() (V, error)) (V, error) {
	holder, ok := q.(interface{ remembered() *memory })
	if !ok {
		return load()
	}
	m := holder.remembered()
	m.mu.Lock()
	v, ok := m.known[key]
	m.mu.Unlock()
	if ok {
		return v.(V), nil
	}
	value, err := load()
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[any]any{}
	}
	m.known[key] = value
	return value, nil
}
