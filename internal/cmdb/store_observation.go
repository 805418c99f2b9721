package cmdb

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// The numbers of rows that people never see.
const (
	idOrigin      = ref.Kind("ciorigin")
	idObservation = ref.Kind("ciobservation")
	idSighting    = ref.Kind("cisighting")
	idRelation    = ref.Kind("cirelation")
	idDelta       = ref.Kind("cidelta")
)

// origin is a source and the part of the world it looks at.
type origin struct {
	id            int64
	source, scope string
	run           int64 // that is under way
	complete      int64 // when the last complete run began, microseconds
	seen          int64 // when it last reported
}

func findOrigin(q db.Querier, source, scope, lock string) (o origin, ok bool, err error) {
	o.source, o.scope = source, scope
	err = q.QueryRow("SELECT id, run, complete_at, seen_at FROM ci_origin WHERE source = $1 AND scope = $2"+lock, source, scope).Scan(&o.id, &o.run, &o.complete, &o.seen)
	if errors.Is(err, db.ErrNoRows) {
		return o, false, nil
	}
	return o, err == nil, err
}

// ensureOrigin returns the origin, made if it is new.
func ensureOrigin(tx *db.Tx, source, scope, lock string) (origin, error) {
	o, ok, err := findOrigin(tx, source, scope, lock)
	if err != nil || ok {
		return o, err
	}
	if o.id, err = tx.NextID(idOrigin); err != nil {
		return o, err
	}
	_, err = tx.Exec("INSERT INTO ci_origin (id, source, scope, run, complete_at, seen_at) VALUES ($1, $2, $3, 0, 0, 0)", o.id, source, scope)
	return o, err
}

// obs is an observation as stored.
type obs struct {
	id, origin               int64
	source, scope            string
	key                      string
	item                     int64
	pinned                   bool
	body, digest             string
	run, first, last, absent int64
	complete                 int64 // when the last complete run of its origin began
}

// seen is when the origin last said it, counting complete runs that found it
// unchanged and wrote nothing.
func (o *obs) seen() int64 {
	if o.absent == 0 {
		return max(o.last, o.complete)
	}
	return o.last
}

// content is what it says, with its key.
func (o *obs) content() (s Seen, err error) {
	err = json.Unmarshal([]byte(o.body), &s)
	s.Key = o.key
	return s, err
}

const obsColumns = "o.id, o.origin, g.source, g.scope, o.name, o.item, o.pinned, o.body, o.digest, o.run, o.first_seen, o.last_seen, o.absent_at, g.complete_at"

func scanObs(r interface{ Scan(...any) error }) (*obs, error) {
	var o obs
	return &o, r.Scan(&o.id, &o.origin, &o.source, &o.scope, &o.key, &o.item, &o.pinned, &o.body, &o.digest, &o.run, &o.first, &o.last, &o.absent, &o.complete)
}

// obsByKey returns what an origin said under keys, without bodies.
func obsByKey(q db.Querier, origin int64, keys []string) (map[string]*obs, error) {
	out := make(map[string]*obs, len(keys))
	for part := range slices.Chunk(keys, atOnce) {
		query, args := db.Keyed(q, "id, name, item, pinned, digest, first_seen, last_seen, absent_at", "ci_observation", "origin = $1", "name", 2, part)
		list, err := db.Collect(q, func(r *db.Rows) (*obs, error) {
			o := obs{origin: origin}
			return &o, r.Scan(&o.id, &o.key, &o.item, &o.pinned, &o.digest, &o.first, &o.last, &o.absent)
		}, query, append([]any{origin}, args...)...)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			out[o.key] = o
		}
	}
	return out, nil
}

// obsByID returns whole observations.
func obsByID(q db.Querier, ids []int64) ([]*obs, error) {
	return obsWhere(q, "o.id", ids)
}

// obsOfItems returns what all origins say of items, oldest first.
func obsOfItems(q db.Querier, items []int64) (map[int64][]*obs, error) {
	list, err := obsWhere(q, "o.item", items)
	out := make(map[int64][]*obs, len(items))
	for _, o := range list {
		out[o.item] = append(out[o.item], o)
	}
	return out, err
}

func obsWhere(q db.Querier, column string, ids []int64) (out []*obs, err error) {
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (*obs, error) { return scanObs(r) },
			"SELECT "+obsColumns+" FROM ci_observation o JOIN ci_origin g ON g.id = o.origin WHERE "+column+" "+in, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortFunc(out, func(a, b *obs) int { return int(a.id - b.id) })
	return out, nil
}

func insertObs(tx *db.Tx, list []*obs) error {
	rows := make([][]any, len(list))
	for n, o := range list {
		rows[n] = []any{o.id, o.origin, o.key, o.item, o.pinned, o.body, o.digest, o.run, o.first, o.last, o.absent}
	}
	return insertMany(tx, "INSERT INTO ci_observation (id, origin, name, item, pinned, body, digest, run, first_seen, last_seen, absent_at) VALUES ", "", 11, rows)
}

var obsUpdate = db.NewUpdate("ci_observation", "id BIGINT", "item BIGINT", "body TEXT", "digest TEXT", "run BIGINT", "last_seen BIGINT", "absent_at BIGINT")

func updateObs(tx *db.Tx, list []*obs) error {
	rows := make([][]any, len(list))
	for n, o := range list {
		rows[n] = []any{o.id, o.item, o.body, o.digest, o.run, o.last, o.absent}
	}
	_, err := obsUpdate.Run(tx, rows)
	return err
}

// moveObs ties observations to another item. pinned: a person said so, and no
// rule takes them away again.
func moveObs(tx *db.Tx, ids []int64, item int64, pinned bool) error {
	return inParts(tx, ids, 3, func(in string, args []any) error {
		_, err := tx.Exec("UPDATE ci_observation SET item = $1, pinned = $2 WHERE id "+in, append([]any{item, pinned}, args...)...)
		return err
	})
}

// touchObs notes that observations were seen again.
func touchObs(tx *db.Tx, ids []int64, at int64) error {
	return inParts(tx, ids, 2, func(in string, args []any) error {
		return tx.Later("UPDATE ci_observation SET last_seen = $1 WHERE id "+in, append([]any{at}, args...)...)
	})
}

// loseObs notes that a complete run does not see observations any more.
func loseObs(tx *db.Tx, ids []int64, at int64) error {
	return inParts(tx, ids, 2, func(in string, args []any) error {
		_, err := tx.Exec("UPDATE ci_observation SET absent_at = $1 WHERE absent_at = 0 AND id "+in, append([]any{at}, args...)...)
		return err
	})
}

func deleteObs(tx *db.Tx, ids []int64) error {
	return inParts(tx, ids, 1, func(in string, args []any) error {
		_, err := tx.Exec("DELETE FROM ci_observation WHERE id "+in, args...)
		return err
	})
}

// inParts calls f with a list of parameters after IN, from the first on, for
// each part of ids.
func inParts(q db.Querier, ids []int64, first int, f func(in string, args []any) error) error {
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, first, part)
		if err := f(in, args); err != nil {
			return err
		}
	}
	return nil
}
