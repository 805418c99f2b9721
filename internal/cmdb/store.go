package cmdb

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// atOnce is how many keys one look-up takes.
const atOnce = 512

// row is an item as stored. Texts of JSON stay as they are: most of what is
// read to work something out is never looked into.
type row struct {
	id                int64
	kind, name        string
	env, team         string
	state             State
	attributes        string // JSON object, names sorted
	identifiers       []Identifier
	origins           string // see origins.go
	conflicts         int
	merged            int64
	first, last, next int64 // microseconds
	version           int64
	created, updated  int64
}

const itemColumns = "id, kind, name, env, team, state, attributes, identifiers, origins, conflicts, merged_into, first_seen, last_seen, next_at, version, created_at, updated_at"

func scanRow(r interface{ Scan(...any) error }) (*row, error) {
	var i row
	var identifiers string
	err := r.Scan(&i.id, &i.kind, &i.name, &i.env, &i.team, &i.state, &i.attributes, &identifiers, &i.origins, &i.conflicts, &i.merged, &i.first, &i.last, &i.next, &i.version, &i.created, &i.updated)
	if err != nil {
		return nil, err
	}
	i.identifiers, err = parseIdentifiers(identifiers)
	return &i, err
}

// identifiersText is how identifiers stand in ci: ["scheme=value", …].
func identifiersText(list []Identifier) string {
	b := []byte{'['}
	for i, id := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, id.String())
	}
	return string(append(b, ']'))
}

func parseIdentifiers(text string) ([]Identifier, error) {
	if text == "[]" {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	out := make([]Identifier, len(list))
	for i, s := range list {
		out[i].Scheme, out[i].Value, _ = strings.Cut(s, "=")
	}
	return out, nil
}

// word is a name as lists sort it and look-ups compare it.
func word(name string) string { return strings.ToLower(name) }

// lockMap keeps others from changing items and relations until the transaction
// ends; see ci_lock.
func lockMap(tx *db.Tx) error {
	if tx.Dialect().SQLite() {
		return nil
	}
	var id int64
	scan := []any{&id}
	for range lookUps {
		scan = append(scan, new(string))
	}
	return tx.QueryRow(lockMapSQL + tx.ForUpdate()).Scan(scan...)
}

// lookUps are the ways of PostgreSQL to answer that are off while the map is
// locked: all questions are by key there, and as long as it knows nothing of
// tables that grow quickly it would rather read all of one (measured: the most
// of an import).
var lookUps = []string{"enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_material"}

var lockMapSQL = "SELECT id, set_config('" + strings.Join(lookUps, "', 'off', TRUE), set_config('") + "', 'off', TRUE) FROM ci_lock WHERE id = 1"

// noNumber reports whether no item can have the number: its column has 32 bits,
// and PostgreSQL fails on a larger one instead of finding nothing.
func noNumber(id int64) bool { return id <= 0 || id > math.MaxInt32 }

// movesByHand counts how often observations were moved from one item to
// another; noteMoves counts on.
func movesByHand(q db.Querier) (int64, error) {
	return oneNumber(q, "SELECT moves FROM ci_lock WHERE id = 1")
}

func noteMoves(tx *db.Tx) error {
	return tx.Later("UPDATE ci_lock SET moves = moves + 1 WHERE id = 1")
}

// rowsByID returns items by number; those that do not exist are left out.
func rowsByID(q db.Querier, ids []int64) (map[int64]*row, error) {
	out := make(map[int64]*row, len(ids))
	if slices.ContainsFunc(ids, noNumber) {
		ids = slices.DeleteFunc(slices.Clone(ids), noNumber)
	}
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (*row, error) { return scanRow(r) }, "SELECT "+itemColumns+" FROM ci WHERE id "+in, args...)
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			out[i.id] = i
		}
	}
	return out, nil
}

const insertItemSQL = "INSERT INTO ci (id, kind, name, word, env, team, state, attributes, identifiers, origins, conflicts, merged_into, first_seen, last_seen, next_at, version, created_at, updated_at) VALUES "

func insertRows(tx *db.Tx, list []*row) error {
	rows := make([][]any, len(list))
	for n, i := range list {
		rows[n] = []any{i.id, i.kind, i.name, word(i.name), i.env, i.team, string(i.state), i.attributes, identifiersText(i.identifiers), i.origins,
			int64(i.conflicts), i.merged, i.first, i.last, i.next, i.version, i.created, i.updated}
	}
	return insertMany(tx, insertItemSQL, "", 18, rows)
}

var itemUpdate = db.NewUpdate("ci", "id BIGINT", "kind TEXT", "name TEXT", "word TEXT", "env TEXT", "team TEXT", "state TEXT", "attributes TEXT", "identifiers TEXT",
	"origins TEXT", "conflicts BIGINT", "merged_into BIGINT", "first_seen BIGINT", "last_seen BIGINT", "next_at BIGINT", "version BIGINT", "updated_at BIGINT")

