package cmdb

import (
	"encoding/json"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// bond is a relation as stored.
type bond struct {
	id, from, to      int64
	kind              uint8
	hard              bool
	group             string
	need              int
	provenance        Provenance
	flow              string
	state             State
	since, last, next int64
	revision, updated int64
}

// sighting is what an origin says of a relation, as stored.
type sighting struct {
	id, origin          int64
	source              string
	from, to            string
	kind                uint8
	relation            int64 // 0 = dangling, selfish = from an item to itself
	strength            Strength
	group               string
	need                int
	provenance          Provenance
	flow                string
	run                 int64
	first, last, absent int64
	complete            int64 // when the last complete run of its origin began
}

// selfish is the relation of sightings whose ends are one and the same item.
const selfish = -1

// seen is when the origin last said it; see obs.seen.
func (g *sighting) seen() int64 {
	if g.absent == 0 {
		return max(g.last, g.complete)
	}
	return g.last
}

func flowText(f Flow) string {
	if f == (Flow{}) {
		return ""
	}
	text, _ := json.Marshal(f) // numbers were checked, so it cannot fail
	return string(text)
}

func parseFlow(text string) (f Flow) {
	if text != "" {
		_ = json.Unmarshal([]byte(text), &f) // written by us; an edited one is no flow
	}
	return f
}

const bondColumns = "id, from_item, to_item, kind, hard, grp, need, provenance, flow, state, since, last_seen, next_at, revision, updated_at"

func scanBond(r interface{ Scan(...any) error }) (*bond, error) {
	var b bond
	return &b, r.Scan(&b.id, &b.from, &b.to, &b.kind, &b.hard, &b.group, &b.need, &b.provenance, &b.flow, &b.state, &b.since, &b.last, &b.next, &b.revision, &b.updated)
}

// bondsBy returns relations whose column is one of ids; of a column with an
// index: id, from_item, to_item.
func bondsBy(q db.Querier, column string, ids []int64) (out []*bond, err error) {
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (*bond, error) { return scanBond(r) },
			"SELECT "+bondColumns+" FROM ci_relation WHERE "+column+" "+in, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// pair is two ends of a relation, by number.
type pair struct {
	from, to int64
	kind     uint8
}

// bondsOfPairs returns the relations that exist between ends.
func bondsOfPairs(q db.Querier, pairs []pair) (map[pair]*bond, error) {
	out := make(map[pair]*bond, len(pairs))
	for part := range slices.Chunk(pairs, atOnce) {
		from, to := make([]int64, len(part)), make([]int64, len(part))
		for i, p := range part {
			from[i], to[i] = p.from, p.to
		}
		list, args := db.Pairs(q, "BIGINT", from, to)
		found, err := db.Collect(q, func(r *db.Rows) (*bond, error) { return scanBond(r) },
			"SELECT r.id, r.from_item, r.to_item, r.kind, r.hard, r.grp, r.need, r.provenance, r.flow, r.state, r.since, r.last_seen, r.next_at, r.revision, r.updated_at FROM "+
				list+" CROSS JOIN ci_relation r WHERE r.from_item = v.a AND r.to_item = v.b", args...)
		if err != nil {
			return nil, err
		}
		for _, b := range found {
			out[pair{b.from, b.to, b.kind}] = b
		}
	}
	return out, nil
}

func insertBonds(tx *db.Tx, list []*bond) error {
	rows := make([][]any, len(list))
	for n, b := range list {
		rows[n] = []any{b.id, b.from, b.to, int64(b.kind), b.hard, b.group, int64(b.need), int64(b.provenance), b.flow, string(b.state), b.since, b.last, b.next, b.revision, b.updated}
	}
	return insertMany(tx, "INSERT INTO ci_relation ("+bondColumns+") VALUES ", "", 15, rows)
}

var bondUpdate = db.NewUpdate("ci_relation", "id BIGINT", "hard BOOLEAN", "grp TEXT", "need BIGINT", "provenance BIGINT", "flow TEXT", "state TEXT", "since BIGINT",
	"last_seen BIGINT", "next_at BIGINT", "revision BIGINT", "updated_at BIGINT")

func updateBonds(tx *db.Tx, list []*bond) error {
	rows := make([][]any, len(list))
	for n, b := range list {
		rows[n] = []any{b.id, b.hard, b.group, int64(b.need), int64(b.provenance), b.flow, string(b.state), b.since, b.last, b.next, b.revision, b.updated}
	}
	_, err := bondUpdate.Run(tx, rows)
	return err
}

// insertPastBonds keeps the forms in which relations were until now.
func insertPastBonds(tx *db.Tx, list []*bond, now int64) error {
	rows := make([][]any, len(list))
	for n, b := range list {
		rows[n] = []any{b.id, now, b.since, b.from, b.to, int64(b.kind), b.hard, b.group, int64(b.need), int64(b.provenance)}
	}
	return tx.InsertMany("INSERT INTO ci_relation_past (relation, until, since, from_item, to_item, kind, hard, grp, need, provenance) VALUES ",
		" ON CONFLICT (relation, until) DO NOTHING", 10, rows)
}
