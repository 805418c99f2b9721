package watchdog

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// row is the watchdog's one row.
type row struct {
	State
	next  time.Time
	found bool // false: another replica holds it
}

func load(q db.Querier, lock string) (r row, err error) {
	var looked, next int64
	var findings string
	err = q.QueryRow("SELECT looked_at, next_at, clean, incident, findings FROM watchdog WHERE id = 1"+lock).
		Scan(&looked, &next, &r.Clean, &r.Incident, &findings)
	if errors.Is(err, db.ErrNoRows) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.LookedAt, r.next, r.found = db.Time(looked), db.Time(next), true
	return r, json.Unmarshal([]byte(findings), &r.Findings)
}

func save(tx *db.Tx, r row) error {
	findings, err := json.Marshal(r.Findings)
	if err != nil {
		return err
	}
	return tx.Later("UPDATE watchdog SET looked_at = $1, next_at = $2, clean = $3, incident = $4, findings = $5 WHERE id = 1",
		db.Micros(r.LookedAt), db.Micros(r.next), r.Clean, r.Incident, string(findings))
}
