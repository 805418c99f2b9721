package notify

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Cancel ends what was to follow: the later legs of urgent messages about a
// record that are not out yet, because somebody took care ("acknowledged by
// Mara"). First legs go out whatever happens, so that whoever is to know of an
// incident knows; a leg that is being sent at this moment is not tried again
// when it fails. It is part of the transaction that gives the reason.
func (s *Service) Cancel(tx *db.Tx, record ref.Ref, why string) error {
	return s.cancel(tx, record, why, func(row) bool { return true })
}

// CancelFor is Cancel for what was to follow to one person, who answered: they
// need not be told by another way, too. The others still are.
func (s *Service) CancelFor(tx *db.Tx, record ref.Ref, person int64, why string) error {
	return s.cancel(tx, record, why, func(r row) bool { return r.Person == person })
}

func (s *Service) cancel(tx *db.Tx, record ref.Ref, why string, of func(row) bool) error {
	rows, err := cancelable(tx, record)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if !of(r) {
			continue
		}
		before := r.digest()
		r.cancel = Clip(clean(why), 200)
		if r.State == Sending {
			if err := noRetry(tx, r.ID, r.cancel); err != nil {
				return err
			}
			continue
		}
		r.State, r.DueAt, r.EndedAt, r.Error = Canceled, time.Time{}, tx.Now, r.cancel
		recordMessage(tx, r, "message.canceled", before)
		if err := settle(tx, r); err != nil {
			return err
		}
	}
	return nil
}
