package cmdb

// memory keeps this replica's graph.
type memory struct{ s *Service }

func newMemory(s *Service) *memory { return &memory{s: s} }

func (m *memory) close() error { return nil }

func (m *memory) wake() {}