func updateRows(tx *db.Tx, list []*row) error {
	rows := make([][]any, len(list))
	for n, i := range list {
		rows[n] = []any{i.id, i.kind, i.name, word(i.name), i.env, i.team, string(i.state), i.attributes, identifiersText(i.identifiers), i.origins,
			int64(i.conflicts), i.merged, i.first, i.last, i.next, i.version, i.updated}
	}
	_, err := itemUpdate.Run(tx, rows)
	return err
}

// insertPast keeps the forms in which items were until now.
func insertPast(tx *db.Tx, list []*row, now int64) error {
	rows := make([][]any, len(list))
	for n, i := range list {
		rows[n] = []any{i.id, now, i.updated, i.kind, i.name, string(i.state), i.attributes}
	}
	return tx.InsertMany("INSERT INTO ci_past (item, until, since, kind, name, state, attributes) VALUES ",
		" ON CONFLICT (item, until) DO NOTHING", 7, rows) // changed twice in one moment: the first form is the one before it
}

// bearer is an item that bears an identifier.
type bearer struct {
	item      int64
	kind, env string
	state     State
	word      string
}

// bearers returns who bears which identifier, oldest first, without items that
// another one took the place of.
func bearers(q db.Querier, list []Identifier) (map[Identifier][]bearer, error) {
	out := map[Identifier][]bearer{}
	schemes := map[string][]string{}
	seen := make(map[Identifier]bool, len(list))
	for _, id := range list {
		if !seen[id] {
			seen[id] = true
			schemes[id.Scheme] = append(schemes[id.Scheme], id.Value)
		}
	}
	borne := map[int64][]Identifier{}
	for scheme, values := range schemes {
		for part := range slices.Chunk(values, atOnce) {
			query, args := db.Keyed(q, "value, item", "ci_identifier", "scheme = $1", "value", 2, part)
			_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
				var item int64
				id := Identifier{Scheme: scheme}
				err = r.Scan(&id.Value, &item)
				borne[item] = append(borne[item], id)
				return x, err
			}, query, append([]any{scheme}, args...)...)
			if err != nil {
				return nil, err
			}
		}
	}
	// Items are looked up by themselves: most identifiers of a first run are new,
	// and PostgreSQL joined by reading all items while it did not know yet how
	// many there are.
	for part := range slices.Chunk(slices.Sorted(maps.Keys(borne)), atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (b bearer, err error) {
			return b, r.Scan(&b.item, &b.kind, &b.env, &b.state, &b.word)
		}, "SELECT id, kind, env, state, word FROM ci WHERE id "+in+" AND merged_into = 0", args...)
		if err != nil {
			return nil, err
		}
		for _, b := range list {
			for _, id := range borne[b.item] {
				out[id] = append(out[id], b)
			}
		}
	}
	for _, l := range out {
		slices.SortFunc(l, func(a, b bearer) int { return int(a.item - b.item) })
	}
	return out, nil
}

// namesakes returns items of a kind that have one of the names (as word), not
// retired, at most a few of each.
func namesakes(q db.Querier, kind string, words []string) (map[string][]bearer, error) {
	out := map[string][]bearer{}
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	for part := range slices.Chunk(words, atOnce) {
		query, args := db.Keyed(q, "id, env, state, word", "ci", "kind = $1 AND merged_into = 0", "word", 2, part)
		list, err := db.Collect(q, func(r *db.Rows) (b bearer, err error) {
			b.kind = kind
			return b, r.Scan(&b.item, &b.env, &b.state, &b.word)
		}, query, append([]any{kind}, args...)...)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(list, func(a, b bearer) int { return int(a.item - b.item) })
		for _, b := range list {
			out[b.word] = append(out[b.word], b)
		}
	}
	return out, nil
}

func addIdentifiers(tx *db.Tx, rows [][]any) error {
	return insertMany(tx, "INSERT INTO ci_identifier (scheme, value, item) VALUES ", " ON CONFLICT (scheme, value, item) DO NOTHING", 3, rows)
}

func dropIdentifier(tx *db.Tx, id Identifier, item int64) error {
	return tx.Later("DELETE FROM ci_identifier WHERE scheme = $1 AND value = $2 AND item = $3", id.Scheme, id.Value, item)
}

// itemsOfOrigin tells which of the items an origin sees.
func itemsOfOrigin(q db.Querier, origin int64, items []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for part := range slices.Chunk(items, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
			"SELECT item FROM ci_observation WHERE item "+in+" AND origin = "+db.In(len(args)+1, 1), append(args, origin)...)
		if err != nil {
			return nil, err
		}
		for _, id := range list {
			out[id] = true
		}
	}
	return out, nil
}
