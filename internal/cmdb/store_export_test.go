package cmdb

import (
	"encoding/json"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

var jobActor = actor.Job("test")

// rewriteHistory does what nobody may: it alters what was.
func rewriteHistory(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE ci_past SET name = 'other' WHERE kind = 'application'")
	return err
}

// lastClaims are the last digests that the evidence gives of each record: by
// version, then by leaf.
func lastClaims(q db.Querier) (map[string]string, error) {
	type claim struct {
		Record        string
		Version       int64
		Before, After string
	}
	list, err := db.Collect(q, func(r *db.Rows) (c claim, err error) {
		var entry []byte
		if err = r.Scan(&entry); err != nil {
			return c, err
		}
		return c, json.Unmarshal(entry, &c)
	}, "SELECT entry FROM evidence ORDER BY leaf_id")
	best := map[string]claim{}
	for _, c := range list {
		if b, ok := best[c.Record]; (c.Before != "" || c.After != "") && (!ok || c.Version >= b.Version) {
			best[c.Record] = c
		}
	}
	out := map[string]string{}
	for k, c := range best {
		out[k] = c.After
	}
	return out, err
}
