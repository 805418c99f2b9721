package incident

import "github.com/evenkeel/evenkeel/internal/db"

// addPeople notes who takes part.
func addPeople(tx *db.Tx, i Incident, people ...int64) error {
	var rows [][]any
	for _, p := range people {
		if p > 0 {
			rows = append(rows, []any{i.ID, p, db.Micros(tx.Now), db.Micros(i.TriggeredAt)})
		}
	}
	return tx.InsertMany("INSERT INTO incident_person (incident, person, since, triggered_at) VALUES ", " ON CONFLICT DO NOTHING", 4, rows)
}

func dropPerson(tx *db.Tx, id, person int64) (bool, error) {
	n, err := tx.Exec("DELETE FROM incident_person WHERE incident = $1 AND person = $2", id, person)
	return n > 0, err
}

func takesPart(q db.Querier, id, person int64) (bool, error) {
	var one int
	err := q.QueryRow("SELECT 1 FROM incident_person WHERE incident = $1 AND person = $2", id, person).Scan(&one)
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}

func getPeople(q db.Querier, id int64) ([]Participant, error) {
	return db.Collect(q, func(r *db.Rows) (p Participant, err error) {
		var at int64
		err = r.Scan(&p.Person, &at)
		p.Since = db.Time(at)
		return
	}, "SELECT person, since FROM incident_person WHERE incident = $1 ORDER BY person", id)
}

const linkColumns = "incident, kind, target, title, state, rule, person, at"

func scanLink(r *db.Rows) (l Link, err error) {
	var at int64
	err = r.Scan(&l.Incident, &l.Kind, &l.Target, &l.Title, &l.State, &l.Rule, &l.Person, &at)
	l.At = db.Time(at)
	return
}

func getLinks(q db.Querier, id int64) ([]Link, error) {
	return db.Collect(q, scanLink, "SELECT "+linkColumns+" FROM incident_link WHERE incident = $1 ORDER BY kind, target", id)
}

func getLink(q db.Querier, id int64, k LinkKind, target string) (l Link, found bool, err error) {
	list, err := db.Collect(q, scanLink, "SELECT "+linkColumns+" FROM incident_link WHERE incident = $1 AND kind = $2 AND target = $3", id, string(k), target)
	if err != nil || len(list) == 0 {
		return l, false, err
	}
	return list[0], true, nil
}

func putLink(tx *db.Tx, l Link) error {
	err := tx.Later("INSERT INTO incident_link ("+linkColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (incident, kind, target) DO UPDATE SET title = excluded.title, state = excluded.state, rule = excluded.rule, person = excluded.person, at = excluded.at`,
		l.Incident, string(l.Kind), l.Target, l.Title, string(l.State), l.Rule, l.Person, db.Micros(l.At))
	return err
}

func dropLink(tx *db.Tx, id int64, k LinkKind, target string) error {
	return tx.Later("DELETE FROM incident_link WHERE incident = $1 AND kind = $2 AND target = $3", id, string(k), target)
}

// moveAside gives links, people and grouping keys of a merged incident to the
// one it goes on in; what is there already stays as it is.
func moveAside(tx *db.Tx, from, to Incident) error {
	people, err := getPeople(tx, from.ID)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := addPeople(tx, to, p.Person); err != nil {
			return err
		}
	}
	links, err := getLinks(tx, from.ID)
	if err != nil {
		return err
	}
	for _, l := range links {
		if _, found, err := getLink(tx, to.ID, l.Kind, l.Target); err != nil || found {
			if err != nil {
				return err
			}
			continue
		}
		l.Incident = to.ID
		if err := putLink(tx, l); err != nil {
			return err
		}
	}
	err = tx.Later("UPDATE incident_group SET incident = $2 WHERE incident = $1", from.ID, to.ID)
	return err
}
