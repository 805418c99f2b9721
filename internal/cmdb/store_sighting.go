package cmdb

import (
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

const sightingColumns = "s.id, s.origin, g.source, s.from_end, s.to_end, s.kind, s.relation, s.strength, s.grp, s.need, s.provenance, s.flow, s.run, s.first_seen, s.last_seen, s.absent_at, g.complete_at"

func scanSighting(r interface{ Scan(...any) error }) (*sighting, error) {
	var s sighting
	return &s, r.Scan(&s.id, &s.origin, &s.source, &s.from, &s.to, &s.kind, &s.relation, &s.strength, &s.group, &s.need, &s.provenance, &s.flow, &s.run, &s.first, &s.last, &s.absent, &s.complete)
}

// sightingKey is under what an origin says a relation.
type sightingKey struct {
	from, to string
	kind     uint8
}

// sightingsByKey returns what an origin said of relations.
func sightingsByKey(q db.Querier, o *origin, links []link) (map[sightingKey]*sighting, error) {
	out := make(map[sightingKey]*sighting, len(links))
	for part := range slices.Chunk(links, atOnce) {
		from, to := make([]string, len(part)), make([]string, len(part))
		for i, l := range part {
			from[i], to[i] = l.from, l.to
		}
		list, args := db.Pairs(q, "TEXT", from, to)
		args = append(args, o.id)
		found, err := db.Collect(q, func(r *db.Rows) (*sighting, error) {
			s := sighting{origin: o.id, source: o.source, complete: o.complete}
			return &s, r.Scan(&s.id, &s.from, &s.to, &s.kind, &s.relation, &s.strength, &s.group, &s.need, &s.provenance, &s.flow, &s.run, &s.first, &s.last, &s.absent)
		}, "SELECT s.id, s.from_end, s.to_end, s.kind, s.relation, s.strength, s.grp, s.need, s.provenance, s.flow, s.run, s.first_seen, s.last_seen, s.absent_at FROM "+
			list+" CROSS JOIN ci_sighting s WHERE s.from_end = v.a AND s.to_end = v.b AND s.origin = "+db.In(len(args), 1), args...)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			out[sightingKey{s.from, s.to, s.kind}] = s
		}
	}
	return out, nil
}

// sightingsOf returns what all origins say of relations, oldest first.
func sightingsOf(q db.Querier, relations []int64) (map[int64][]*sighting, error) {
	list, err := sightingsWhere(q, "s.relation", relations)
	out := make(map[int64][]*sighting, len(relations))
	for _, s := range list {
		out[s.relation] = append(out[s.relation], s)
	}
	return out, err
}

func sightingsWhere(q db.Querier, column string, ids []int64) (out []*sighting, err error) {
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (*sighting, error) { return scanSighting(r) },
			"SELECT "+sightingColumns+" FROM ci_sighting s JOIN ci_origin g ON g.id = s.origin WHERE "+column+" "+in, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b *sighting) int { return int(a.id - b.id) })
	return out, nil
}

// anyDangling reports whether some relation waits for an end.
func anyDangling(q db.Querier) (bool, error) {
	var id int64
	err := q.QueryRow("SELECT id FROM ci_sighting WHERE relation = 0 LIMIT 1").Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// danglingAt returns relations that wait for one of the ends.
func danglingAt(q db.Querier, ends []string) (out []*sighting, err error) {
	for part := range slices.Chunk(ends, atOnce) {
		for _, column := range []string{"s.from_end", "s.to_end"} {
			in, args := db.InSet(q, 1, part)
			list, err := db.Collect(q, func(r *db.Rows) (*sighting, error) { return scanSighting(r) },
				"SELECT "+sightingColumns+" FROM ci_sighting s JOIN ci_origin g ON g.id = s.origin WHERE s.relation = 0 AND "+column+" "+in, args...)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
	}
	slices.SortFunc(out, func(a, b *sighting) int { return int(a.id - b.id) })
	return slices.CompactFunc(out, func(a, b *sighting) bool { return a.id == b.id }), nil
}

func insertSightings(tx *db.Tx, list []*sighting) error {
	rows := make([][]any, len(list))
	for n, s := range list {
		rows[n] = []any{s.id, s.origin, s.from, s.to, int64(s.kind), s.relation, string(s.strength), s.group, int64(s.need), int64(s.provenance), s.flow, s.run, s.first, s.last, s.absent}
	}
	return insertMany(tx, "INSERT INTO ci_sighting (id, origin, from_end, to_end, kind, relation, strength, grp, need, provenance, flow, run, first_seen, last_seen, absent_at) VALUES ", "", 15, rows)
}

var sightingUpdate = db.NewUpdate("ci_sighting", "id BIGINT", "relation BIGINT", "strength TEXT", "grp TEXT", "need BIGINT", "provenance BIGINT", "flow TEXT", "run BIGINT",
	"last_seen BIGINT", "absent_at BIGINT")

func updateSightings(tx *db.Tx, list []*sighting) error {
	rows := make([][]any, len(list))
	for n, s := range list {
		rows[n] = []any{s.id, s.relation, string(s.strength), s.group, int64(s.need), int64(s.provenance), s.flow, s.run, s.last, s.absent}
	}
	_, err := sightingUpdate.Run(tx, rows)
	return err
}

// touchSightings notes that relations were seen again.
func touchSightings(tx *db.Tx, ids []int64, at int64) error {
	return inParts(tx, ids, 2, func(in string, args []any) error {
		return tx.Later("UPDATE ci_sighting SET last_seen = $1 WHERE id "+in, append([]any{at}, args...)...)
	})
}

// loseSightings notes that relations are not seen any more.
func loseSightings(tx *db.Tx, ids []int64, at int64) error {
	return inParts(tx, ids, 2, func(in string, args []any) error {
		_, err := tx.Exec("UPDATE ci_sighting SET absent_at = $1 WHERE absent_at = 0 AND id "+in, append([]any{at}, args...)...)
		return err
	})
}

func deleteSightings(tx *db.Tx, ids []int64) error {
	return inParts(tx, ids, 1, func(in string, args []any) error {
		_, err := tx.Exec("DELETE FROM ci_sighting WHERE id "+in, args...)
		return err
	})
}

// selfishSightings returns relations of an item to itself that begin at one of
// the ends. They are few.
func selfishSightings(q db.Querier, ends []string) (out []*sighting, err error) {
	for part := range slices.Chunk(ends, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (*sighting, error) { return scanSighting(r) },
			"SELECT "+sightingColumns+" FROM ci_sighting s JOIN ci_origin g ON g.id = s.origin WHERE s.relation = -1 AND s.from_end "+in, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}
