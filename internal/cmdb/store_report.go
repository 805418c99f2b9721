package cmdb

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// listedColumns are what a report shows of an item.
const listedColumns = "c.id, c.kind, c.name, c.env, c.team, c.state, c.last_seen"

func scanListed(r interface{ Scan(...any) error }) (l Listed, err error) {
	var last int64
	err = r.Scan(&l.ID, &l.Kind, &l.Name, &l.Env, &l.Team, &l.State, &last)
	l.LastSeen = db.Time(last)
	return l, err
}

// numbersOf is a list of kinds of relations as stored, for IN.
func numbersOf(pick func(RelationKind) bool) string {
	var out []string
	for i, k := range RelationKinds {
		if pick(k) {
			out = append(out, fmt.Sprint(i))
		}
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// Reports walk items by number in windows of ids, so that a page costs about
// the same however few items it finds.
var (
	needKinds  = numbersOf(func(k RelationKind) bool { return k.Need() != NoNeed })
	flowKinds  = numbersOf(func(k RelationKind) bool { return k.Need() == FromNeedsTo && k != RunsOn })
	partOfKind = numbersOf(func(k RelationKind) bool { return k == PartOf })
	ownedKind  = numbersOf(func(k RelationKind) bool { return k == OwnedBy })

	windowSQL = "SELECT " + listedColumns + " FROM ci AS c WHERE c.id > $1 AND c.id <= $2 AND c.state <> 'retired' AND c.merged_into = 0 AND c.kind <> 'team' AND c.kind <> 'location'"
	orphanSQL = windowSQL + ` AND c.kind <> 'service'
		AND NOT EXISTS (SELECT 1 FROM ci_relation AS r WHERE r.from_item = c.id AND r.state <> 'retired' AND r.kind IN ` + needKinds + `)
		AND NOT EXISTS (SELECT 1 FROM ci_relation AS r WHERE r.to_item = c.id AND r.state <> 'retired' AND r.kind IN ` + needKinds + `) ORDER BY c.id LIMIT $3`
	ownerlessSQL = windowSQL + ` AND c.team = ''
		AND NOT EXISTS (SELECT 1 FROM ci_relation AS r WHERE r.from_item = c.id AND r.state <> 'retired' AND r.kind IN ` + ownedKind + `) ORDER BY c.id LIMIT $3`
	namesakeSQL = `SELECT c.id, o.id FROM ci AS c JOIN ci AS o ON o.kind = c.kind AND o.word = c.word AND o.id > c.id AND o.env = c.env AND o.state <> 'retired' AND o.merged_into = 0
		WHERE c.id > $1 AND c.id <= $2 AND c.state <> 'retired' AND c.merged_into = 0
		AND NOT EXISTS (SELECT 1 FROM ci_proposal AS p WHERE p.a = c.id AND p.b = o.id) ORDER BY c.id LIMIT $3`
	edgeSQL = `SELECT r.id, r.from_item, r.to_item, r.kind, r.provenance FROM ci_relation AS r WHERE r.id > $1 AND r.id <= $2 AND r.state <> 'retired' AND r.kind IN ` + flowKinds + ` ORDER BY r.id LIMIT $3`
)

const (
	staleSQL     = "SELECT " + listedColumns + " FROM ci AS c WHERE c.state = 'stale' AND c.id > $1 ORDER BY c.id LIMIT $2"
	conflictsSQL = "SELECT " + listedColumns + " FROM ci AS c WHERE c.conflicts > 0 AND c.id > $1 ORDER BY c.id LIMIT $2"
	danglingSQL  = "SELECT s.id, s.origin, g.source, g.scope, s.from_end, s.to_end, s.kind, s.first_seen, s.last_seen FROM ci_sighting AS s JOIN ci_origin AS g ON g.id = s.origin WHERE s.relation = 0 AND s.absent_at = 0 AND s.id > $1 ORDER BY s.relation, s.id LIMIT $2"
)

func listItems(q db.Querier, query string, args ...any) ([]Listed, error) {
	return db.Collect(q, func(r *db.Rows) (Listed, error) { return scanListed(r) }, query, args...)
}

// listedByID returns items as reports show them.
func listedByID(q db.Querier, ids []int64) (map[int64]Listed, error) {
	out := make(map[int64]Listed, len(ids))
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := listItems(q, "SELECT "+listedColumns+" FROM ci AS c WHERE c.id "+in, args...)
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			out[l.ID] = l
		}
	}
	return out, nil
}

