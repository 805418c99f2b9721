package auth

import (
	"errors"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const tokenColumns = "id, hash, name, person, role, scopes, created_by, created_at, expires_at, used_at, revoked_at"

func scanToken(row interface{ Scan(...any) error }) (Token, error) {
	var t Token
	var scopes string
	var created, expires, used, revoked int64
	err := row.Scan(&t.ID, &t.hash, &t.Name, &t.Person, &t.Role, &scopes, &t.CreatedBy, &created, &expires, &used, &revoked)
	for _, s := range strings.Fields(scopes) {
		t.Scopes = append(t.Scopes, actor.Permission(s))
	}
	t.Created, t.Expires, t.Used, t.Revoked = db.Time(created), db.Time(expires), db.Time(used), db.Time(revoked)
	return t, err
}

func tokenByHash(q db.Querier, hash []byte) (Token, error) {
	return scanToken(q.QueryRow("SELECT "+tokenColumns+" FROM auth_token WHERE hash = $1", hash))
}

func tokenByID(q db.Querier, id int64) (Token, error) { return tokenWhere(q, id, "") }

func lockToken(tx *db.Tx, id int64) (Token, error) { return tokenWhere(tx, id, tx.ForUpdate()) }

func tokenWhere(q db.Querier, id int64, lock string) (Token, error) {
	t, err := scanToken(q.QueryRow("SELECT "+tokenColumns+" FROM auth_token WHERE id = $1"+lock, id))
	return t, noToken(err, id)
}

func noToken(err error, id int64) error {
	if errors.Is(err, db.ErrNoRows) {
		return errs.E(errs.NotFound, "there is no such token").On(ref.N(ref.Token, id).String())
	}
	return err
}

const (
	tokensSQL   = "SELECT " + tokenColumns + " FROM auth_token WHERE id > $1 ORDER BY id LIMIT $2"
	tokensOfSQL = "SELECT " + tokenColumns + " FROM auth_token WHERE person = $3 AND id > $1 ORDER BY id LIMIT $2"
)

// listTokens lists all tokens (person < 0) or those of one person (0:
// machines), after an id.
func listTokens(q db.Querier, person, after int64, limit int) ([]Token, error) {
	query, args := tokensSQL, []any{after, limit}
	if person >= 0 {
		query, args = tokensOfSQL, append(args, person)
	}
	return db.Collect(q, func(r *db.Rows) (Token, error) { return scanToken(r) }, query, args...)
}

func insertToken(tx *db.Tx, t Token) error {
	_, err := tx.Exec("INSERT INTO auth_token ("+tokenColumns+") VALUES "+db.Values(1, 11),
		t.ID, t.hash, t.Name, t.Person, string(t.Role), t.scopeText(), t.CreatedBy,
		db.Micros(t.Created), db.Micros(t.Expires), db.Micros(t.Used), db.Micros(t.Revoked))
	return err
}

// revokeToken ends a token; the row stays, because evidence names it. erase
// also forgets what the owner called it.
func revokeToken(tx *db.Tx, t Token, erase bool) (Token, error) {
	t.Revoked = tx.Now
	if erase {
		t.Name = "erased"
	}
	_, err := tx.Exec("UPDATE auth_token SET revoked_at = $2, name = $3 WHERE id = $1", t.ID, db.Micros(t.Revoked), t.Name)
	return t, err
}

func touchToken(tx *db.Tx, id int64, before time.Time) error {
	_, err := tx.Exec("UPDATE auth_token SET used_at = $2 WHERE id = $1 AND used_at < $3", id, db.Micros(tx.Now), db.Micros(before))
	return err
}
