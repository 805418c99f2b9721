package audit

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

func scanSweep(scan func(...any) error) (s Sweep, err error) {
	var last, next int64
	err = scan(&s.Policy, &last, &next, &s.Dropped)
	s.LastAt, s.NextAt = db.Time(last), db.Time(next)
	return s, err
}

func sweeps(q db.Querier) (map[string]Sweep, error) {
	list, err := db.Collect(q, func(r *db.Rows) (Sweep, error) { return scanSweep(r.Scan) },
		"SELECT policy, last_at, next_at, dropped FROM retention_sweep ORDER BY policy LIMIT 1000")
	out := make(map[string]Sweep, len(list))
	for _, s := range list {
		out[s.Policy] = s
	}
	return out, err
}

// lockSweep returns a policy's state, making it at first.
func lockSweep(tx *db.Tx, policy string) (Sweep, error) {
	if _, err := tx.Exec("INSERT INTO retention_sweep (policy, last_at, next_at, dropped) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING", policy); err != nil {
		return Sweep{}, err
	}
	return scanSweep(tx.QueryRow("SELECT policy, last_at, next_at, dropped FROM retention_sweep WHERE policy = $1"+tx.ForUpdate(), policy).Scan)
}

func saveSweep(tx *db.Tx, s Sweep) error {
	_, err := tx.Exec("UPDATE retention_sweep SET last_at = $1, next_at = $2, dropped = $3 WHERE policy = $4",
		db.Micros(s.LastAt), db.Micros(s.NextAt), s.Dropped, s.Policy)
	return err
}

// Idempotency is the policy for answers kept for repeated requests. They are
// of no use after a day (see package api).
func Idempotency(keep time.Duration) Policy {
	return Policy{Name: "idempotency", What: "answers kept for repeated requests", Keep: max(keep, 24*time.Hour),
		Sweep: func(tx *db.Tx, before time.Time, limit int) (int64, error) {
			return tx.Exec(`DELETE FROM idempotency WHERE (actor, key) IN
				(SELECT actor, key FROM idempotency WHERE at < $1 ORDER BY at LIMIT $2)`, db.Micros(before), limit)
		}}
}
