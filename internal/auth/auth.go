// Package auth knows the people of the organisation, their teams, and who is
// at the door.
//
// It is for three things: recognising whoever sends a request (session cookie
// or API token), keeping the list of people with their roles, and keeping
// teams, which own services and are told about incidents. Permissions
// themselves are package actor's table; auth only says which role somebody
// has.
//
// Two types share the work. Door is what works before anybody is known:
// sign-in, the first start, invitations, the middleware. Service is what
// known people do; every method of it asks actor.Require first. Other
// practices read people and teams inside their own transactions through
// TeamMembers, PersonByID, People and TeamsOf, which check nothing because
// their callers did.
//
// Invariants:
//   - No secret is stored in a form that opens anything. Passwords are
//     argon2id; session cookies, API tokens and one-time links are 256 random
//     bits stored as SHA-256, which is enough for secrets nobody can guess.
//   - Nobody grants what they lack: a person, token or link is given only by
//     an actor who has every permission it would carry, so a narrowed token
//     cannot widen itself.
//   - A token acts with what its own role, its scopes and its owner's present
//     role all allow. A credential that is present and wrong is refused (401);
//     it never counts as "nobody".
//   - There is always an enabled admin once there was one.
//   - An unknown account, a wrong password and a disabled person get the same
//     answer after the same work. Guesses are slowed down for each account and
//     for each address, in a table, so that all replicas count together.
//   - Evidence names people as USR-17 and holds what they are called only as
//     a digest salted by the person's own salt. Erasing a person deletes that
//     salt; the log still verifies.
//
// Identified callers are cached for five seconds (cacheFor), so a busy token
// costs the database next to nothing; every change to a person, token, session
// or team empties the cache of this process, and other replicas follow within
// the five seconds.
package auth

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Config is what the operator decides. Zero durations take the defaults named
// beside them.
type Config struct {
	PublicURL   string        // address people use, "https://evenkeel.example.com"; empty in tests
	SessionIdle time.Duration // a session unused this long ends; 7 days
	// SessionLife ends a session however much it is used; 30 days, the longest
	// NIST SP 800-63B section 2.1.3 (AAL1) allows. Long, because a responder
	// woken at three must not meet a sign-in page first.
	SessionLife time.Duration
	InviteLife  time.Duration // an invitation or password link is good this long; 72 hours
	SetupLife   time.Duration // the first start's link is good this long; 24 hours

	// ManagedBy says where a record is managed as code, ok false when it is
	// edited by hand; nil: ascode.ManagedBy.
	ManagedBy func(q db.Querier, r ref.Ref) (ascode.Management, bool, error)
	// Refuse answers a request whose credential is wrong or that comes from
	// another site; nil: a short RFC 9457 problem.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Reactions are what other practices do when people or teams change. They run
// inside the changing transaction, on rows only, and may refuse with an error.
// They are set once, before the first request.
type Reactions struct {
	PersonErased   []func(tx *db.Tx, person int64) error // erase what you hold of the person
	PersonDisabled []func(tx *db.Tx, person int64) error
	TeamRemoved    []func(tx *db.Tx, team string) error // refuse while the team owns something
}

// Service is what known people do with people, teams, sessions and tokens.
type Service struct {
	Reactions Reactions

	// KnownCalendar reports whether there is a business calendar of the name;
	// wired by app. Nil: any name is one.
	KnownCalendar func(q db.Querier, name string) (bool, error)

	db     *db.DB
	cfg    Config
	https  bool
	hasher *hasher
	cache  *cache
}

// Door is what happens before anybody is known, and how somebody gets known.
type Door struct{ s *Service }

// New returns the service and its door over one database. It fails when the
// public address is no absolute http or https address.
func New(d *db.DB, cfg Config) (*Service, *Door, error) {
	for _, v := range []struct {
		to  *time.Duration
		def time.Duration
	}{
		{&cfg.SessionIdle, 7 * 24 * time.Hour}, {&cfg.SessionLife, 30 * 24 * time.Hour},
		{&cfg.InviteLife, 72 * time.Hour}, {&cfg.SetupLife, 24 * time.Hour},
	} {
		if *v.to <= 0 {
			*v.to = v.def
		}
	}
	if cfg.ManagedBy == nil {
		cfg.ManagedBy = ascode.ManagedBy
	}
	s := &Service{db: d, cfg: cfg, hasher: newHasher(), cache: newCache()}
	if cfg.PublicURL != "" {
		u, err := url.Parse(cfg.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, nil, errs.BadField("public_url", cfg.PublicURL, "an absolute address such as https://evenkeel.example.com")
		}
		s.https = u.Scheme == "https"
		s.cfg.PublicURL = u.Scheme + "://" + u.Host
	}
	return s, &Door{s}, nil
}

// write is db.Write for changes that callers' identities may depend on: the
// cache is emptied before the caller hears that the change is in.
func (s *Service) write(ctx context.Context, who actor.Actor, reason string, fn func(tx *db.Tx) error) error {
	defer s.cache.drop()
	return s.db.Write(ctx, who, reason, fn)
}

// guard refuses an edit by hand of a record that is managed in git.
func (s *Service) guard(q db.Querier, r ref.Ref) error {
	by, err := s.managedBy(q, r)
	if err != nil || by == "" {
		return err
	}
	return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", by).On(r.String())
}

// managedBy is where a record is managed as code, in words; empty when it is
// edited by hand.
func (s *Service) managedBy(q db.Querier, r ref.Ref) (string, error) {
	m, ok, err := s.cfg.ManagedBy(q, r)
	if err != nil || !ok {
		return "", err
	}
	return m.String(), nil
}

// Page asks for one part of a list.
type Page struct {
	Cursor string // where the part before ended; empty: from the start
	Limit  int    // 1 to 200; 0: 50
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 200)
}

// checkWords refuses outside words that no record could hold and PostgreSQL
// does not take, such as broken UTF-8 in a cursor.
func checkWords(name, word string) error {
	if !lineOK(word, 0, 254) {
		return errs.BadField(name, word, "plain text on one line")
	}
	return nil
}

// mayGrant refuses to give role to anybody unless who has all of its
// permissions: a token narrowed to "administer" must not make an admin.
func mayGrant(who actor.Actor, role actor.Role) error {
	for _, p := range permissionsOf(role) {
		if !who.May(p) {
			return errs.E(errs.Forbidden, "nobody grants what they lack: the role %s carries the permission %q, which you do not have", role, p)
		}
	}
	return nil
}

// permissionsOf lists what a role may do, in the order of actor.Permissions.
func permissionsOf(role actor.Role) []actor.Permission {
	var all []actor.Permission
	for _, p := range actor.Permissions {
		if (actor.Actor{Role: role}).May(p) {
			all = append(all, p)
		}
	}
	return all
}
