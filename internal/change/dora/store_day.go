package dora

import (
	"errors"

	"github.com/evenkeel/evenkeel/internal/db"
)

// unseal says that a day's facts changed. Days are unsealed in their order, so
// that two transactions cannot wait for each other.
func unseal(tx *db.Tx, days []int64, due int64) error {
	for _, day := range days {
		err := tx.Later(`INSERT INTO dora_day (day, n, sealed, due, data) VALUES ($1, 1, 0, $2, $3) ON CONFLICT (day) DO UPDATE
SET n = dora_day.n + 1, due = CASE WHEN dora_day.due = 0 OR dora_day.due > excluded.due THEN excluded.due ELSE dora_day.due END`, day, due, []byte{})
		if err != nil {
			return err
		}
	}
	return nil
}

const sealedDaysSQL = "SELECT day FROM dora_day WHERE day >= $1 AND day <= $2 AND sealed = n ORDER BY day"

// sealed returns the sealed days from one to another.
func sealed(q db.Querier, from, to int64) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (day int64, err error) { return day, r.Scan(&day) }, sealedDaysSQL, from, to)
}

const sealedSQL = "SELECT day, data FROM dora_day WHERE day >= $1 AND day <= $2 AND sealed = n ORDER BY day"

// eachSealed gives the packed facts of the sealed days from one to another, in
// their order.
func eachSealed(q db.Querier, from, to int64, use func(day int64, data []byte) error) error {
	rows, err := q.Query(sealedSQL, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var day int64
		var data []byte
		if err := rows.Scan(&day, &data); err != nil {
			return err
		}
		if err := use(day, data); err != nil {
			return err
		}
	}
	return rows.Err()
}

// dueDay is a day that is to be sealed.
type dueDay struct{ day, n int64 }

const dueSQL = "SELECT day, n FROM dora_day WHERE due > 0 AND due <= $1 ORDER BY due LIMIT $2"

func dueDays(q db.Querier, now int64, limit int) ([]dueDay, error) {
	return db.Collect(q, func(r *db.Rows) (d dueDay, err error) { return d, r.Scan(&d.day, &d.n) }, dueSQL, now, limit)
}

const firstDueSQL = "SELECT due FROM dora_day WHERE due > 0 ORDER BY due LIMIT 1"

// firstDue is when the next day is to be sealed; 0: none is.
func firstDue(q db.Querier) (at int64, err error) {
	err = q.QueryRow(firstDueSQL).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return at, err
}

// sealDay keeps the packed facts of a day, unless they changed meanwhile.
func sealDay(tx *db.Tx, d dueDay, data []byte) error {
	_, err := tx.Exec("UPDATE dora_day SET data = $3, sealed = n, due = 0 WHERE day = $1 AND n = $2", d.day, d.n, data)
	return err
}

func openDay(q db.Querier, lock string) (day int64, ok bool, err error) {
	err = q.QueryRow("SELECT open FROM dora_clock WHERE id = 1" + lock).Scan(&day)
	if errors.Is(err, db.ErrNoRows) {
		return 0, false, nil
	}
	return day, err == nil, err
}

func setOpenDay(tx *db.Tx, day int64) error {
	_, err := tx.Exec("UPDATE dora_clock SET open = $1 WHERE id = 1", day)
	return err
}
