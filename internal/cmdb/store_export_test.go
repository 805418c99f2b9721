package cmdb

import (
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

var jobActor = actor.Job("test")

// rewriteHistory does what nobody may: it alters what was.
func rewriteHistory(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE ci_past SET name = 'other' WHERE kind = 'application'")
	return err
}
