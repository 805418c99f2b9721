package incident

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// A list is read in two steps. First the ids, one priority after the other,
// each from an index that ends with (priority, triggered_at, id), so that
// nothing is ever sorted or counted by the database; newest-first merges the
// (at most four) streams. Then the rows of one page by their ids.

// cursor is the place after which a page begins.
type cursor struct {
	Priority Priority // only for ByPriority
	At       int64
	ID       int64
}

func (c cursor) String() string {
	return strconv.Itoa(int(c.Priority)) + "." + strconv.FormatInt(c.At, 36) + "." + strconv.FormatInt(c.ID, 36)
}

func parseCursor(s string) (c cursor, err error) {
	bad := errs.BadField("cursor", s, "use the cursor that the previous page returned, or none for the first page")
	part := strings.Split(s, ".")
	if len(part) != 3 {
		return c, bad
	}
	p, err1 := strconv.ParseInt(part[0], 10, 8)
	at, err2 := strconv.ParseInt(part[1], 36, 64)
	id, err3 := strconv.ParseInt(part[2], 36, 64)
	if err1 != nil || err2 != nil || err3 != nil || p < 0 || p > 4 {
		return c, bad
	}
	return cursor{Priority(p), at, id}, nil
}

// place is one incident in a list, before its row is read.
type place struct {
	Priority Priority
	At, ID   int64
}

// listSQL is the query for the ids of one priority: newest first after a place.
func listSQL(f Filter, who actor.Actor, p Priority, after cursor, limit int) (string, []any) {
	var b strings.Builder
	var args []any
	arg := func(v any) string { args = append(args, v); return "$" + itoa(len(args)) }
	at, id := "i.triggered_at", "i.id"
	if f.Person > 0 { // from the person's incidents to their rows; both engines keep this order
		at, id = "pp.triggered_at", "pp.incident"
		b.WriteString("SELECT pp.triggered_at, pp.incident FROM incident_person pp CROSS JOIN incident i WHERE i.id = pp.incident AND pp.person = " + arg(f.Person) + " AND i.priority = " + arg(int(p)))
	} else {
		b.WriteString("SELECT i.triggered_at, i.id FROM incident i WHERE i.priority = " + arg(int(p)))
	}
	if after.ID > 0 {
		b.WriteString(" AND (" + at + ", " + id + ") < (" + arg(after.At) + ", " + arg(after.ID) + ")")
	}
	if f.Open != nil && *f.Open {
		b.WriteString(" AND i.is_open = TRUE")
	} else if f.Open != nil {
		b.WriteString(" AND i.is_open = FALSE")
	}
	if f.Service != "" {
		b.WriteString(" AND i.service <> '' AND i.service = " + arg(f.Service))
	}
	if f.Team != "" {
		b.WriteString(" AND i.team <> '' AND i.team = " + arg(f.Team))
	}
	if f.Commander > 0 {
		b.WriteString(" AND i.commander > 0 AND i.commander = " + arg(f.Commander))
	}
	if f.Parent > 0 {
		b.WriteString(" AND i.parent > 0 AND i.parent = " + arg(f.Parent))
	}
	if f.Persistent {
		b.WriteString(" AND i.persistent <> ''")
	}
	if len(f.States) == 1 {
		b.WriteString(" AND i.state = " + arg(string(f.States[0])))
	} else if len(f.States) > 1 {
		list := make([]string, len(f.States))
		for n, s := range f.States {
			list[n] = arg(string(s))
		}
		b.WriteString(" AND i.state IN (" + strings.Join(list, ", ") + ")")
	}
	if !f.From.IsZero() {
		b.WriteString(" AND " + at + " >= " + arg(db.Micros(f.From)))
	}
	if !f.Before.IsZero() {
		b.WriteString(" AND " + at + " < " + arg(db.Micros(f.Before)))
	}
	for _, w := range words(f.Text) {
		lo, hi := prefixRange(w)
		b.WriteString(" AND EXISTS (SELECT 1 FROM incident_word w WHERE w.word >= " + arg(lo) + " AND w.word < " + arg(hi) + " AND w.incident = i.id)")
	}
	b.WriteString(visible(who, &args))
	b.WriteString(" ORDER BY " + at + " DESC, " + id + " DESC LIMIT " + arg(limit))
	return b.String(), args
}

// listPlaces reads one page of ids in the filter's order.
func listPlaces(q db.Querier, f Filter, who actor.Actor, after cursor, limit int) (out []place, err error) {
	want := f.Priorities
	if len(want) == 0 {
		want = Priorities
	}
	want = slices.Clone(want)
	slices.Sort(want)
	for _, p := range slices.Compact(want) {
		from := after
		if f.Sort == ByPriority {
			if p < after.Priority {
				continue
			}
			if p > after.Priority {
				from = cursor{}
			}
		}
		sql, args := listSQL(f, who, p, from, limit)
		part, err := db.Collect(q, func(r *db.Rows) (x place, err error) {
			x.Priority = p
			err = r.Scan(&x.At, &x.ID)
			return
		}, sql, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
		if f.Sort == ByPriority && len(out) >= limit {
			break
		}
	}
	if f.Sort != ByPriority {
		slices.SortFunc(out, func(a, b place) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.ID, a.ID)) })
	}
	return out[:min(limit, len(out))], nil
}

// inOrder reads the rows of places, in the same order.
func inOrder(q db.Querier, places []place) ([]Incident, error) {
	ids := make([]int64, len(places))
	for n, p := range places {
		ids[n] = p.ID
	}
	list, err := getMany(q, ids, "")
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]Incident, len(list))
	for _, i := range list {
		byID[i.ID] = i
	}
	out := make([]Incident, 0, len(ids))
	for _, id := range ids {
		if i, ok := byID[id]; ok {
			out = append(out, i)
		}
	}
	return out, nil
}

// openCounts counts open incidents by priority, as far as the viewer may know.
func openCounts(q db.Querier, who actor.Actor) (n [4]int, err error) {
	var args []any
	list, err := db.Collect(q, func(r *db.Rows) (x [2]int, err error) { err = r.Scan(&x[0], &x[1]); return },
		"SELECT i.priority, COUNT(*) FROM incident i WHERE i.is_open = TRUE"+visible(who, &args)+" GROUP BY i.priority", args...)
	for _, x := range list {
		n[x[0]-1] = x[1]
	}
	return n, err
}

// briefs reads incidents that the viewer may know of, by a condition on i.
func briefs(q db.Querier, who actor.Actor, cond string, args ...any) ([]Brief, error) {
	sql := "SELECT i.id, i.title, i.state, i.priority FROM incident i WHERE " + cond + visible(who, &args) + " ORDER BY i.id LIMIT 256"
	return db.Collect(q, func(r *db.Rows) (b Brief, err error) {
		err = r.Scan(&b.ID, &b.Title, &b.State, &b.Priority)
		return
	}, sql, args...)
}
