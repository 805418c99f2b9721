package auth

import (
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const teamColumns = "name, title, description, calendar, war_room, version, created_at, updated_at"

func scanTeam(row interface{ Scan(...any) error }) (Team, error) {
	var t Team
	var created, updated int64
	err := row.Scan(&t.Name, &t.Title, &t.Description, &t.Calendar, &t.WarRoom, &t.Version, &created, &updated)
	t.Created, t.Updated = db.Time(created), db.Time(updated)
	return t, err
}

// TeamByName returns a team with its members; NotFound if there is none. It
// checks no permission.
func TeamByName(q db.Querier, name string) (Team, error) { return teamByName(q, name, "") }

func lockTeam(tx *db.Tx, name string) (Team, error) { return teamByName(tx, name, tx.ForUpdate()) }

// TeamAlone returns a team without its members, for callers that only ask
// whether it exists or how it works; NotFound if there is none. It checks no
// permission.
func TeamAlone(q db.Querier, name string) (Team, error) {
	return db.Remember(q, teamKey(name), func() (Team, error) { return teamAlone(q, name, "") })
}

type teamKey string

func teamByName(q db.Querier, name, lock string) (Team, error) {
	t, err := teamAlone(q, name, lock)
	if err != nil {
		return Team{}, err
	}
	t.Members, err = TeamMembers(q, name)
	return t, err
}

func teamAlone(q db.Querier, name, lock string) (Team, error) {
	err := db.ErrNoRows
	var t Team
	if ref.IsName(name) { // PostgreSQL takes no arbitrary bytes
		t, err = scanTeam(q.QueryRow("SELECT "+teamColumns+" FROM team WHERE name = $1"+lock, name))
	}
	if errors.Is(err, db.ErrNoRows) {
		return Team{}, errs.E(errs.NotFound, "there is no such team").On(ref.S(ref.Team, errs.Short(name)).String())
	}
	return t, err
}

const membersSQL = `SELECT m.person, m.role, p.handle, p.display, p.email FROM team_member m
	JOIN person p ON p.id = m.person WHERE m.team = $1`

// TeamMembers returns a team's members: leads first, then by handle; none if
// there is no such team. Disabled people are included: they are still members,
// and a notifier asks PersonByID or People who is enabled. It checks no permission.
func TeamMembers(q db.Querier, team string) ([]Member, error) {
	members, err := db.Collect(q, func(r *db.Rows) (m Member, err error) {
		return m, r.Scan(&m.Person, &m.Role, &m.Handle, &m.Display, &m.Email)
	}, membersSQL, team)
	sortMembers(members)
	return members, err
}

// Teammate is a member with what decides whether and how he may be told.
type Teammate struct {
	Member
	PersonRole actor.Role
	Enabled    bool
}

// Teammates returns a team's members in one query; none if there is no such
// team. It checks no permission.
func Teammates(q db.Querier, team string) ([]Teammate, error) {
	return db.Remember(q, crewKey(team), func() ([]Teammate, error) {
		list, err := db.Collect(q, func(r *db.Rows) (m Teammate, err error) {
			var disabled int64
			err = r.Scan(&m.Person, &m.Role, &m.Handle, &m.Display, &m.Email, &m.PersonRole, &disabled)
			m.Enabled = disabled == 0
			return m, err
		}, crewSQL, team)
		slices.SortFunc(list, func(x, y Teammate) int { return byLead(x.Member, y.Member) })
		return list, err
	})
}

type crewKey string

const crewSQL = `SELECT m.person, m.role, p.handle, p.display, p.email, p.role, p.disabled_at FROM team_member m
	JOIN person p ON p.id = m.person WHERE m.team = $1`

// TeamsOf returns the names of a person's teams: those they lead first, then
// where they are a member. It checks no permission.
func TeamsOf(q db.Querier, person int64) ([]string, error) {
	type in struct{ team, role string }
	list, err := db.Collect(q, func(r *db.Rows) (x in, err error) { return x, r.Scan(&x.team, &x.role) }, teamsOfSQL, person)
	order := []string{string(Lead), string(Plain)} // the others after these
	rank := func(x in) int {
		if i := slices.Index(order, x.role); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(list, func(x, y in) int { return rank(x) - rank(y) })
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = x.team
	}
	return names, err
}

const (
	teamsOfSQL = "SELECT team, role FROM team_member WHERE person = $1 ORDER BY team"
	teamsSQL   = "SELECT " + teamColumns + " FROM team WHERE name > $1 ORDER BY name LIMIT $2"
)

func listTeams(q db.Querier, after string, limit int) ([]Team, error) {
	return db.Collect(q, func(r *db.Rows) (Team, error) { return scanTeam(r) }, teamsSQL, after, limit)
}

func insertTeam(tx *db.Tx, t Team) error {
	_, err := tx.Exec("INSERT INTO team ("+teamColumns+") VALUES "+db.Values(1, 8),
		t.Name, t.Title, t.Description, t.Calendar, t.WarRoom, t.Version, db.Micros(t.Created), db.Micros(t.Updated))
	if db.IsUnique(err) {
		return errs.E(errs.Conflict, "a team of this name exists already").On(t.Ref().String()).Because(err)
	}
	return err
}

func updateTeam(tx *db.Tx, t Team) error {
	_, err := tx.Exec("UPDATE team SET title = $2, description = $3, calendar = $4, war_room = $5, version = $6, updated_at = $7 WHERE name = $1",
		t.Name, t.Title, t.Description, t.Calendar, t.WarRoom, t.Version, db.Micros(t.Updated))
	return err
}

// setMembers makes a team's members exactly these.
func setMembers(tx *db.Tx, t Team) error {
	if err := deleteMembers(tx, t.Name); err != nil {
		return err
	}
	rows := make([][]any, len(t.Members))
	for i, m := range t.Members {
		rows[i] = []any{t.Name, m.Person, string(m.Role)}
	}
	return tx.InsertMany("INSERT INTO team_member (team, person, role) VALUES ", "", 3, rows)
}

func deleteMembers(tx *db.Tx, team string) error {
	_, err := tx.Exec("DELETE FROM team_member WHERE team = $1", team)
	return err
}

func deleteTeam(tx *db.Tx, name string) error {
	if err := deleteMembers(tx, name); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM team WHERE name = $1", name)
	return err
}
