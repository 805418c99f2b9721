package cmdb

import (
	"errors"

	"github.com/evenkeel/evenkeel/internal/db"
)

// What is due, by table.
const (
	dueItemsSQL = "SELECT id FROM ci WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
	dueBondsSQL = "SELECT id FROM ci_relation WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
)

func numbers(q db.Querier, query string, args ...any) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) }, query, args...)
}

func dueItems(q db.Querier, now int64, limit int) ([]int64, error) {
	return numbers(q, dueItemsSQL, now, limit)
}

func dueBonds(q db.Querier, now int64, limit int) ([]int64, error) {
	return numbers(q, dueBondsSQL, now, limit)
}

func dueRuns(q db.Querier, now int64, limit int) ([]int64, error) {
	return numbers(q, dueRunsSQL, now, limit)
}

// nextDue is the earliest deadline of all, 0 for none.
func nextDue(q db.Querier) (first int64, err error) {
	for _, query := range []string{
		"SELECT next_at FROM ci WHERE next_at > 0 ORDER BY next_at LIMIT 1",
		"SELECT next_at FROM ci_relation WHERE next_at > 0 ORDER BY next_at LIMIT 1",
		"SELECT next_at FROM ci_run WHERE next_at > 0 ORDER BY next_at LIMIT 1",
	} {
		us, err := oneNumber(q, query)
		if err != nil {
			return 0, err
		}
		if us > 0 && (first == 0 || us < first) {
			first = us
		}
	}
	newest, err := oneNumber(q, "SELECT id FROM ci_delta ORDER BY id DESC LIMIT 1")
	if err != nil || newest == 0 {
		return first, err
	}
	oldest, err := oneNumber(q, "SELECT at FROM ci_delta WHERE id < $1 ORDER BY at LIMIT 1", newest)
	if us := oldest + keepDeltas.Microseconds(); oldest > 0 && (first == 0 || us < first) {
		first = us
	}
	return first, err
}

// oneNumber is the first column of the first row, 0 for none.
func oneNumber(q db.Querier, query string, args ...any) (n int64, err error) {
	err = q.QueryRow(query, args...).Scan(&n)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func runLease(q db.Querier, id int64) (int64, error) {
	return oneNumber(q, "SELECT next_at FROM ci_run WHERE id = $1", id)
}

// stagedAfter is the next run after a number of which something is staged; 0
// for none.
func stagedAfter(q db.Querier, run int64) (int64, error) {
	return oneNumber(q, "SELECT run FROM ci_stage WHERE run > $1 ORDER BY run, chunk LIMIT 1", run)
}

func dropDeltas(tx *db.Tx, before int64) (int64, error) {
	newest, err := oneNumber(tx, "SELECT id FROM ci_delta ORDER BY id DESC LIMIT 1")
	if err != nil || newest == 0 {
		return 0, err
	}
	return tx.Exec("DELETE FROM ci_delta WHERE id IN (SELECT id FROM ci_delta WHERE at <= $1 AND id < $2 ORDER BY at LIMIT 1000)", before, newest)
}
