package change

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/db"
)

// countModel counts completed changes of a model, and takes its pre-approval
// away when too many of them failed.
func (s *Service) countModel(tx *db.Tx, name string, changes, failed int) error {
	if err := countModelUse(tx, name, changes, failed); err != nil {
		return err
	}
	if failed <= 0 {
		return nil
	}
	m, ok, err := findModel(tx, name, tx.ForUpdate())
	if err != nil || !ok || m.State != ModelApproved {
		return err
	}
	rate, uses := m.Limit()
	if m.Used < uses || float64(m.Failed) <= rate*float64(m.Used) {
		return nil
	}
	_, err = s.withdraw(tx, m, fmt.Sprintf("%d of its %d changes failed since %s; its rule allows %.0f %%", m.Failed, m.Used, m.Since.Format(dayText), rate*100))
	return err
}
