package change

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

const callColumns = "id, change_id, kind, source, target, ask, why, state, said, attempts, error, created_at, sent_at, next_at"

func insertCall(tx *db.Tx, c Call) error {
	ask := []byte{}
	if c.Ask != nil {
		var err error
		if ask, err = json.Marshal(c.Ask); err != nil {
			return err
		}
	}
	return tx.Later("INSERT INTO change_call ("+callColumns+") VALUES "+db.Values(1, 14), c.ID, c.Change, string(c.Kind), c.Source, string(c.Target), string(ask), c.Why, string(c.State), string(c.Said),
		c.Attempts, c.Error, db.Micros(c.Created), db.Micros(c.Sent), db.Micros(c.Next))
}

func scanCall(r *db.Rows) (c Call, err error) {
	var target, ask string
	var created, sent, next int64
	err = r.Scan(&c.ID, &c.Change, &c.Kind, &c.Source, &target, &ask, &c.Why, &c.State, &c.Said, &c.Attempts, &c.Error, &created, &sent, &next)
	c.Target, c.Created, c.Sent, c.Next = json.RawMessage(target), db.Time(created), db.Time(sent), db.Time(next)
	if err == nil && ask != "" {
		c.Ask = &Ask{}
		err = json.Unmarshal([]byte(ask), c.Ask)
	}
	return c, err
}

// saveCall writes what changes about a call.
func saveCall(tx *db.Tx, c Call) error {
	_, err := tx.Exec("UPDATE change_call SET state = $1, said = $2, attempts = $3, error = $4, sent_at = $5, next_at = $6 WHERE id = $7",
		string(c.State), string(c.Said), c.Attempts, c.Error, db.Micros(c.Sent), db.Micros(c.Next), c.ID)
	return err
}

// sameCall reports whether a call of the same kind to the same target is noted
// about the same change.
func sameCall(q db.Querier, c Call) (bool, error) {
	list, err := db.Collect(q, func(r *db.Rows) (target string, err error) { return target, r.Scan(&target) },
		"SELECT target FROM change_call WHERE change_id = $1 AND kind = $2 AND source = $3 AND (change_id > 0 OR created_at > $4) ORDER BY id DESC LIMIT 200", c.Change, string(c.Kind), c.Source, sinceQuestion(q))
	return slices.Contains(list, string(c.Target)), err
}

// sinceQuestion bounds how far back the same question counts as asked already:
// a day, after which a commit may well be asked about again.
func sinceQuestion(q db.Querier) int64 {
	if tx, ok := q.(*db.Tx); ok {
		return db.Micros(tx.Now.Add(-Day))
	}
	return 0
}

const firstCallSQL = "SELECT next_at FROM change_call WHERE next_at > 0 ORDER BY next_at LIMIT 1"

// firstCall is when the next call is due; 0: never.
func firstCall(q db.Querier) (at int64, err error) {
	err = q.QueryRow(firstCallSQL).Scan(&at)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return at, err
}

// claimCalls takes what is due for the time of a lease.
func claimCalls(tx *db.Tx, limit int, lease time.Time) ([]Call, error) {
	list, err := db.Collect(tx, scanCall, "SELECT "+callColumns+" FROM change_call WHERE next_at > 0 AND next_at <= $1 ORDER BY next_at LIMIT $2"+tx.SkipLocked(), db.Micros(tx.Now), limit)
	for _, c := range list {
		if err := tx.Later("UPDATE change_call SET next_at = $1 WHERE id = $2", db.Micros(lease), c.ID); err != nil {
			return nil, err
		}
	}
	return list, err
}

// wakeCallsOf makes the calls of a change due; it returns how many.
func wakeCallsOf(tx *db.Tx, id int64, now time.Time) (int64, error) {
	return tx.Exec("UPDATE change_call SET next_at = $1 WHERE change_id = $2 AND state = 'waiting' AND why = 'decision'", db.Micros(now), id)
}

