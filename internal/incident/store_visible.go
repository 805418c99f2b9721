package incident

import (
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// A restricted incident is visible to the people named on it (everyone who has
// a role or takes part is named, and so is who declared it) and to people
// whose organisation role is named, through a session or a token of theirs.
// Nobody else learns that it exists: it is absent from lists, counts, search
// and feeds, and its key answers "not found". Admins are no exception. The
// product itself (jobs, reactions) sees all.

// visible appends the condition to a query over incident i and returns it.
// It starts with AND; it is empty for the product itself.
func visible(who actor.Actor, args *[]any) string {
	if who.Kind == actor.System {
		return ""
	}
	*args = append(*args, personPrincipal(who.Person), rolePrincipal(string(who.Role)))
	n := len(*args)
	return " AND (i.restricted = FALSE OR EXISTS (SELECT 1 FROM incident_viewer v WHERE v.incident = i.id AND v.principal IN ($" +
		itoa(n-1) + ", $" + itoa(n) + ")))"
}

// mayView answers the same for one incident that was read already.
func mayView(q db.Querier, i Incident, who actor.Actor) (bool, error) {
	if !i.Restricted || who.Kind == actor.System {
		return true, nil
	}
	var one int
	err := q.QueryRow("SELECT 1 FROM incident_viewer WHERE incident = $1 AND principal IN ($2, $3) LIMIT 1",
		i.ID, personPrincipal(who.Person), rolePrincipal(string(who.Role))).Scan(&one)
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}

func personPrincipal(id int64) string  { return "person:" + strconv.FormatInt(id, 10) }
func rolePrincipal(role string) string { return "role:" + role }

func getViewers(q db.Querier, id int64) (v Viewers, err error) {
	list, err := db.Collect(q, func(r *db.Rows) (p string, err error) { err = r.Scan(&p); return },
		"SELECT principal FROM incident_viewer WHERE incident = $1 ORDER BY principal", id)
	for _, p := range list {
		if role, ok := strings.CutPrefix(p, "role:"); ok {
			v.Roles = append(v.Roles, role)
		} else if n, err := strconv.ParseInt(strings.TrimPrefix(p, "person:"), 10, 64); err == nil {
			v.People = append(v.People, n)
		}
	}
	slices.Sort(v.People)
	return v, err
}

func setViewers(tx *db.Tx, id int64, v Viewers) error {
	if _, err := tx.Exec("DELETE FROM incident_viewer WHERE incident = $1", id); err != nil {
		return err
	}
	return addViewers(tx, id, v)
}

func addViewers(tx *db.Tx, id int64, v Viewers) error {
	var rows [][]any
	for _, p := range v.People {
		rows = append(rows, []any{id, personPrincipal(p)})
	}
	for _, r := range v.Roles {
		rows = append(rows, []any{id, rolePrincipal(r)})
	}
	return tx.InsertMany("INSERT INTO incident_viewer (incident, principal) VALUES ", " ON CONFLICT DO NOTHING", 2, rows)
}

func itoa(n int) string { return strconv.Itoa(n) }
