package notify

import (
	"errors"

	"github.com/evenkeel/evenkeel/internal/db"
)

// KnownChannel reports whether there is a channel of the name that is in use.
// It checks no permission.
func KnownChannel(q db.Querier, name string) (bool, error) {
	c, err := channelByName(q, name)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil && !c.Spec.Disabled, err
}
