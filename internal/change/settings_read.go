package change

import (
	"sync"

	"github.com/evenkeel/evenkeel/internal/db"
)

// practiceCache is the settings as last read; their version tells whether they
// are still the same.
type practiceCache struct {
	mu sync.RWMutex
	p  Practice
	ok bool
}

// settings returns the settings as they are in this snapshot or transaction.
// Their version is read each time, the settings themselves when it changed.
func (s *Service) settings(q db.Querier) (Practice, error) {
	type once struct{}
	return db.Remember(q, once{}, func() (Practice, error) {
		version, err := practiceVersion(q)
		if err != nil {
			return Practice{}, err
		}
		s.practice.mu.RLock()
		p, ok := s.practice.p, s.practice.ok
		s.practice.mu.RUnlock()
		if ok && p.Version == version {
			return p, nil
		}
		p, err = readPractice(q)
		if err != nil {
			return Practice{}, err
		}
		if tx, writing := q.(*db.Tx); writing {
			tx.After(func() { s.practice.put(p) }) // true only once it commits
		} else {
			s.practice.put(p)
		}
		return p, nil
	})
}

func (c *practiceCache) put(p Practice) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.p, c.ok = p, true
}
