package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Middleware puts the caller's actor into the request's context, from
// "Authorization: Bearer ek_…" or else the session cookie. A request with
// neither goes on with no actor, and with a cookie that has ended too, so that
// the sign-in page can be reached; one with a wrong bearer token is refused.
//
// Requests without a token are also refused when a browser sends them from
// another site and they could change something (net/http's
// CrossOriginProtection): sign-in pages included, or a stranger could sign
// somebody in under the stranger's account.
//
// The address is taken from RemoteAddr; behind a proxy the server sets that
// before it calls the middleware. Receivers with their own kind of token are
// mounted outside of it.
func (d *Door) Middleware(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if d.s.cfg.PublicURL != "" {
		cross.AddTrustedOrigin(d.s.cfg.PublicURL) // New made it an origin, so this cannot fail
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, bearer := bearerToken(r)
		if !bearer {
			if err := cross.Check(r); err != nil {
				d.refuse(w, r, errs.E(errs.Forbidden, "this request comes from another site; open Evenkeel itself and try again").Because(err))
				return
			}
		}
		id, known, err := d.identify(r, token, bearer)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		if known {
			id.actor.From = ClientOf(r).Address
			ctx := actor.With(r.Context(), id.actor)
			r = r.WithContext(context.WithValue(ctx, sessionKey{}, id.session))
		}
		next.ServeHTTP(w, r)
	})
}

func (d *Door) identify(r *http.Request, token string, bearer bool) (identified, bool, error) {
	if bearer {
		hash, ok := parseSecret(tokenPrefix, token)
		if !ok {
			return identified{}, false, badToken()
		}
		id, known, err := d.lookUp(r.Context(), hash, d.byToken)
		if err == nil && !known {
			err = badToken()
		}
		return id, known, err
	}
	cookie, err := r.Cookie(d.cookieName(r))
	if err != nil {
		return identified{}, false, nil
	}
	hash, ok := parseSecret("", cookie.Value)
	if !ok {
		return identified{}, false, nil
	}
	return d.lookUp(r.Context(), hash, d.bySession)
}

// bearerToken returns the credential of an Authorization: Bearer header
// (RFC 6750); the scheme's case does not matter (RFC 9110 section 11.1).
func bearerToken(r *http.Request) (token string, ok bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	return strings.TrimSpace(rest), strings.EqualFold(scheme, "Bearer")
}

func badToken() error {
	return errs.E(errs.Unauthenticated, "the API token is not valid: it may be mistyped, expired or revoked; make a new one under Profile, API tokens")
}

type finder func(q db.Querier, hash []byte, now time.Time) (id identified, touch func(tx *db.Tx) error, err error)

// lookUp finds a caller in the cache or the database, and notes at most once a
// minute that the credential was used.
func (d *Door) lookUp(ctx context.Context, hash []byte, find finder) (identified, bool, error) {
	id, ok, generation := d.s.cache.get(hash)
	if ok {
		return id, true, nil
	}
	now, err := d.s.db.Now(ctx)
	if err != nil {
		return identified{}, false, errs.Wrap("auth.identify", err)
	}
	var touch func(tx *db.Tx) error
	err = d.s.db.Read(ctx, func(q db.Querier) (err error) {
		id, touch, err = find(q, hash, now)
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return identified{}, false, nil
	}
	if err != nil {
		return identified{}, false, errs.Wrap("auth.identify", err)
	}
	d.s.cache.put(hash, id, generation)
	if touch != nil {
		noted := make(chan struct{})
		go func() {
			defer close(noted)
			// Losing this, on a full disk say, must not keep people out.
			_ = d.s.db.Write(context.WithoutCancel(ctx), id.actor, "last use noted", func(tx *db.Tx) error {
				tx.Unrecorded("when a credential was last used is no change")
				return touch(tx)
			})
		}()
		select { // nor must a locked database make those wait who only read
		case <-noted:
		case <-time.After(touchPatience):
		}
	}
	return id, true, nil
}

// touchEvery is how exactly the last use of sessions and tokens is known.
const touchEvery = time.Minute

// touchPatience is how long a request waits for the note of its credential's
// use: long enough on any healthy database.
const touchPatience = 100 * time.Millisecond

// bySession and byToken answer db.ErrNoRows for everything that does not open.

func (d *Door) bySession(q db.Querier, hash []byte, now time.Time) (identified, func(*db.Tx) error, error) {
	session, err := sessionByHash(q, hash)
	if err != nil {
		return identified{}, nil, err
	}
	p, err := PersonByID(q, session.Person)
	if err != nil {
		return identified{}, nil, err
	}
	if !session.alive(now, d.s.cfg.SessionIdle) || !p.Enabled() {
		return identified{}, nil, db.ErrNoRows
	}
	a := person(p)
	if a.Teams, err = TeamsOf(q, p.ID); err != nil {
		return identified{}, nil, err
	}
	id := identified{a, session.ID}
	if now.Sub(session.Seen) < touchEvery {
		return id, nil, nil
	}
	return id, func(tx *db.Tx) error { return touchSession(tx, session.ID, now.Add(-touchEvery)) }, nil
}

func (d *Door) byToken(q db.Querier, hash []byte, now time.Time) (identified, func(*db.Tx) error, error) {
	t, err := tokenByHash(q, hash)
	if err != nil {
		return identified{}, nil, err
	}
	var owner Person
	var teams []string
	if t.Person != 0 {
		if owner, err = PersonByID(q, t.Person); err != nil {
			return identified{}, nil, err
		}
		if teams, err = TeamsOf(q, t.Person); err != nil {
			return identified{}, nil, err
		}
	}
	if !t.Alive(now) || t.Person != 0 && !owner.Enabled() {
		return identified{}, nil, db.ErrNoRows
	}
	id := identified{actor: t.actor(owner, teams)}
	if now.Sub(t.Used) < touchEvery {
		return id, nil, nil
	}
	return id, func(tx *db.Tx) error { return touchToken(tx, t.ID, now.Add(-touchEvery)) }, nil
}

type sessionKey struct{}

// CurrentSession is the ID of the session that carries the request; empty for
// tokens and jobs.
func CurrentSession(ctx context.Context) string {
	id, _ := ctx.Value(sessionKey{}).(string)
	return id
}

// ClientOf is who is at the door of a request.
func ClientOf(r *http.Request) Client {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return Client{Address: host, Agent: r.UserAgent()}
}

// refuse answers a request that goes no further.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if d.s.cfg.Refuse != nil {
		d.s.cfg.Refuse(w, r, err)
		return
	}
	e := errs.As(err)
	row := errs.Table[e.Kind]
	w.Header().Set("Content-Type", "application/problem+json")
	if e.Kind == errs.Unauthenticated {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(row.HTTP)
	json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(row.HTTP), "status": row.HTTP, "detail": e.Text})
}
