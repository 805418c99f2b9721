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

// driver is the column whose index a list is read from. Of several filters
// the most selective one drives, and the others are checked row by row.
type driver string

const (
	byNewest    driver = ""
	byOpen      driver = "is_open"
	byPerson    driver = "person"
	byCommander driver = "commander"
	byService   driver = "service"
	byTeam      driver = "team"
	byState     driver = "state"
)

func (f Filter) driver() driver {
	rare := len(f.States) > 0 && !slices.Contains(f.States, Closed) && !slices.Contains(f.States, Resolved)
	switch {
	case f.Person > 0:
		return byPerson
	case f.Open != nil && *f.Open:
		return byOpen
	case f.Commander > 0:
		return byCommander
	case f.Service != "":
		return byService
	case rare:
		return byState
	case f.Team != "":
		return byTeam
	case len(f.States) > 0:
		return byState
	}
	return byNewest
}

// listSQL is the query for the ids of one priority (0: of all that the filter
// wants) and, when the state drives, of one state: newest first after a place. Columns of indexes that
// shall not be used stand in an expression ("|| ”", "+ 0"), which no index
// serves: neither engine is left to guess.
func listSQL(f Filter, who actor.Actor, p Priority, after cursor, limit int) (string, []any) {
	var b strings.Builder
	var args []any
	arg := func(v any) string { args = append(args, v); return "$" + itoa(len(args)) }
	by := f.driver()
	at, id := "i.triggered_at", "i.id"
	if by == byPerson { // from the person's incidents to their rows; both engines keep this order
		at, id = "pp.triggered_at", "pp.incident"
		b.WriteString("SELECT pp.triggered_at, pp.incident FROM incident_person pp CROSS JOIN incident i WHERE i.id = pp.incident AND pp.person = " + arg(f.Person))
	} else {
		b.WriteString("SELECT i.triggered_at, i.id FROM incident i WHERE 1 = 1")
	}
	if p > 0 {
		b.WriteString(" AND i.priority = " + arg(int(p)))
	} else if len(f.Priorities) > 0 {
		list := make([]string, len(f.Priorities))
		for n, x := range f.Priorities {
			list[n] = arg(int(x))
		}
		b.WriteString(" AND i.priority IN (" + strings.Join(list, ", ") + ")")
	}
	if after.ID > 0 {
		b.WriteString(" AND (" + at + ", " + id + ") < (" + arg(after.At) + ", " + arg(after.ID) + ")")
	}
	if f.Open != nil && *f.Open {
		b.WriteString(" AND i.is_open = TRUE")
	} else if f.Open != nil {
		b.WriteString(" AND i.is_open = FALSE")
	}
	text := func(d driver, value string) {
		switch {
		case value == "":
		case by == d:
			b.WriteString(" AND i." + string(d) + " <> '' AND i." + string(d) + " = " + arg(value))
		default:
			b.WriteString(" AND i." + string(d) + " || '' = " + arg(value))
		}
	}
	text(byService, f.Service)
	text(byTeam, f.Team)
	if by == byCommander {
		b.WriteString(" AND i.commander > 0 AND i.commander = " + arg(f.Commander))
	} else if f.Commander > 0 {
		b.WriteString(" AND i.commander + 0 = " + arg(f.Commander))
	}
	if f.Parent > 0 {
		b.WriteString(" AND i.parent + 0 = " + arg(f.Parent))
	}
	if f.Persistent {
		b.WriteString(" AND i.persistent <> ''")
	}
	if by == byState {
		b.WriteString(" AND i.state = " + arg(string(f.States[0])))
	} else if len(f.States) > 0 {
		list := make([]string, len(f.States))
		for n, s := range f.States {
			list[n] = arg(string(s))
		}
		b.WriteString(" AND i.state || '' IN (" + strings.Join(list, ", ") + ")")
	}
	if !f.From.IsZero() {
		b.WriteString(" AND " + at + " >= " + arg(db.Micros(f.From)))
	}
	if !f.Before.IsZero() {
		b.WriteString(" AND " + at + " < " + arg(db.Micros(f.Before)))
	}
	for _, w := range words(f.Text) {
		lo, hi := prefixRange(w)
		b.WriteString(" AND EXISTS (SELECT 1 FROM incident_word w WHERE w.incident = i.id AND w.word >= " + arg(lo) + " AND w.word < " + arg(hi) + ")")
	}
	if len(f.ids) > 0 {
		b.WriteString(" AND i.id IN " + db.In(len(args)+1, len(f.ids)))
		args = append(args, db.Args(f.ids)...)
	}
	b.WriteString(visible(who, &args))
	b.WriteString(" ORDER BY " + at + " DESC, " + id + " DESC LIMIT " + arg(limit))
	return b.String(), args
}

// listPlaces reads one page of ids in the filter's order.
func listPlaces(q db.Querier, f Filter, who actor.Actor, after cursor, limit int) (out []place, err error) {
	sets := []Filter{f}
	if f.driver() == byState { // one state after the other, each from its part of the index
		sets = nil
		for _, st := range f.States {
			one := f
			one.States = []State{st}
			sets = append(sets, one)
		}
	}
	if len(words(f.Text)) > 0 {
		ids, few, err := fewWithWords(q, words(f.Text))
		if err != nil {
			return nil, err
		}
		if few {
			sets = nil
			for part := range chunks(ids) {
				one := f
				one.Text, one.ids = "", part
				sets = append(sets, one)
			}
		}
	}
	want := f.Priorities
	if len(want) == 0 {
		want = Priorities
	}
	want = slices.Clone(want)
	slices.Sort(want)
	if f.driver() == byPerson && f.Sort != ByPriority { // a person's incidents are in order as they are
		want = []Priority{0}
	}
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
		var group []place
		for _, one := range sets {
			sql, args := listSQL(one, who, p, from, limit)
			part, err := db.Collect(q, func(r *db.Rows) (x place, err error) {
				x.Priority = p
				err = r.Scan(&x.At, &x.ID)
				return
			}, sql, args...)
			if err != nil {
				return nil, err
			}
			group = append(group, part...)
		}
		newestFirst(group)
		out = append(out, group...)
		if f.Sort == ByPriority && len(out) >= limit {
			break
		}
	}
	if f.Sort != ByPriority {
		newestFirst(out)
	}
	return out[:min(limit, len(out))], nil
}

func newestFirst(list []place) {
	slices.SortFunc(list, func(a, b place) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.ID, a.ID)) })
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
