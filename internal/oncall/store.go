package oncall

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// versions of the state: what was changed, and who can be on call.
func versions(q db.Querier) (version, people int64, err error) {
	err = q.QueryRow("SELECT version, people FROM oncall_state WHERE id = 1").Scan(&version, &people)
	return version, people, err
}

// bump raises the version and returns the new one. The row is locked until the
// commit, so that versions are committed in their order.
func bump(tx *db.Tx) (version int64, err error) {
	err = tx.QueryRow("UPDATE oncall_state SET version = version + 1 WHERE id = 1 RETURNING version").Scan(&version)
	return version, err
}

func bumpPeople(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE oncall_state SET people = people + 1 WHERE id = 1")
	return err
}

const scheduleColumns = "name, spec, version, created_at, updated_at, deleted_at, seq"

func scanSchedule(row interface{ Scan(...any) error }) (s Schedule, err error) {
	var spec string
	var created, updated, deleted int64
	if err = row.Scan(&s.Name, &spec, &s.Version, &created, &updated, &deleted, &s.seq); err != nil {
		return s, err
	}
	s.Created, s.Updated, s.deleted = db.Time(created), db.Time(updated), db.Time(deleted)
	return s, json.Unmarshal([]byte(spec), &s.Spec)
}

func collectSchedules(q db.Querier, query string, args ...any) ([]Schedule, error) {
	return db.Collect(q, func(r *db.Rows) (Schedule, error) { return scanSchedule(r) }, query, args...)
}

// find returns a schedule in its stored form; ok is false when there is none,
// and then s has the version that a deleted one had.
func find(q db.Querier, name, lock string) (s Schedule, ok bool, err error) {
	s, err = scanSchedule(q.QueryRow("SELECT "+scheduleColumns+" FROM oncall_schedule WHERE name = $1"+lock, name))
	if errors.Is(err, db.ErrNoRows) {
		return Schedule{}, false, nil
	}
	return s, err == nil && s.deleted.IsZero(), err
}

const (
	listSQL     = "SELECT " + scheduleColumns + " FROM oncall_schedule WHERE name > $1 AND deleted_at = 0 ORDER BY name LIMIT $2"
	listTeamSQL = "SELECT " + scheduleColumns + " FROM oncall_schedule WHERE team = $1 AND name > $2 AND deleted_at = 0 ORDER BY name LIMIT $3"
	changedSQL  = "SELECT " + scheduleColumns + " FROM oncall_schedule WHERE seq > $1 ORDER BY seq"
)

func listSchedules(q db.Querier, team, after string, limit int) ([]Schedule, error) {
	if team != "" {
		return collectSchedules(q, listTeamSQL, team, after, limit)
	}
	return collectSchedules(q, listSQL, after, limit)
}

func changedSchedules(q db.Querier, since int64) ([]Schedule, error) {
	return collectSchedules(q, changedSQL, since)
}

// putSchedule writes a schedule in its stored form.
func putSchedule(tx *db.Tx, s Schedule) error {
	spec, err := json.Marshal(s.Spec)
	if err != nil {
		return err
	}
	if s.seq, err = bump(tx); err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO oncall_schedule (name, team, spec, version, created_at, updated_at, deleted_at, seq) VALUES "+db.Values(1, 8)+
		" ON CONFLICT (name) DO UPDATE SET team = excluded.team, spec = excluded.spec, version = excluded.version, created_at = excluded.created_at,"+
		" updated_at = excluded.updated_at, deleted_at = excluded.deleted_at, seq = excluded.seq",
		s.Name, s.Spec.Team, string(spec), s.Version, db.Micros(s.Created), db.Micros(s.Updated), db.Micros(s.deleted), s.seq)
	return err
}

const coverColumns = "id, kind, schedule, person, instead, from_at, to_at, reason, by_person, salt, version, created_at, removed_at, seq"

func scanCover(row interface{ Scan(...any) error }) (c Cover, err error) {
	var from, to, created, removed int64
	err = row.Scan(&c.ID, &c.Kind, &c.Schedule, &c.Person, &c.Instead, &from, &to, &c.Reason, &c.By, &c.salt, &c.Version, &created, &removed, &c.seq)
	c.From, c.To, c.Created, c.Removed = db.Time(from), db.Time(to), db.Time(created), db.Time(removed)
	return c, err
}

func collectCovers(q db.Querier, query string, args ...any) ([]Cover, error) {
	return db.Collect(q, func(r *db.Rows) (Cover, error) { return scanCover(r) }, query, args...)
}

func findCover(q db.Querier, id int64, lock string) (Cover, error) {
	c, err := scanCover(q.QueryRow("SELECT "+coverColumns+" FROM oncall_cover WHERE id = $1"+lock, id))
	if errors.Is(err, db.ErrNoRows) {
		return Cover{}, errs.E(errs.NotFound, "there is no such cover").On(Cover{ID: id}.Ref().String())
	}
	return c, err
}

const (
	changedCoversSQL = "SELECT " + coverColumns + " FROM oncall_cover WHERE seq > $1 ORDER BY seq"
	coversSinceSQL   = "SELECT " + coverColumns + " FROM oncall_cover WHERE id > $1 AND to_at > $2 AND removed_at = 0 ORDER BY id LIMIT $3"
	coversTimeSQL    = "SELECT " + coverColumns + " FROM oncall_cover WHERE schedule = $1 AND to_at > $2 AND from_at < $3 AND removed_at = 0 ORDER BY to_at, id LIMIT $4"
	coversOfSQL      = "SELECT " + coverColumns + " FROM oncall_cover WHERE instead = $1 AND to_at > $2 ORDER BY to_at LIMIT $3"
	coversBySQL      = "SELECT " + coverColumns + " FROM oncall_cover WHERE person = $1 AND to_at > $2 ORDER BY to_at LIMIT $3"
)

func changedCovers(q db.Querier, since int64) ([]Cover, error) {
	return collectCovers(q, changedCoversSQL, since)
}

// maxCovers bounds how many covers one question reads.
const maxCovers = 5000

// coversIn returns covers of a schedule ("": absences) that touch a time.
func coversIn(q db.Querier, schedule string, from, to time.Time) ([]Cover, error) {
	return collectCovers(q, coversTimeSQL, schedule, from.UnixMicro(), to.UnixMicro(), maxCovers)
}

func putCover(tx *db.Tx, c *Cover) (err error) {
	if c.seq, err = bump(tx); err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO oncall_cover ("+coverColumns+") VALUES "+db.Values(1, 14)+
		" ON CONFLICT (id) DO UPDATE SET from_at = excluded.from_at, to_at = excluded.to_at, reason = excluded.reason, salt = excluded.salt,"+
		" version = excluded.version, removed_at = excluded.removed_at, seq = excluded.seq",
		c.ID, string(c.Kind), c.Schedule, c.Person, c.Instead, c.From.UnixMicro(), c.To.UnixMicro(), c.Reason, c.By, c.salt, c.Version,
		db.Micros(c.Created), db.Micros(c.Removed), c.seq)
	return err
}
