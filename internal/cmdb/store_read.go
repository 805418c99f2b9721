package cmdb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// named returns items of a name (as word), whatever their kind.
const namedSQL = "SELECT id, kind, env, state, word FROM ci WHERE word = $1 AND merged_into = 0 ORDER BY word, id LIMIT $2"

func named(q db.Querier, w string, limit int) ([]bearer, error) {
	return db.Collect(q, func(r *db.Rows) (b bearer, err error) {
		return b, r.Scan(&b.item, &b.kind, &b.env, &b.state, &b.word)
	}, namedSQL, w, limit)
}

// bondsAtSQL is relations at one end, over or not.
func bondsAtSQL(column string, over bool) string {
	cmp := "<>"
	if over {
		cmp = "="
	}
	return "SELECT " + bondColumns + " FROM ci_relation WHERE " + column + " = $1 AND state " + cmp + " 'retired' LIMIT $2"
}

func bondsAt(q db.Querier, column string, id int64, over bool, limit int) ([]*bond, error) {
	list, err := db.Collect(q, func(r *db.Rows) (*bond, error) { return scanBond(r) }, bondsAtSQL(column, over), id, limit)
	slices.SortFunc(list, func(a, b *bond) int { return int(a.id - b.id) })
	return list, err
}

// pastForms returns former forms of an item, newest first; with a time those
// that held then.
func pastForms(q db.Querier, id, us int64, limit int) ([]pastForm, error) {
	scan := func(r *db.Rows) (p pastForm, err error) {
		return p, r.Scan(&p.since, &p.until, &p.kind, &p.name, &p.state, &p.attributes)
	}
	const columns = "SELECT since, until, kind, name, state, attributes FROM ci_past WHERE item = $1"
	if us == 0 {
		return db.Collect(q, scan, columns+" ORDER BY until DESC LIMIT $2", id, limit)
	}
	return db.Collect(q, scan, columns+" AND until > $2 AND since <= $2 ORDER BY until LIMIT $3", id, us, limit)
}

