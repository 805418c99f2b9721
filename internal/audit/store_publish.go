package audit

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

func scanPublication(scan func(...any) error) (p Publication, err error) {
	var at, next int64
	err = scan(&p.Target, &p.Size, &at, &p.Error, &p.Failures, &next)
	p.At, p.NextAt = db.Time(at), db.Time(next)
	return p, err
}

// publications returns the state of all targets that were ever used, by name.
func publications(q db.Querier) (map[string]Publication, error) {
	list, err := db.Collect(q, func(r *db.Rows) (Publication, error) { return scanPublication(r.Scan) },
		"SELECT target, size, at, error, failures, next_at FROM evidence_publish ORDER BY target LIMIT 1000")
	out := make(map[string]Publication, len(list))
	for _, p := range list {
		out[p.Target] = p
	}
	return out, err
}

// claimPublication reserves a target until a time; the result has no target
// when there is nothing to do or somebody else is at it.
func claimPublication(tx *db.Tx, target string, until time.Time) (Publication, error) {
	p, err := scanPublication(tx.QueryRow("SELECT target, size, at, error, failures, next_at FROM evidence_publish WHERE target = $1"+tx.ForUpdate(), target).Scan)
	if err == db.ErrNoRows {
		p = Publication{Target: target}
	} else if err != nil {
		return p, err
	}
	last, err := newestCheckpoint(tx)
	if err == db.ErrNoRows || err == nil && last.Size <= p.Size || p.NextAt.After(tx.Now) {
		return Publication{}, nil
	}
	if err != nil {
		return Publication{}, err
	}
	claimed := p
	claimed.NextAt = until
	return p, savePublication(tx, claimed)
}

func savePublication(tx *db.Tx, p Publication) error {
	_, err := tx.Exec(`INSERT INTO evidence_publish (target, size, at, error, failures, next_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (target) DO UPDATE SET size = excluded.size, at = excluded.at, error = excluded.error, failures = excluded.failures, next_at = excluded.next_at`,
		p.Target, p.Size, db.Micros(p.At), p.Error, p.Failures, db.Micros(p.NextAt))
	return err
}
