package alert

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const integrationCols = `i.id, i.name, i.kind, i.title, i.service, i.team, i.beat_interval, i.beat_grace, i.severity, i.disabled, i.version, i.created_at,
	COALESCE(st.seen_at, 0), COALESCE(st.beat_at, 0), COALESCE(st.silent, FALSE)`

const fromIntegration = " FROM integration i LEFT JOIN integration_state st ON st.integration_id = i.id "

func scanIntegration(rows *db.Rows) (in Integration, err error) {
	var interval, grace, created, seen, beat int64
	err = rows.Scan(&in.ID, &in.Name, &in.Kind, &in.Title, &in.Service, &in.Team, &interval, &grace, &in.Severity, &in.Disabled, &in.Version, &created,
		&seen, &beat, &in.Silent)
	in.Interval, in.Grace = time.Duration(interval)*time.Second, time.Duration(grace)*time.Second
	in.Created, in.LastSeen, in.LastBeat = db.Time(created), db.Time(max(seen, beat)), db.Time(beat)
	return in, err
}

// integrations lists by name after a name.
func integrations(q db.Querier, after string, limit int) ([]Integration, error) {
	return db.Collect(q, scanIntegration, "SELECT "+integrationCols+fromIntegration+"WHERE i.name > $1 ORDER BY i.name LIMIT $2", after, limit)
}

func integrationByName(q db.Querier, name string) (Integration, error) {
	list, err := db.Collect(q, scanIntegration, "SELECT "+integrationCols+fromIntegration+"WHERE i.name = $1", name)
	if err != nil {
		return Integration{}, err
	}
	if len(list) == 0 {
		return Integration{}, noIntegration(name)
	}
	return list[0], nil
}

func insertIntegration(tx *db.Tx, in *Integration) error {
	_, err := tx.Exec(`INSERT INTO integration (id, name, kind, title, service, team, beat_interval, beat_grace, severity, disabled, version, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, in.ID, in.Name, string(in.Kind), in.Title, in.Service, in.Team,
		int64(in.Interval/time.Second), int64(in.Grace/time.Second), string(in.Severity), in.Disabled, in.Version, db.Micros(in.Created))
	return err
}

func updateIntegration(tx *db.Tx, in *Integration) error {
	_, err := tx.Exec(`UPDATE integration SET title = $2, service = $3, team = $4, beat_interval = $5, beat_grace = $6, severity = $7, disabled = $8, version = $9
		WHERE id = $1`, in.ID, in.Title, in.Service, in.Team, int64(in.Interval/time.Second), int64(in.Grace/time.Second), string(in.Severity), in.Disabled, in.Version)
	return err
}

// hasAlerts reports whether an integration ever made an alert.
func hasAlerts(q db.Querier, id int64) (bool, error) {
	var one int
	err := q.QueryRow("SELECT 1 FROM alert WHERE integration_id = $1 LIMIT 1", id).Scan(&one)
	if err == db.ErrNoRows {
		return false, nil
	}
	return err == nil, err
}

func deleteIntegration(tx *db.Tx, id int64) error {
	_, err := tx.Exec("DELETE FROM integration WHERE id = $1", id)
	return err
}

// insertToken keeps a token's hash and, where its sender signs with it, the
// token itself, sealed; nil otherwise.
func insertToken(tx *db.Tx, integration int64, hash, sealed []byte) error {
	_, err := tx.Exec("INSERT INTO integration_token (hash, integration_id, created_at, expires_at, sealed) VALUES ($1, $2, $3, 0, $4)",
		hash, integration, db.Micros(tx.Now), sealed)
	return err
}

// retireTokens lets the tokens of an integration end at a time, at once when
// that is now, and forgets those that have ended.
func retireTokens(tx *db.Tx, integration int64, at time.Time) error {
	if _, err := tx.Exec("DELETE FROM integration_token WHERE integration_id = $1 AND expires_at > 0 AND expires_at <= $2", integration, db.Micros(tx.Now)); err != nil {
		return err
	}
	if !at.After(tx.Now) {
		_, err := tx.Exec("DELETE FROM integration_token WHERE integration_id = $1", integration)
		return err
	}
	_, err := tx.Exec("UPDATE integration_token SET expires_at = $2 WHERE integration_id = $1 AND (expires_at = 0 OR expires_at > $2)", integration, db.Micros(at))
	return err
}

// beat notes a heartbeat and returns whether silence had been reported.
func beat(tx *db.Tx, in *Integration, next time.Time) (silent bool, err error) {
	err = tx.QueryRow("SELECT silent FROM integration_state WHERE integration_id = $1"+tx.ForUpdate(), in.ID).Scan(&silent)
	if err != nil && err != db.ErrNoRows {
		return false, err
	}
	_, err = tx.Exec(`INSERT INTO integration_state (integration_id, beat_at, silent, next_at) VALUES ($1, $2, FALSE, $3)
		ON CONFLICT (integration_id) DO UPDATE SET beat_at = excluded.beat_at, silent = FALSE, next_at = excluded.next_at`,
		in.ID, db.Micros(tx.Now), db.Micros(next))
	return silent, err
}

// dueBeats are integrations whose heartbeat stays away.
func dueBeats(tx *db.Tx, limit int) ([]int64, error) {
	return db.Collect(tx, scanID, "SELECT integration_id FROM integration_state WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"+tx.SkipLocked(),
		db.Micros(tx.Now), limit)
}

func scanID(rows *db.Rows) (id int64, err error) { err = rows.Scan(&id); return id, err }

// setSilent stops the clock and says when the last beat came.
func setSilent(tx *db.Tx, id int64) (last time.Time, err error) {
	var us int64
	err = tx.QueryRow("UPDATE integration_state SET silent = TRUE, next_at = 0 WHERE integration_id = $1 RETURNING beat_at", id).Scan(&us)
	return db.Time(us), err
}

// moveBeat sets when silence becomes an alert; 0 stops the clock.
func moveBeat(tx *db.Tx, id int64, next int64) error {
	_, err := tx.Exec("UPDATE integration_state SET next_at = $2 WHERE integration_id = $1 AND beat_at > 0 AND silent = FALSE", id, next)
	return err
}

// sealedToken is a token that its sender signs with.
type sealedToken struct {
	hash, sealed []byte
	name         string // of the integration
}

func sealedTokens(q db.Querier) ([]sealedToken, error) {
	return db.Collect(q, func(r *db.Rows) (t sealedToken, err error) { return t, r.Scan(&t.hash, &t.sealed, &t.name) },
		"SELECT t.hash, t.sealed, i.name FROM integration_token t JOIN integration i ON i.id = t.integration_id WHERE t.sealed IS NOT NULL ORDER BY t.hash")
}

func setSealed(tx *db.Tx, hash, sealed []byte) error {
	if err := tx.Later("UPDATE integration_token SET sealed = $2 WHERE hash = $1", hash, sealed); err != nil {
		return err
	}
	return bumpPolicy(tx)
}