// pastBonds returns the forms that relations had at a time, of those that are
// not as they were then.
func pastBonds(q db.Querier, ids []int64, us int64) (out []*bond, err error) {
	for part := range slices.Chunk(ids, atOnce) {
		in, args := db.InSet(q, 1, part)
		list, err := db.Collect(q, func(r *db.Rows) (*bond, error) {
			var b bond
			return &b, r.Scan(&b.id, &b.since, &b.hard, &b.group, &b.need, &b.provenance)
		}, fmt.Sprintf("SELECT relation, since, hard, grp, need, provenance FROM ci_relation_past WHERE relation %s AND until > $%d AND since <= $%d", in, len(args)+1, len(args)+1), append(args, us)...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// last is beyond every text that begins with the same.
const last = "\U0010FFFF"

// place is where a list goes on.
type place struct {
	word   string
	id     int64
	origin int64 // lists of a source
}

// listQuery builds the query of a list: what narrows most leads, so that each
// page costs the same in a map of any size. bySource are its origins.
func listQuery(f Filter, after place, bySource []int64, limit int) (string, []any) {
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	columns := "c." + strings.ReplaceAll(itemColumns, ", ", ", c.")
	from, order := " FROM ci AS c", " ORDER BY c.word, c.id"
	where := []string{}
	byWord := func() {
		where = append(where, "(c.word, c.id) > ("+arg(after.word)+", "+arg(after.id)+")")
		if f.Text != "" {
			where = append(where, "c.word >= "+arg(word(f.Text)), "c.word < "+arg(word(f.Text)+last))
		}
	}
	byID := func() {
		where = append(where, "c.id > "+arg(after.id))
		order = " ORDER BY c.id"
		if f.Text != "" {
			where = append(where, "c.word >= "+arg(word(f.Text)), "c.word < "+arg(word(f.Text)+last))
		}
	}
	switch {
	case f.Source != "":
		from, order = " FROM ci_observation AS o JOIN ci AS c ON c.id = o.item", " ORDER BY o.origin, o.name"
		in := make([]string, len(bySource))
		for i, id := range bySource {
			in[i] = arg(id)
		}
		where = append(where, "o.origin IN ("+strings.Join(in, ", ")+")", "(o.origin, o.name) > ("+arg(after.origin)+", "+arg(after.word)+")", "o.absent_at = 0")
		columns = "o.origin, o.name, " + columns
		if f.Text != "" {
			where = append(where, "c.word >= "+arg(word(f.Text)), "c.word < "+arg(word(f.Text)+last))
		}
	case f.Conflicts:
		where = append(where, "c.conflicts > 0")
		byID()
	case f.State == Stale || f.State == Retired:
		byID()
	case f.Kind != "":
		where, order = append(where, "c.kind = "+arg(f.Kind)), " ORDER BY c.kind, c.word, c.id"
		byWord()
	case f.Team != "":
		where, order = append(where, "c.team = "+arg(f.Team), "c.team <> ''"), " ORDER BY c.team, c.word, c.id"
		byWord()
	default:
		byWord()
	}
	// Joined to nothing, so that SQLite does not take the index of the kind, of
	// which it would have to sort all items.
	if f.Kind != "" && (f.Source != "" || f.Conflicts || f.State == Stale || f.State == Retired) {
		where = append(where, "c.kind || '' = "+arg(f.Kind))
	}
	if f.Team != "" && !strings.Contains(order, "c.team") {
		where = append(where, "c.team || '' = "+arg(f.Team))
	}
	if f.Env != "" {
		where = append(where, "c.env = "+arg(f.Env))
	}
	if f.Conflicts && f.Source != "" {
		where = append(where, "c.conflicts > 0")
	}
	switch {
	case f.State == Stale, f.State == Retired:
		where = append(where, "c.state <> 'present'", "c.state = "+arg(string(f.State)))
	case f.State != "":
		where = append(where, "c.state = "+arg(string(f.State)))
	case !f.All:
		where = append(where, "c.state <> 'retired'")
	}
	return "SELECT " + columns + from + " WHERE " + strings.Join(where, " AND ") + order + " LIMIT " + arg(limit), args
}

func listed(q db.Querier, f Filter, after place, bySource []int64, limit int) (out []*row, places []place, err error) {
	query, args := listQuery(f, after, bySource, limit)
	rows, err := q.Query(query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		var r interface{ Scan(...any) error } = rows
		if f.Source != "" {
			r = scanAfter{rows, []any{&p.origin, &p.word}}
		}
		i, err := scanRow(r)
		if err != nil {
			return nil, nil, err
		}
		if f.Source == "" {
			p = place{word: word(i.name), id: i.id}
		}
		out, places = append(out, i), append(places, p)
	}
	return out, places, rows.Err()
}

// scanAfter scans rows that begin with columns of their own.
type scanAfter struct {
	rows  *db.Rows
	first []any
}

func (s scanAfter) Scan(dest ...any) error { return s.rows.Scan(append(s.first, dest...)...) }

func originsOfSource(q db.Querier, source string) ([]int64, error) {
	return db.Collect(q, func(r *db.Rows) (id int64, err error) { return id, r.Scan(&id) },
		"SELECT id FROM ci_origin WHERE source = $1 ORDER BY id LIMIT 500", source)
}

// lastSeen is when items were last seen, also by complete runs that found them
// unchanged.
func lastSeen(q db.Querier, items []int64) (map[int64]int64, error) {
	out := make(map[int64]int64, len(items))
	for part := range slices.Chunk(items, atOnce) {
		in, args := db.InSet(q, 1, part)
		_, err := db.Collect(q, func(r *db.Rows) (x struct{}, err error) {
			var item, us int64
			err = r.Scan(&item, &us)
			out[item] = us
			return x, err
		}, "SELECT o.item, MAX(CASE WHEN o.absent_at = 0 AND g.complete_at > o.last_seen THEN g.complete_at ELSE o.last_seen END) FROM ci_observation o JOIN ci_origin g ON g.id = o.origin WHERE o.item "+
			in+" GROUP BY o.item", args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
