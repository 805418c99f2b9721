package auth

import (
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const sessionColumns = "id, person, address, agent, created_at, seen_at, expires_at"

func scanSession(row interface{ Scan(...any) error }) (Session, error) {
	var s Session
	var created, seen, expires int64
	err := row.Scan(&s.ID, &s.Person, &s.Address, &s.Agent, &created, &seen, &expires)
	s.Created, s.Seen, s.Expires = db.Time(created), db.Time(seen), db.Time(expires)
	return s, err
}

func sessionByHash(q db.Querier, hash []byte) (Session, error) {
	return scanSession(q.QueryRow("SELECT "+sessionColumns+" FROM auth_session WHERE hash = $1", hash))
}

const sessionsSQL = "SELECT " + sessionColumns + " FROM auth_session WHERE person = $1"

func sessionsOf(q db.Querier, person int64) ([]Session, error) {
	return db.Collect(q, func(r *db.Rows) (Session, error) { return scanSession(r) }, sessionsSQL, person)
}

func insertSession(tx *db.Tx, s Session, hash []byte) error {
	_, err := tx.Exec("INSERT INTO auth_session ("+sessionColumns+", hash) VALUES "+db.Values(1, 8),
		s.ID, s.Person, s.Address, s.Agent, db.Micros(s.Created), db.Micros(s.Seen), db.Micros(s.Expires), hash)
	return err
}

// deleteSession ends one session of a person and reports whether there was one.
func deleteSession(tx *db.Tx, person int64, id string) (bool, error) {
	n, err := tx.Exec("DELETE FROM auth_session WHERE person = $1 AND id = $2", person, id)
	return n > 0, err
}

// deleteSessions ends all sessions of a person but one.
func deleteSessions(tx *db.Tx, person int64, but string) (int64, error) {
	return tx.Exec("DELETE FROM auth_session WHERE person = $1 AND id <> $2", person, but)
}

func touchSession(tx *db.Tx, id string, before time.Time) error {
	_, err := tx.Exec("UPDATE auth_session SET seen_at = $2 WHERE id = $1 AND seen_at < $3", id, db.Micros(tx.Now), db.Micros(before))
	return err
}

// link is a one-time link, as stored.
type link struct {
	purpose string // setup or password
	person  int64  // 0 for setup
	expires time.Time
}

const (
	setupLink    = "setup"
	passwordLink = "password"
)

func linkByHash(q db.Querier, hash []byte) (l link, found bool, err error) {
	var expires int64
	err = q.QueryRow("SELECT purpose, person, expires_at FROM auth_link WHERE hash = $1", hash).Scan(&l.purpose, &l.person, &expires)
	if errors.Is(err, db.ErrNoRows) {
		return link{}, false, nil
	}
	l.expires = db.Time(expires)
	return l, err == nil, err
}

func insertLink(tx *db.Tx, l link, hash []byte) error {
	_, err := tx.Exec("INSERT INTO auth_link (hash, purpose, person, created_at, expires_at) VALUES "+db.Values(1, 5),
		hash, l.purpose, l.person, db.Micros(tx.Now), db.Micros(l.expires))
	return err
}

// lockLinks locks all links of a purpose and person, so that using one and
// making another do not cross.
func lockLinks(tx *db.Tx, purpose string, person int64) (int, error) {
	hashes, err := db.Collect(tx, func(r *db.Rows) (h []byte, err error) { return h, r.Scan(&h) },
		"SELECT hash FROM auth_link WHERE purpose = $1 AND person = $2 ORDER BY hash"+tx.ForUpdate(), purpose, person)
	return len(hashes), err
}

func deleteLinks(tx *db.Tx, purpose string, person int64) (int64, error) {
	return tx.Exec("DELETE FROM auth_link WHERE purpose = $1 AND person = $2", purpose, person)
}

// lockGuesses returns the counts of some keys, in the order of the keys, and
// locks them until the transaction ends. keys must be sorted.
func lockGuesses(tx *db.Tx, keys []string) ([]guesses, error) {
	out := make([]guesses, len(keys))
	for i, key := range keys {
		if _, err := tx.Exec("INSERT INTO auth_guess (id, failed, last_at, until_at) VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING", key); err != nil {
			return nil, err
		}
		var last, until int64
		row := tx.QueryRow("SELECT failed, last_at, until_at FROM auth_guess WHERE id = $1"+tx.ForUpdate(), key)
		if err := row.Scan(&out[i].failed, &last, &until); err != nil {
			return nil, err
		}
		out[i].last, out[i].until = db.Time(last), db.Time(until)
	}
	return out, nil
}

func updateGuesses(tx *db.Tx, key string, g guesses) error {
	_, err := tx.Exec("UPDATE auth_guess SET failed = $2, last_at = $3, until_at = $4 WHERE id = $1",
		key, g.failed, db.Micros(g.last), db.Micros(g.until))
	return err
}

// takeBack removes one counted failure, after the guess turned out right.
func takeBack(tx *db.Tx, key string) error {
	_, err := tx.Exec("UPDATE auth_guess SET failed = failed - 1, until_at = 0 WHERE id = $1 AND failed > 0", key)
	return err
}

func deleteGuesses(tx *db.Tx, key string) error {
	_, err := tx.Exec("DELETE FROM auth_guess WHERE id = $1", key)
	return err
}

// firstExpiry is when the earliest session, link or count may be deleted; zero
// if there is none.
func firstExpiry(q db.Querier, idle time.Duration) (time.Time, error) {
	var first time.Time
	for _, e := range []struct {
		query string
		plus  time.Duration
	}{
		{"SELECT expires_at FROM auth_session ORDER BY expires_at LIMIT 1", 0},
		{"SELECT seen_at FROM auth_session ORDER BY seen_at LIMIT 1", idle},
		{"SELECT expires_at FROM auth_link ORDER BY expires_at LIMIT 1", 0},
		{"SELECT last_at FROM auth_guess ORDER BY last_at LIMIT 1", accountLimit.forget},
	} {
		var us int64
		err := q.QueryRow(e.query).Scan(&us)
		if errors.Is(err, db.ErrNoRows) {
			continue
		}
		if err != nil {
			return time.Time{}, err
		}
		if t := db.Time(us).Add(e.plus); first.IsZero() || t.Before(first) {
			first = t
		}
	}
	return first, nil
}

// deleteExpired deletes what is over at now and returns how much that was.
func deleteExpired(tx *db.Tx, idle time.Duration) (int64, error) {
	now := tx.Now
	var all int64
	for _, e := range []struct {
		query string
		until time.Time
	}{
		{"DELETE FROM auth_session WHERE expires_at <= $1", now},
		{"DELETE FROM auth_session WHERE seen_at <= $1", now.Add(-idle)},
		{"DELETE FROM auth_link WHERE expires_at <= $1", now},
		{"DELETE FROM auth_guess WHERE last_at <= $1", now.Add(-accountLimit.forget)},
	} {
		n, err := tx.Exec(e.query, db.Micros(e.until))
		if err != nil {
			return all, err
		}
		all += n
	}
	return all, nil
}
