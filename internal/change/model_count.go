package change

import "github.com/evenkeel/evenkeel/internal/db"

// countModel counts completed changes of a model.
func (s *Service) countModel(tx *db.Tx, name string, changes, failed int) error {
	return addModelUse(tx, name, changes, failed)
}
