package cmdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const runColumns = "id, source, scope, complete, dry, provenance, state, why, actor, person, counts, remarks, diff, chunk, started_at, finished_at"

// Lists of runs, newest first.
const (
	runsSQL         = "SELECT " + runColumns + " FROM ci_run WHERE id < $1 ORDER BY id DESC LIMIT $2"
	runsOfSourceSQL = "SELECT " + runColumns + " FROM ci_run WHERE source = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
	dueRunsSQL      = "SELECT id FROM ci_run WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
)

func scanRun(row interface{ Scan(...any) error }) (r Run, err error) {
	var counts, remarks, diff string
	var started, finished int64
	err = row.Scan(&r.ID, &r.Source, &r.Scope, &r.Complete, &r.Dry, &r.Provenance, &r.State, &r.Why, &r.Actor, &r.Person, &counts, &remarks, &diff, &r.chunk, &started, &finished)
	if err != nil {
		return r, err
	}
	r.Started, r.Finished = db.Time(started), db.Time(finished)
	return r, errors.Join(json.Unmarshal([]byte(counts), &r.Counts), json.Unmarshal([]byte(remarks), &r.Remarks), json.Unmarshal([]byte(diff), &r.Diff))
}

func noRun(id int64) error {
	return errs.E(errs.NotFound, "there is no such run").On(ref.N(ref.Run, id).String())
}

func findRun(q db.Querier, id int64, lock string) (Run, error) {
	r, err := scanRun(q.QueryRow("SELECT "+runColumns+" FROM ci_run WHERE id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return r, noRun(id)
	}
	return r, err
}

func listRuns(q db.Querier, source string, before int64, limit int) ([]Run, error) {
	scan := func(r *db.Rows) (Run, error) { return scanRun(r) }
	if source != "" {
		return db.Collect(q, scan, runsOfSourceSQL, source, before, limit)
	}
	return db.Collect(q, scan, runsSQL, before, limit)
}

func insertRun(tx *db.Tx, r Run, lease time.Time) error {
	_, err := tx.Exec("INSERT INTO ci_run ("+runColumns+", next_at) VALUES "+db.Values(1, 17), r.ID, r.Source, r.Scope, r.Complete, r.Dry, int64(r.Provenance), string(r.State), r.Why,
		r.Actor, r.Person, "{}", "[]", "{}", int64(0), db.Micros(r.Started), int64(0), db.Micros(lease))
	return err
}

// saveRun writes what changes about a run. The zero lease: nobody need take it
// over.
func saveRun(tx *db.Tx, r Run, lease time.Time) error {
	counts, err := json.Marshal(r.Counts)
	if err != nil {
		return err
	}
	remarks, err := json.Marshal(r.Remarks)
	if err != nil {
		return err
	}
	if r.Remarks == nil {
		remarks = []byte("[]")
	}
	diff, err := json.Marshal(r.Diff)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE ci_run SET state = $2, why = $3, counts = $4, remarks = $5, diff = $6, chunk = $7, finished_at = $8, next_at = $9 WHERE id = $1",
		r.ID, string(r.State), r.Why, string(counts), string(remarks), string(diff), int64(r.chunk), db.Micros(r.Finished), db.Micros(lease))
	return err
}

// saveProgress writes how far a run is, of those in one state; it reports
// whether the run still is.
func saveProgress(tx *db.Tx, r Run, lease time.Time) (bool, error) {
	counts, err := json.Marshal(r.Counts)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec("UPDATE ci_run SET counts = $3, chunk = $4, next_at = $5 WHERE id = $1 AND state = $2", r.ID, string(r.State), string(counts), int64(r.chunk), db.Micros(lease))
	return n == 1, err
}

func insertStage(tx *db.Tx, run int64, chunks []stagedChunk) error {
	rows := make([][]any, len(chunks))
	for i, c := range chunks {
		rows[i] = []any{run, int64(c.number), c.body}
	}
	return tx.InsertMany("INSERT INTO ci_stage (run, chunk, body) VALUES ", "", 3, rows)
}

