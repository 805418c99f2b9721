package dora

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

const rowColumns = `c.id, c.state, c.kind, c.purpose, c.team, c.environment, c.artefact, c.previous, c.outcome_by, c.services,
c.returns, c.rework, c.bypass, c.caused, c.risk, c.committed_at, c.started_at, c.deployed_at, c.ended_at, c.recovered_at, c.requested_at > 0`

// scanRow reads what is measured of a change; asked says that approvals of it
// may be there.
func scanRow(r interface{ Scan(...any) error }, more ...any) (x row, asked bool, err error) {
	var services string
	var caused int64
	err = r.Scan(append([]any{&x.ID, &x.State, &x.Kind, &x.Purpose, &x.Team, &x.Environment, &x.Artefact, &x.Previous, &x.OutcomeBy, &services,
		&x.Returns, &x.Rework, &x.Bypass, &caused, &x.Risk, &x.Committed, &x.Started, &x.Deployed, &x.Ended, &x.Recovered, &asked}, more...)...)
	if err != nil {
		return x, false, err
	}
	x.Caused = caused > 0
	return x, asked, json.Unmarshal([]byte(services), &x.Services)
}

// readRow reads a change, and when it was measured before, at what time; 0
// when it was not. ok is false when there is no such change.
func readRow(q db.Querier, id int64) (x row, was int64, ok bool, err error) {
	x, asked, err := scanRow(q.QueryRow("SELECT "+rowColumns+", COALESCE(f.at, 0) FROM change c LEFT JOIN dora_fact f ON f.change_id = c.id WHERE c.id = $1", id), &was)
	if errors.Is(err, db.ErrNoRows) {
		return x, 0, false, nil
	}
	if err == nil && asked {
		x.Approvals, err = db.Collect(q, func(r *db.Rows) (a approval, err error) {
			return a, r.Scan(&a.Rule, &a.Who, &a.State, &a.Asked, &a.Decided)
		}, "SELECT rule, who, state, asked_at, decided_at FROM change_approval WHERE change_id = $1 AND decided_at > 0 ORDER BY id", id)
	}
	return x, was, err == nil, err
}

const rowsSQL = "SELECT " + rowColumns + " FROM change c WHERE c.id > $1 ORDER BY c.id LIMIT $2"

// readRows locks and reads the changes behind an id, with their approvals.
func readRows(q *db.Tx, after int64, limit int) (out []row, last int64, err error) {
	var waited []int64
	out, err = db.Collect(q, func(r *db.Rows) (row, error) {
		x, asked, err := scanRow(r)
		if last = x.ID; asked {
			waited = append(waited, x.ID)
		}
		return x, err
	}, rowsSQL+q.ForUpdate(), after, limit)
	if err != nil || len(waited) == 0 {
		return out, last, err
	}
	place := map[int64]int{}
	for i, x := range out {
		place[x.ID] = i
	}
	for part := range slices.Chunk(waited, 256) {
		in, args := db.InSet(q, 1, part)
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var id int64
			var a approval
			err = r.Scan(&id, &a.Rule, &a.Who, &a.State, &a.Asked, &a.Decided)
			out[place[id]].Approvals = append(out[place[id]].Approvals, a)
			return x, err
		}, "SELECT change_id, rule, who, state, asked_at, decided_at FROM change_approval WHERE change_id "+in+" AND decided_at > 0 ORDER BY change_id, id", args...)
		if err != nil {
			return nil, 0, err
		}
	}
	return out, last, nil
}

const factColumns = "change_id, at, flags, lead, recovery, risk, service, others, team, environment, kind, steps"

// putFacts writes facts of changes of which none is there, or, one by one, in
// place of the one that is.
func putFacts(tx *db.Tx, list []fact) error {
	rows := make([][]any, len(list))
	var services [][]any
	for i, f := range list {
		others, steps := "", ""
		if len(f.Others) > 0 {
			b, _ := json.Marshal(f.Others) // strings always encode
			others = string(b)
		}
		if len(f.Steps) > 0 {
			b, _ := json.Marshal(f.Steps)
			steps = string(b)
		}
		rows[i] = []any{f.ID, f.At, int64(f.Flags), f.Lead, f.Recovery, int64(f.Risk), f.Service, others, f.Team, f.Environment, f.Kind, steps}
		for n, s := range append([]string{f.Service}, f.Others...) {
			if s != "" && (n == 0 || s != f.Service && !slices.Contains(f.Others[:n-1], s)) {
				services = append(services, []any{s, f.At, f.ID})
			}
		}
	}
	err := tx.InsertMany("INSERT INTO dora_fact ("+factColumns+") VALUES ", ` ON CONFLICT (change_id) DO UPDATE SET at = excluded.at, flags = excluded.flags, lead = excluded.lead,
recovery = excluded.recovery, risk = excluded.risk, service = excluded.service, others = excluded.others, team = excluded.team,
environment = excluded.environment, kind = excluded.kind, steps = excluded.steps`, 12, rows)
	if err != nil {
		return err
	}
	return tx.InsertMany("INSERT INTO dora_service (service, at, change_id) VALUES ", " ON CONFLICT (service, at, change_id) DO NOTHING", 3, services)
}

// dropServices forgets to which services a change counted.
func dropServices(tx *db.Tx, id int64) error {
	return tx.Later("DELETE FROM dora_service WHERE change_id = $1", id)
}

// dropFact forgets what was measured of a change.
func dropFact(tx *db.Tx, id int64) error {
	if err := dropServices(tx, id); err != nil {
		return err
	}
	return tx.Later("DELETE FROM dora_fact WHERE change_id = $1", id)
}

func scanFact(r *db.Rows) (f fact, err error) {
	var others, steps string
	if err = r.Scan(&f.ID, &f.At, &f.Flags, &f.Lead, &f.Recovery, &f.Risk, &f.Service, &others, &f.Team, &f.Environment, &f.Kind, &steps); err != nil {
		return f, err
	}
	if others != "" {
		err = json.Unmarshal([]byte(others), &f.Others)
	}
	if steps != "" {
		err = errors.Join(err, json.Unmarshal([]byte(steps), &f.Steps))
	}
	return f, err
}

const factsSQL = "SELECT " + factColumns + " FROM dora_fact WHERE at >= $1 AND at < $2 ORDER BY at, change_id"

// eachFact reads the facts of a time, in its order.
func eachFact(q db.Querier, from, to int64, use func(fact)) error {
	rows, err := q.Query(factsSQL, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFact(rows)
		if err != nil {
			return err
		}
		use(f)
	}
	return rows.Err()
}

// firstFact is the time of the first fact at or after one; 0: there is none.
func firstFact(q db.Querier, from int64) (at int64, err error) {
	err = q.QueryRow(firstFactSQL, from).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return at, err
}

const firstFactSQL = "SELECT at FROM dora_fact WHERE at >= $1 ORDER BY at, change_id LIMIT 1"
