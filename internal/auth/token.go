package auth

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Token is an API token as it is stored; its secret is shown once, by
// CreateToken.
type Token struct {
	ID        int64
	Name      string // what its owner calls it
	Person    int64  // its owner; 0: a machine
	Role      actor.Role
	Scopes    []actor.Permission // only these of the role; nil: all of it
	CreatedBy int64              // person; 0: the program
	Created   time.Time
	Expires   time.Time
	Used      time.Time // last used, to the minute; zero: never
	Revoked   time.Time // zero: valid until Expires

	hash []byte
}

// Ref is the token's key, TOK-3.
func (t Token) Ref() ref.Ref { return ref.N(ref.Token, t.ID) }

// Alive reports whether the token opens anything at a time.
func (t Token) Alive(now time.Time) bool { return t.Revoked.IsZero() && now.Before(t.Expires) }

func (t Token) scopeText() string {
	words := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

// digest leaves the name out, which people choose and which is erased.
func (t Token) digest() string {
	return evidence.Digest(nil, struct {
		ID, Person, CreatedBy, Created, Expires, Revoked int64
		Role, Scopes, Hash                               string
	}{t.ID, t.Person, t.CreatedBy, db.Micros(t.Created), db.Micros(t.Expires), db.Micros(t.Revoked), string(t.Role), t.scopeText(), hex.EncodeToString(t.hash)})
}

// actor is who acts with the token: its owner's present role, narrowed to what
// the token's role and scopes allow. A machine's token acts in its own role.
func (t Token) actor(owner Person, teams []string) actor.Actor {
	a := actor.Actor{Kind: actor.Token, ID: t.ID, Person: t.Person, Role: t.Role, Teams: teams, Name: t.Name}
	if len(t.Scopes) > 0 {
		a.Scopes = t.Scopes
	}
	if t.Person != 0 {
		a.Name = owner.Display
		if owner.Role != t.Role {
			own := actor.Actor{Role: owner.Role}
			a.Scopes = slices.DeleteFunc(t.permissions(), func(p actor.Permission) bool { return !own.May(p) })
			a.Role = owner.Role
		}
	}
	return a
}

// permissions is what the token's role and scopes allow.
func (t Token) permissions() []actor.Permission {
	all := permissionsOf(t.Role)
	if len(t.Scopes) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(p actor.Permission) bool { return !slices.Contains(t.Scopes, p) })
}

// NewToken asks for a token.
type NewToken struct {
	Name    string
	Machine bool               // for a machine, owned by nobody: needs Administer and a Role
	Role    actor.Role         // empty: one's own
	Scopes  []actor.Permission // empty: all of the role
	Life    time.Duration      // 0: 90 days; at most 366 days
}

const (
	tokenLife     = 90 * 24 * time.Hour
	tokenLifeMost = 366 * 24 * time.Hour
)

func (n *NewToken) normalise(who actor.Actor) error {
	var f errs.Fields
	if n.Name = strings.TrimSpace(n.Name); !lineOK(n.Name, 1, 100) {
		f.Add("name", n.Name, "1 to 100 characters that say what the token is for")
	}
	if n.Role == "" && !n.Machine {
		n.Role = who.Role
	}
	if !slices.Contains(actor.Roles, n.Role) {
		f.Add("role", string(n.Role), "one of admin, manager, responder, requester, auditor, integration")
	}
	slices.Sort(n.Scopes)
	n.Scopes = slices.Compact(n.Scopes)
	for i, s := range n.Scopes {
		if !slices.Contains(permissionsOf(n.Role), s) {
			f.Add(fmt.Sprintf("scopes[%d]", i), string(s), fmt.Sprintf("one of the permissions of the role %s: %s", n.Role, strings.Trim(fmt.Sprint(permissionsOf(n.Role)), "[]")))
		}
	}
	if n.Life == 0 {
		n.Life = tokenLife
	}
	if n.Life < time.Minute || n.Life > tokenLifeMost {
		f.Add("expires", n.Life.String(), "from one minute to 366 days from now")
	}
	return f.Err()
}