// nextChunk returns the first chunk of a run from a number on; ok is false
// when there is none.
func nextChunk(q db.Querier, run int64, from int) (c stagedChunk, ok bool, err error) {
	err = q.QueryRow("SELECT chunk, body FROM ci_stage WHERE run = $1 AND chunk >= $2 ORDER BY run, chunk LIMIT 1", run, int64(from)).Scan(&c.number, &c.body)
	if errors.Is(err, db.ErrNoRows) {
		return c, false, nil
	}
	return c, err == nil, err
}

func dropChunk(tx *db.Tx, run int64, chunk int) error {
	return tx.Later("DELETE FROM ci_stage WHERE run = $1 AND chunk = $2", run, int64(chunk))
}

// dropStage removes chunks of a run, a bounded number at once, and says
// whether some are left.
func dropStage(tx *db.Tx, run int64) (bool, error) {
	n, err := tx.Exec("DELETE FROM ci_stage WHERE run = $1 AND chunk IN (SELECT chunk FROM ci_stage WHERE run = $1 ORDER BY chunk LIMIT 500)", run)
	return n == 500, err
}

func setOriginRun(tx *db.Tx, origin, run int64) error {
	_, err := tx.Exec("UPDATE ci_origin SET run = $2 WHERE id = $1", origin, run)
	return err
}

// endOriginRun frees an origin from a run, when it is still its.
func endOriginRun(tx *db.Tx, r Run, complete, seen int64) error {
	_, err := tx.Exec("UPDATE ci_origin SET run = 0, complete_at = CASE WHEN $4 > complete_at THEN $4 ELSE complete_at END, seen_at = CASE WHEN $5 > seen_at THEN $5 ELSE seen_at END WHERE source = $1 AND scope = $2 AND run = $3",
		r.Source, r.Scope, r.ID, complete, seen)
	return err
}

// liveObs is an observation that is not absent, for comparing a whole origin.
type liveObs struct {
	id, item int64
	key      string
}

const liveObsSQL = "SELECT id, item, name FROM ci_observation WHERE origin = $1 AND name > $2 AND absent_at = 0 ORDER BY origin, name LIMIT $3"

func liveObsAfter(q db.Querier, origin int64, key string, limit int) ([]liveObs, error) {
	return db.Collect(q, func(r *db.Rows) (o liveObs, err error) { return o, r.Scan(&o.id, &o.item, &o.key) }, liveObsSQL, origin, key, limit)
}

type liveSighting struct {
	id   int64
	from string
	to   string
	kind uint8
}

const liveSightingsSQL = "SELECT id, from_end, to_end, kind FROM ci_sighting WHERE origin = $1 AND (from_end, to_end, kind) > ($2, $3, $4) AND absent_at = 0 ORDER BY origin, from_end, to_end, kind LIMIT $5"

func liveSightingsAfter(q db.Querier, origin int64, after liveSighting, limit int) ([]liveSighting, error) {
	return db.Collect(q, func(r *db.Rows) (s liveSighting, err error) { return s, r.Scan(&s.id, &s.from, &s.to, &s.kind) },
		liveSightingsSQL, origin, after.from, after.to, int64(after.kind), limit)
}

// liveOfItems returns which observations still see items.
func liveOfItems(q db.Querier, items []int64) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	for start := 0; start < len(items); start += atOnce {
		in, args := db.InSet(q, 1, items[start:min(start+atOnce, len(items))])
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var item, id int64
			err = r.Scan(&item, &id)
			out[item] = append(out[item], id)
			return x, err
		}, fmt.Sprintf("SELECT item, id FROM ci_observation WHERE item %s AND absent_at = 0", in), args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func anyOfOrigin(q db.Querier, origin int64) (bool, error) {
	for _, table := range []string{"ci_observation", "ci_sighting"} {
		var id int64
		err := q.QueryRow("SELECT id FROM "+table+" WHERE origin = $1 LIMIT 1", origin).Scan(&id)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, db.ErrNoRows) {
			return false, err
		}
	}
	return false, nil
}