// newest is the highest number in a table of the map.
func newestRelation(q db.Querier) (id int64, err error) {
	err = q.QueryRow("SELECT COALESCE(MAX(id), 0) FROM ci_relation").Scan(&id)
	return id, err
}

// sourcesOf says which sources tell of items.
func sourcesOf(q db.Querier, items []int64) (map[int64][]string, error) {
	out := map[int64][]string{}
	for part := range slices.Chunk(items, atOnce) {
		in, args := db.InSet(q, 1, part)
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var id int64
			var source string
			err = r.Scan(&id, &source)
			out[id] = append(out[id], source)
			return x, err
		}, "SELECT DISTINCT o.item, g.source FROM ci_observation AS o JOIN ci_origin AS g ON g.id = o.origin WHERE o.item "+in, args...)
		if err != nil {
			return nil, err
		}
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out, nil
}

// wholesOf returns for each item of which items it is a part, one level up.
func wholesOf(q db.Querier, items []int64) (map[int64][]int64, error) {
	return partRelations(q, "from_item", items)
}

// partsOf is the reverse of wholesOf.
func partsOf(q db.Querier, items []int64) (map[int64][]int64, error) {
	return partRelations(q, "to_item", items)
}

func partRelations(q db.Querier, column string, items []int64) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	for part := range slices.Chunk(items, atOnce) {
		in, args := db.InSet(q, 1, part)
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var from, to int64
			if err = r.Scan(&from, &to); column == "to_item" {
				from, to = to, from
			}
			out[from] = append(out[from], to)
			return x, err
		}, "SELECT from_item, to_item FROM ci_relation WHERE "+column+" "+in+" AND state <> 'retired' AND kind IN "+partOfKind+" ORDER BY from_item, to_item", args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// observing says which of the items were seen calling anything.
func observing(q db.Querier, items []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for part := range slices.Chunk(items, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
			"SELECT DISTINCT from_item FROM ci_relation WHERE from_item "+in+" AND state <> 'retired' AND provenance IN (2, 3, 6, 7)", args...)
		if err != nil {
			return nil, err
		}
		for _, id := range list {
			out[id] = true
		}
	}
	return out, nil
}

type edgeRow struct {
	id, from, to int64
	kind         int
	provenance   Provenance
}

func edgeRows(q db.Querier, after, until int64, limit int) ([]edgeRow, error) {
	return db.Collect(q, func(r *db.Rows) (e edgeRow, err error) {
		return e, r.Scan(&e.id, &e.from, &e.to, &e.kind, &e.provenance)
	}, edgeSQL, after, until, limit)
}

func namesakePairs(q db.Querier, after, until int64, limit int) ([][2]int64, error) {
	out, err := db.Collect(q, func(r *db.Rows) (p [2]int64, err error) { return p, r.Scan(&p[0], &p[1]) }, namesakeSQL, after, until, limit)
	slices.SortFunc(out, func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) })
	return out, err
}

func danglingRows(q db.Querier, after int64, limit int) ([]Dangling, error) {
	return db.Collect(q, func(r *db.Rows) (d Dangling, err error) {
		var kind int
		var first, last int64
		err = r.Scan(&d.ID, &d.origin, &d.Source, &d.Scope, &d.From, &d.To, &kind, &first, &last)
		if kind >= 0 && kind < len(RelationKinds) {
			d.Kind = RelationKinds[kind]
		}
		d.Since, d.LastSeen = db.Time(first), db.Time(last)
		return d, err
	}, danglingSQL, after, limit)
}

// itemOfKey is the item that an origin knows by a key; 0 for none.
func itemOfKey(q db.Querier, origin int64, key string) (id int64, err error) {
	err = q.QueryRow("SELECT item FROM ci_observation WHERE origin = $1 AND name = $2", origin, key).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return id, err
}