// CreateToken makes a token of one's own, or a machine's, and returns its
// secret, which cannot be read again.
func (s *Service) CreateToken(ctx context.Context, n NewToken) (Token, string, error) {
	who, err := actor.Require(ctx, actor.Self)
	if n.Machine {
		who, err = actor.Require(ctx, actor.Administer)
	}
	if err == nil && !n.Machine {
		err = hasSelf(who)
	}
	if err == nil {
		err = n.normalise(who)
	}
	t := Token{Name: n.Name, Role: n.Role, Scopes: n.Scopes, CreatedBy: who.Person}
	if !n.Machine {
		t.Person = who.Person
	}
	for _, p := range t.permissions() {
		if err == nil && !who.May(p) {
			err = errs.E(errs.Forbidden, "nobody grants what they lack: the token would carry the permission %q, which you do not have; name fewer scopes", p)
		}
	}
	if err != nil {
		return Token{}, "", errs.Wrap("auth.create-token", err)
	}
	var secret string
	err = s.write(ctx, who, "token made", func(tx *db.Tx) (err error) {
		if t.ID, err = tx.NextID(ref.Token); err != nil {
			return err
		}
		secret, t.hash = newSecret(tokenPrefix)
		t.Created, t.Expires = tx.Now, tx.Now.Add(n.Life)
		tx.Record(evidence.Entry{Action: "token.create", Record: t.Ref(), After: t.digest(),
			Data: tokenFact{ref.N(ref.Person, t.Person).String(), t.Role, t.Scopes, t.Expires}})
		return insertToken(tx, t)
	})
	if err != nil {
		return Token{}, "", errs.Wrap("auth.create-token", err)
	}
	return t, secret, nil
}

type tokenFact struct {
	Owner   string             `json:"owner"` // USR-0: a machine
	Role    actor.Role         `json:"role"`
	Scopes  []actor.Permission `json:"scopes,omitempty"`
	Expires time.Time          `json:"expires"`
}

// TokenOwner returns the person for whom a token acts, 0 for a machine's. It
// checks no permission: it names who is behind an entry of the log.
func TokenOwner(q db.Querier, id int64) (int64, error) {
	t, err := tokenByID(q, id)
	return t.Person, err
}

// Tokens lists one's own tokens, or with all everybody's and the machines',
// which needs Administer; and the cursor of the next part (empty: no more).
func (s *Service) Tokens(ctx context.Context, all bool, page Page) ([]Token, string, error) {
	who, err := actor.Require(ctx, actor.Self)
	person := who.Person
	if all {
		who, err = actor.Require(ctx, actor.Administer)
		person = -1
	} else if err == nil {
		err = hasSelf(who)
	}
	after := int64(0)
	if err == nil && page.Cursor != "" {
		if after, err = strconv.ParseInt(page.Cursor, 10, 64); err != nil || after < 0 {
			err = errs.BadField("cursor", page.Cursor, "the next value of the part before")
		}
	}
	if err != nil {
		return nil, "", errs.Wrap("auth.tokens", err)
	}
	var list []Token
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		list, err = listTokens(q, person, after, page.limit()+1)
		return err
	})
	next := ""
	if len(list) > page.limit() {
		list = list[:page.limit()]
		next = strconv.FormatInt(list[len(list)-1].ID, 10)
	}
	return list, next, errs.Wrap("auth.tokens", err)
}

// RevokeToken ends a token at once: one's own, or with Administer anybody's.
// One that is revoked already is fine.
func (s *Service) RevokeToken(ctx context.Context, id int64) error {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		if who, err = actor.Require(ctx, actor.Administer); err != nil {
			return errs.Wrap("auth.revoke-token", err)
		}
	}
	err = s.write(ctx, who, "token revoked", func(tx *db.Tx) error {
		t, err := lockToken(tx, id)
		if err != nil {
			return err
		}
		if !who.May(actor.Administer) && (t.Person == 0 || t.Person != who.Person) {
			return noToken(db.ErrNoRows, id)
		}
		if !t.Revoked.IsZero() {
			return nil
		}
		return revoke(tx, t, false)
	})
	return errs.Wrap("auth.revoke-token", err)
}

func revoke(tx *db.Tx, t Token, erase bool) error {
	before := t.digest()
	t, err := revokeToken(tx, t, erase)
	tx.Record(evidence.Entry{Action: "token.revoke", Record: t.Ref(), Before: before, After: t.digest()})
	return err
}

// eraseTokens revokes all tokens of a person and forgets their names.
func eraseTokens(tx *db.Tx, person int64) error {
	for after := int64(0); ; {
		list, err := listTokens(tx, person, after, 200)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, t := range list {
			if err := revoke(tx, t, true); err != nil {
				return err
			}
			after = t.ID
		}
	}
}
