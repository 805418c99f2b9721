package suspect

import (
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// look is when suspects of an incident are looked for again.
type look struct {
	incident int64
	looks    int
	turn     int64
	next     time.Time
}

const (
	lookColumns = "incident_id, looks, turn, next_at"
	dueSQL      = "SELECT " + lookColumns + " FROM change_look WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"
	firstDueSQL = "SELECT next_at FROM change_look WHERE next_at > 0 ORDER BY next_at LIMIT 1"
	nudgeSQL    = "UPDATE change_look SET next_at = $1, turn = turn + 1 WHERE began_at >= $2 AND began_at <= $3 AND (next_at = 0 OR next_at > $1) AND service "
	nudgeOfSQL  = `UPDATE change_look SET next_at = $1, turn = turn + 1 WHERE (next_at = 0 OR next_at > $1)
		AND incident_id IN (SELECT incident_id FROM change_cause WHERE change_id IN ($2, $3) AND state = 'suggested')`
)

func scanLook(r interface{ Scan(...any) error }) (l look, err error) {
	var next int64
	err = r.Scan(&l.incident, &l.looks, &l.turn, &next)
	l.next = db.Time(next)
	return l, err
}

func dueLooks(q db.Querier, now time.Time, limit int) ([]look, error) {
	return db.Collect(q, func(r *db.Rows) (look, error) { return scanLook(r) }, dueSQL, db.Micros(now), limit)
}

func firstLook(q db.Querier) (time.Time, error) {
	var next int64
	err := q.QueryRow(firstDueSQL).Scan(&next)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	return db.Time(next), err
}

// claimLook locks a look; ok is false when another replica has done it, or
// something changed meanwhile.
func claimLook(tx *db.Tx, l look) (ok bool, err error) {
	now, err := scanLook(tx.QueryRow("SELECT "+lookColumns+" FROM change_look WHERE incident_id = $1"+tx.ForUpdate(), l.incident))
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil && now.turn == l.turn, err
}

func saveLook(tx *db.Tx, l look) error {
	return tx.Later("UPDATE change_look SET looks = $2, next_at = $3, turn = turn + 1 WHERE incident_id = $1", l.incident, l.looks, db.Micros(l.next))
}

// putLook notes that suspects of an incident are to be looked for.
func putLook(tx *db.Tx, incident int64, service string, began, next time.Time) error {
	return tx.Later(`INSERT INTO change_look (incident_id, service, began_at, looks, turn, next_at) VALUES ($1, $2, $3, 0, 0, $4)
		ON CONFLICT (incident_id) DO UPDATE SET service = excluded.service, began_at = excluded.began_at, turn = change_look.turn + 1, next_at = excluded.next_at`,
		incident, service, db.Micros(began), db.Micros(next))
}

// nudge lets the incidents of services that began in a time be looked at soon.
func nudge(tx *db.Tx, services []string, from, to, next time.Time) error {
	for part := range slices.Chunk(services, 64) {
		in, args := db.InSet(tx, 4, part)
		if err := tx.Later(nudgeSQL+in, append([]any{db.Micros(next), db.Micros(from), db.Micros(to)}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// nudgeOf lets the incidents that suspect one of two changes be looked at soon.
func nudgeOf(tx *db.Tx, a, b int64, next time.Time) error {
	return tx.Later(nudgeOfSQL, db.Micros(next), a, b)
}
