package change

import "github.com/evenkeel/evenkeel/internal/db"

// addModelUse counts completed changes of a model since it was approved.
func addModelUse(tx *db.Tx, name string, used, failed int) error {
	return tx.Later("UPDATE change_model SET used = used + $2, failed = failed + $3 WHERE name = $1 AND state = 'approved'", name, used, failed)
}
