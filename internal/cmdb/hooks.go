package cmdb

import "github.com/evenkeel/evenkeel/internal/db"

// Hooks are what the practice asks of others; wired by app before the start.
type Hooks struct {
	// Box seals the secrets of discoveries. Nil: they are refused.
	Box Box
	// Readers are the sources that run on a schedule, by name. Set before the
	// start and not changed after.
	Readers map[string]ScheduledSource
	// Drifted is called inside the transaction in which a baseline that asks
	// for an alert was looked at: n is how many differences nobody accepted or
	// explained, 0 when there are none any more. Nil: nobody is told.
	Drifted func(tx *db.Tx, b Baseline, n int64) error
	// Kick wakes due work by its name after a commit that may have made some
	// due. Nil: it is seen at the next poll.
	Kick func(source string)
}

// Box is what the practice needs of secret.Box.
type Box interface {
	Seal(plain []byte, bound string) []byte
	Open(sealed []byte, bound string) ([]byte, error)
	Renew(sealed []byte, bound string) (fresh []byte, changed bool)
}

func (h *Hooks) kick(tx *db.Tx, source string) {
	if h.Kick != nil {
		tx.After(func() { h.Kick(source) })
	}
}
