package alert

import (
	"math"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const silenceCols = "id, kind, matchers, starts_at, ends_at, author_id, comment, created_at, expired_at, version"

func scanSilence(rows *db.Rows) (s Silence, err error) {
	var matchers string
	var starts, ends, created, expired int64
	if err = rows.Scan(&s.ID, &s.Kind, &matchers, &starts, &ends, &s.AuthorID, &s.Comment, &created, &expired, &s.Version); err != nil {
		return s, err
	}
	s.StartsAt, s.EndsAt, s.Created, s.Expired = db.Time(starts), db.Time(ends), db.Time(created), db.Time(expired)
	s.Matchers, err = readMatchers(matchers)
	return s, err
}

// silences lists by end, latest first, before a (end, id).
func listSilences(q db.Querier, endsBefore, idBefore int64, endsAfter int64, limit int) ([]Silence, error) {
	return db.Collect(q, scanSilence, "SELECT "+silenceCols+` FROM silence WHERE (ends_at, id) < ($1, $2) AND ends_at > $3
		ORDER BY ends_at DESC, id DESC LIMIT $4`, endsBefore, idBefore, endsAfter, limit)
}

func silenceByID(q db.Querier, id int64) (Silence, error) {
	list, err := db.Collect(q, scanSilence, "SELECT "+silenceCols+" FROM silence WHERE id = $1", id)
	if err != nil {
		return Silence{}, err
	}
	if len(list) == 0 {
		return Silence{}, errs.E(errs.NotFound, "there is no such silence").On(ref.N(ref.Silence, id).String())
	}
	return list[0], nil
}

func insertSilence(tx *db.Tx, s *Silence, salt []byte) error {
	_, err := tx.Exec("INSERT INTO silence ("+silenceCols+", salt, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		s.ID, string(s.Kind), texts(Texts(s.Matchers)), db.Micros(s.StartsAt), db.Micros(s.EndsAt), s.AuthorID, s.Comment,
		db.Micros(s.Created), db.Micros(s.Expired), s.Version, salt, db.Micros(s.StartsAt))
	return err
}

func expireSilence(tx *db.Tx, s *Silence) error {
	_, err := tx.Exec("UPDATE silence SET ends_at = $2, expired_at = $3, version = $4, next_at = $2 WHERE id = $1",
		s.ID, db.Micros(s.EndsAt), db.Micros(s.Expired), s.Version)
	return err
}

// dueSilences are those that have to begin or end.
func dueSilences(tx *db.Tx, limit int) ([]int64, error) {
	return db.Collect(tx, scanID, "SELECT id FROM silence WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"+tx.SkipLocked(), db.Micros(tx.Now), limit)
}

// silencedAlerts are the alerts that a silence holds back.
func silencedAlerts(q db.Querier, silence int64, limit int) ([]int64, error) {
	return db.Collect(q, scanID, "SELECT id FROM alert WHERE silence_id = $1 AND silence_id > 0 ORDER BY id LIMIT $2", silence, limit)
}

// loudFiring are firing alerts after a sort key that no silence holds back,
// with what matchers look at.
func loudFiring(q db.Querier, after, afterID int64, limit int) ([]candidate, error) {
	return db.Collect(q, func(rows *db.Rows) (c candidate, err error) {
		var labels string
		var severity int
		err = rows.Scan(&c.id, &c.sortKey, &c.integration, &severity, &c.subject.service, &c.subject.source, &c.subject.summary, &c.subject.dedup, &labels)
		c.subject.severity, c.subject.labels = severityOf(severity), pairs(labels)
		return c, err
	}, `SELECT id, sort_key, integration_id, severity, service, source, summary, dedup, labels FROM alert
		WHERE (sort_key, id) > ($1, $2) AND sort_key < $3 AND silence_id = 0 ORDER BY sort_key, id LIMIT $4`, after, afterID, keyResolved, limit)
}

type candidate struct {
	id          int64
	sortKey     int64
	integration int64
	subject     subject
}

// MaintenanceDuring returns the planned work that is in force at some time in
// [from, to), the latest end first, at most limit, and whether there is more.
// It checks no permission.
func MaintenanceDuring(q db.Querier, from, to time.Time, limit int) ([]Silence, bool, error) {
	list, err := listSilences(q, math.MaxInt64, math.MaxInt64, db.Micros(from), limit+1)
	more := len(list) > limit
	list = slices.DeleteFunc(list[:min(len(list), limit)], func(s Silence) bool { return s.Kind != Maintenance || !s.StartsAt.Before(to) })
	return list, more, err
}
