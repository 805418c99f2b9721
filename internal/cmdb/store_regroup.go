package cmdb

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// idRegroup numbers merges and splits.
const idRegroup = ref.Kind("ciregroup")

const regroupColumns = "id, verb, item, other, moves, note, actor, person, at, undone_at"

const regroupsSQL = "SELECT " + regroupColumns + " FROM ci_regroup WHERE item = $1 AND id < $2 ORDER BY item, id DESC LIMIT $3"

func scanRegroup(row interface{ Scan(...any) error }) (g Regroup, err error) {
	var moves string
	var at, undone int64
	if err = row.Scan(&g.ID, &g.Verb, &g.Item, &g.Other, &moves, &g.Note, &g.Actor, &g.Person, &at, &undone); err != nil {
		return g, err
	}
	g.At, g.Undone = db.Time(at), db.Time(undone)
	return g, json.Unmarshal([]byte(moves), &g.moves)
}

func findRegroup(q db.Querier, id int64, lock string) (Regroup, error) {
	g, err := scanRegroup(q.QueryRow("SELECT "+regroupColumns+" FROM ci_regroup WHERE id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return g, errs.E(errs.NotFound, "there is no such merge or split; look at the item's list of them")
	}
	return g, err
}

// regroupsOf returns merges and splits that an item kept its number in, newest
// first, before one.
func regroupsOf(q db.Querier, item, before int64, limit int) ([]Regroup, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	return db.Collect(q, func(r *db.Rows) (Regroup, error) { return scanRegroup(r) }, regroupsSQL, item, before, limit)
}

func insertRegroup(tx *db.Tx, g Regroup) error {
	moves, err := json.Marshal(g.moves)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO ci_regroup ("+regroupColumns+") VALUES "+db.Values(1, 10), g.ID, g.Verb, g.Item, g.Other, string(moves), g.Note, g.Actor, g.Person, db.Micros(g.At), int64(0))
	return err
}

func setUndone(tx *db.Tx, id int64, at time.Time) error {
	_, err := tx.Exec("UPDATE ci_regroup SET undone_at = $2 WHERE id = $1", id, db.Micros(at))
	return err
}

// setMerged notes which item took an item's place; 0: none.
func setMerged(tx *db.Tx, item, into int64) error {
	_, err := tx.Exec("UPDATE ci SET merged_into = $2 WHERE id = $1", item, into)
	return err
}

// pinObs ties an observation to an item as it was tied before.
func pinObs(tx *db.Tx, id, item int64, pinned bool) error {
	_, err := tx.Exec("UPDATE ci_observation SET item = $2, pinned = $3 WHERE id = $1", id, item, pinned)
	return err
}

// finalItem follows merges to the item that stands for one now. A chain has no
// cycle, because only an item that stands for itself is merged into another.
func finalItem(q db.Querier, id int64) (int64, error) {
	for range 100 {
		var into int64
		err := q.QueryRow("SELECT merged_into FROM ci WHERE id = $1", id).Scan(&into)
		if errors.Is(err, db.ErrNoRows) || err == nil && into == 0 {
			return id, nil
		}
		if err != nil {
			return 0, err
		}
		id = into
	}
	return id, nil
}

// liveSightingsAt are the numbers of what is said of an item's relations and
// not over.
func liveSightingsAt(q db.Querier, item int64) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		`SELECT s.id FROM ci_sighting AS s JOIN ci_relation AS r ON r.id = s.relation WHERE r.from_item = $1 AND s.absent_at = 0
		UNION SELECT s.id FROM ci_sighting AS s JOIN ci_relation AS r ON r.id = s.relation WHERE r.to_item = $1 AND s.absent_at = 0`, item)
}

// findAgain says of observations and sightings that were said to be over at a
// time that they are not.
func findAgain(tx *db.Tx, observations, sightings []int64, absent int64) error {
	err := inParts(tx, observations, 2, func(in string, args []any) error {
		_, err := tx.Exec("UPDATE ci_observation SET absent_at = 0 WHERE absent_at = $1 AND id "+in, append([]any{absent}, args...)...)
		return err
	})
	if err != nil {
		return err
	}
	return inParts(tx, sightings, 2, func(in string, args []any) error {
		_, err := tx.Exec("UPDATE ci_sighting SET absent_at = 0 WHERE absent_at = $1 AND id "+in, append([]any{absent}, args...)...)
		return err
	})
}

// refusePair keeps that two items are two, and returns the number of the
// proposal if it is new, else 0.
func refusePair(tx *db.Tx, a, b int64, why string) (int64, error) {
	made, err := insertProposals(tx, []doubt{{a: min(a, b), b: max(a, b), why: why}})
	if err != nil || len(made) == 0 {
		return 0, err
	}
	if err := tx.Flush(); err != nil {
		return 0, err
	}
	p, err := findProposal(tx, made[0], "")
	if err != nil {
		return 0, err
	}
	return p.ID, decide(tx, p, ProposalRefused)
}

// dropProposal takes back that a split said that two are two.
func dropProposal(tx *db.Tx, id int64) error {
	p, err := findProposal(tx, id, "")
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "proposal.drop", Record: p.Ref(), Before: p.digest()})
	_, err = tx.Exec("DELETE FROM ci_proposal WHERE id = $1", id)
	return err
}