// callsOf returns the calls about a change, newest first.
func callsOf(q db.Querier, id int64) ([]Call, error) {
	return db.Collect(q, scanCall, "SELECT "+callColumns+" FROM change_call WHERE change_id = $1 ORDER BY id DESC LIMIT 100", id)
}

// ranEarlier returns the artefact that succeeded on a change's service and
// environment before it did; empty when none is known.
func ranEarlier(q db.Querier, c Change) (artefact string, err error) {
	err = q.QueryRow(`SELECT c.artefact FROM change_service s CROSS JOIN change c WHERE c.id = s.change_id AND s.service = $1 AND s.from_at < $2
AND c.service = $1 AND c.environment = $3 AND c.state = 'succeeded' AND c.artefact <> $4 ORDER BY s.from_at DESC, s.change_id DESC LIMIT 1`,
		c.Main(), db.Micros(c.from()), c.Environment, c.Artefact).Scan(&artefact)
	if err == db.ErrNoRows {
		return "", nil
	}
	return artefact, err
}

// sealedRow is a row of credentials.
type sealedRow struct {
	CredentialState
	sealed []byte
}

const credentialColumns = "name, has, sealed, version, updated_at"

func scanCredential(r scanner) (c sealedRow, err error) {
	var has string
	var updated int64
	if err = r.Scan(&c.Integration, &has, &c.sealed, &c.Version, &updated); err != nil {
		return c, err
	}
	c.Updated = db.Time(updated)
	var shown struct {
		System, URL string
		Has         []string
	}
	err = json.Unmarshal([]byte(has), &shown)
	c.System, c.URL, c.Has = shown.System, shown.URL, shown.Has
	return c, err
}

// credential says which credentials an integration has.
func credential(q db.Querier, name string) (CredentialState, bool, error) {
	c, err := scanCredential(q.QueryRow("SELECT "+credentialColumns+" FROM change_credential WHERE name = $1", name))
	if err == db.ErrNoRows {
		return CredentialState{Integration: name}, false, nil
	}
	return c.CredentialState, err == nil, err
}

// sealedCredential returns the sealed credentials; nil when there are none.
func sealedCredential(q db.Querier, name string) ([]byte, error) {
	c, err := scanCredential(q.QueryRow("SELECT "+credentialColumns+" FROM change_credential WHERE name = $1", name))
	if err == db.ErrNoRows {
		return nil, nil
	}
	return c.sealed, err
}

// credentials returns all of them: there are as many as integrations that are
// called, which are few.
func credentials(q db.Querier) ([]sealedRow, error) {
	return db.Collect(q, func(r *db.Rows) (sealedRow, error) { return scanCredential(r) }, "SELECT "+credentialColumns+" FROM change_credential ORDER BY name LIMIT 10000")
}

func saveCredential(tx *db.Tx, c CredentialState, sealed []byte) error {
	has, err := json.Marshal(struct {
		System, URL string
		Has         []string
	}{c.System, c.URL, c.Has})
	if err != nil {
		return err
	}
	return tx.Later(`INSERT INTO change_credential (name, has, sealed, version, updated_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET has = excluded.has, sealed = excluded.sealed, version = excluded.version, updated_at = excluded.updated_at`, c.Integration, string(has), sealed, c.Version, db.Micros(c.Updated))
}

func dropCredential(tx *db.Tx, name string) (int64, error) {
	return tx.Exec("DELETE FROM change_credential WHERE name = $1", name)
}

// pickCredential returns the integration whose credentials are for a system:
// the one that is preferred, else the first by name; when there is none, the
// preferred one, so that the call fails with its name.
func pickCredential(q db.Querier, preferred, system string) (string, error) {
	if system == "webhook" {
		return preferred, nil // needs none
	}
	list, err := credentials(q)
	found := ""
	for _, c := range list {
		if c.System != system {
			continue
		}
		if c.Integration == preferred || found == "" {
			found = c.Integration
		}
	}
	if found == "" {
		found = preferred
	}
	return found, err
}
