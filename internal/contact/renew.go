package contact

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Renew seals every address anew that an earlier key sealed, so that the
// earlier key can be dropped. It returns how many it did.
func (s *Service) Renew(tx *db.Tx) (n int, err error) {
	list, err := allMethods(tx)
	for _, m := range list {
		fresh, changed := s.box.Renew(m.sealed, bound(m.ID))
		if !changed {
			continue
		}
		before := m.digest()
		m.sealed, m.Version, m.Updated = fresh, m.Version+1, tx.Now
		tx.Record(evidence.Entry{Action: "method.sealed", Record: m.Ref(), Version: m.Version, Before: before, After: m.digest()})
		if err := putMethod(tx, m); err != nil {
			return n, err
		}
		n++
	}
	return n, err
}
