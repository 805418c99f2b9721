package audit

import (
	"encoding/json"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

type checkRow struct {
	at         time.Time
	ok         bool
	size       int64
	root, text string
}

func (c checkRow) result() (r Result, err error) { return r, json.Unmarshal([]byte(c.text), &r) }

// lastCheck is the newest check, or the newest of everything (or not).
func lastCheck(q db.Querier, whole *bool) (c checkRow, err error) {
	query, args := "SELECT at, ok, size, root, report FROM evidence_check ORDER BY id DESC LIMIT 1", []any(nil)
	if whole != nil {
		query, args = "SELECT at, ok, size, root, report FROM evidence_check WHERE whole = $1 ORDER BY id DESC LIMIT 1", []any{*whole}
	}
	var at int64
	err = q.QueryRow(query, args...).Scan(&at, &c.ok, &c.size, &c.root, &c.text)
	c.at = db.Time(at)
	return c, err
}

const checksKept = 500

func insertCheck(tx *db.Tx, r Result) error {
	id, err := tx.NextID(ref.Kind("check"))
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO evidence_check (id, at, took_us, whole, ok, size, root, report) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		id, db.Micros(tx.Now), r.Took.Microseconds(), r.Whole, r.OK, r.Size, r.Root, encode(r)); err != nil {
		return err
	}
	_, err = tx.Exec("DELETE FROM evidence_check WHERE id < $1", id-checksKept)
	return err
}

// strayEntry is an entry with an index outside of 0 ≤ index < size.
func strayEntry(q db.Querier, size int64) (e evidence.Stored, err error) {
	err = q.QueryRow("SELECT idx, entry FROM evidence WHERE idx >= $1 ORDER BY idx LIMIT 1", size).Scan(&e.Index, &e.Canonical)
	if err == db.ErrNoRows {
		err = q.QueryRow("SELECT idx, entry FROM evidence WHERE idx < 0 ORDER BY idx LIMIT 1").Scan(&e.Index, &e.Canonical)
	}
	return e, err
}

const recordsQuery = "SELECT record FROM evidence WHERE record > $1 GROUP BY record ORDER BY record LIMIT $2"

// recordsAfter returns names of records that have entries, in the database's
// order, which is no order of kinds: collations differ.
func recordsAfter(q db.Querier, after string, limit int) ([]string, error) {
	return db.Collect(q, func(r *db.Rows) (name string, err error) { return name, r.Scan(&name) }, recordsQuery, after, limit)
}

type claimed struct {
	Index int64 // −1: not sequenced yet
	evidence.Facts
}

const claimQuery = "SELECT leaf_id, COALESCE(idx, -1), entry FROM evidence WHERE record = $1 AND leaf_id < $2 ORDER BY leaf_id DESC LIMIT 50"

// lastClaim is the last entry that says something about a record's content.
// Entries of one record are ordered by version; on PostgreSQL two replicas may
// give their leaves numbers in another order within a second.
func lastClaim(q db.Querier, record string) (best claimed, err error) {
	below := int64(1) << 62
	found := false
	for {
		type leaf struct {
			id int64
			c  claimed
		}
		var entry []byte
		page, err := db.Collect(q, func(r *db.Rows) (l leaf, err error) {
			if err = r.Scan(&l.id, &l.c.Index, &entry); err != nil {
				return l, err
			}
			l.c.Facts, err = evidence.ReadFacts(entry)
			return l, err
		}, claimQuery, record, below)
		if err != nil {
			return best, err
		}
		for _, l := range page {
			if (l.c.After != "" || l.c.Before != "") && (!found || l.c.Version > best.Version) {
				best, found = l.c, true
			}
			below = l.id
		}
		if found {
			return best, nil
		}
		if len(page) < 50 {
			return best, db.ErrNoRows
		}
	}
}
