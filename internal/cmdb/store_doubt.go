package cmdb

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// insertProposals keeps pairs in doubt, a < b, that are not proposed yet, in
// whatever way they were decided, and returns their numbers.
func insertProposals(tx *db.Tx, list []doubt) (made []int64, err error) {
	known := map[[2]int64]bool{}
	for start := 0; start < len(list); start += atOnce {
		part := list[start:min(start+atOnce, len(list))]
		a, b := make([]int64, len(part)), make([]int64, len(part))
		for i, d := range part {
			a[i], b[i] = d.a, d.b
		}
		from, args := db.Pairs(tx, "BIGINT", a, b)
		found, err := db.Collect(tx, func(r *db.Rows) (p [2]int64, err error) { return p, r.Scan(&p[0], &p[1]) },
			"SELECT p.a, p.b FROM "+from+" CROSS JOIN ci_proposal p WHERE p.a = v.a AND p.b = v.b", args...)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			known[p] = true
		}
	}
	var rows [][]any
	for _, d := range list {
		if !known[[2]int64{d.a, d.b}] && d.a != d.b {
			rows = append(rows, []any{int64(0), d.a, d.b, d.why, string(ProposalOpen), "", int64(0), db.Micros(tx.Now), int64(0)})
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if made, err = tx.NextIDs(ref.Proposal, len(rows)); err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i][0] = made[i]
	}
	return made, tx.InsertMany("INSERT INTO ci_proposal ("+proposalColumns+") VALUES ", "", 9, rows)
}
