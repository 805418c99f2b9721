package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// All reasons not to let somebody in look alike.
func TestSignInRefusals(t *testing.T) {
	each(t, func(b *bundle) {
		b.add("jonas", actor.Responder)
		b.add("lena", actor.Requester)
		b.CreatePerson(b.as(b.mara), auth.PersonEdit{Handle: "omar", Role: actor.Requester, Profile: auth.Profile{Display: "Omar"}})
		lena, _ := b.Person(b.as(b.mara), "lena")
		_, err := b.Disable(b.as(b.mara), lena.ID)
		b.want("disable", err, fine)
		texts := map[string]bool{}
		for _, c := range []struct{ name, login, password string }{
			{"unknown", "nobody", password}, {"wrong password", "jonas", "three boats at sea..."}, {"no password", "omar", ""},
			{"disabled", "lena", password + " l!"}, {"empty", "", ""}, {"long", strings.Repeat("x", 300), password},
			{"long password", "jonas", strings.Repeat("x", 100_000)}, {"not text", "\xff\x00", "\xff"},
		} {
			_, err := b.door.SignIn(b.nobody(), c.login, c.password, client)
			b.want(c.name, err, errs.Unauthenticated)
			texts[errs.As(err).Text] = true
		}
		if len(texts) != 1 {
			b.Errorf("the answers differ: %v", texts)
		}
	})
}

func TestLockOut(t *testing.T) {
	each(t, func(b *bundle) {
		b.add("jonas", actor.Responder)
		for _, login := range []string{"jonas", "unknown"} {
			for i := range 6 {
				_, err := b.door.SignIn(b.nobody(), login, "wrong wrong wrong", client)
				b.want(fmt.Sprint(login, " guess ", i+1), err, errs.Unauthenticated)
			}
			_, err := b.door.SignIn(b.nobody(), login, password+" j!", auth.Client{Address: "198.51.100.9"})
			b.want(login+" while locked, from elsewhere", err, errs.Limited)
			if wait := errs.As(err).Retry; wait != time.Second {
				b.Errorf("%s: told to wait %v, want 1 s", login, wait)
			}
		}
		b.clock.add(time.Second)
		_, err := b.door.SignIn(b.nobody(), "jonas", password+" j!", client)
		b.want("after the wait", err, fine)
		_, err = b.door.SignIn(b.nobody(), "jonas", "wrong wrong wrong", client)
		b.want("a wrong one again", err, errs.Unauthenticated)
		_, err = b.door.SignIn(b.nobody(), "jonas", password+" j!", client)
		b.want("the count began anew", err, fine)
		var lockouts int
		for _, a := range b.actions() {
			if strings.HasPrefix(a, "auth.lock-out") {
				lockouts++
			}
		}
		if lockouts != 2 {
			b.Errorf("%d lock-outs in the evidence, want 2", lockouts)
		}
	})
}

// An address that tries many accounts is slowed down too, and guesses made at
// the same time do not slip past the count together.
func TestLockOutOfAddress(t *testing.T) {
	each(t, func(b *bundle) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		tried, limited, busy := 0, 0, 0
		for i := range 60 {
			wg.Go(func() {
				_, err := b.door.SignIn(b.nobody(), fmt.Sprint("name", i), "wrong wrong wrong", auth.Client{Address: "2001:db8::" + fmt.Sprint(i)})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errs.Is(err, errs.Limited):
					limited++
				case errs.Is(err, errs.Unauthenticated):
					tried++
				case errs.Is(err, errs.Unavailable): // not judged and not counted, on a slow machine
					busy++
				default:
					b.Errorf("guess %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if tried > 51 || busy == 0 && (tried != 51 || limited != 9) {
			b.Errorf("%d guesses were taken and %d refused, want 51 and 9", tried, limited)
		}
		b.clock.add(time.Hour)
		_, err := b.door.SignIn(b.nobody(), "mara", password, client)
		b.want("from another address", err, fine)
	})
}

func TestSessions(t *testing.T) {
	each(t, func(b *bundle) {
		b.clock.add(time.Second) // newest first: not at the moment of the other session
		phone, err := b.door.SignIn(b.nobody(), "mara", password, auth.Client{Address: "198.51.100.9", Agent: "Phone\x00\u202e"})
		b.want("sign in", err, fine)
		b.clock.add(10 * time.Minute)
		list, err := b.Sessions(b.as(phone))
		if err != nil || len(list) != 2 || !list[0].Current || list[0].Agent != "Phone" || list[1].Current {
			b.Errorf("%+v %v", list, err)
		}
		b.want("ending nobody's", b.EndSession(b.as(phone), "nonesuch"), errs.NotFound)
		b.want("ending mine", b.EndSession(b.as(b.mara), phone.Session), fine)
		status := b.request(func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-evenkeel", Value: phone.Secret}) },
			func(r *http.Request) {
				if _, ok := actor.From(r.Context()); ok {
					b.Error("an ended session is recognised")
				}
			})
		if status != http.StatusOK {
			b.Errorf("a stale cookie keeps one from the sign-in page: %d", status)
		}

		// Idle: a session in use lives on, one not in use ends after 7 days; none lives longer than 30.
		known := func(in auth.SignedIn) (ok bool) {
			b.request(func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-evenkeel", Value: in.Secret}) },
				func(r *http.Request) { _, ok = actor.From(r.Context()) })
			return ok
		}
		idle, err := b.door.SignIn(b.nobody(), "mara", password, client)
		b.want("sign in", err, fine)
		b.EndOtherSessions(b.as(idle)) // also empties the cache
		used, _ := b.door.SignIn(b.nobody(), "mara", password, client)
		for day := range 31 {
			wantUsed, wantIdle := day < 30, day < 7
			if day == 7 && known(idle) != wantIdle {
				b.Errorf("day %d: the idle session counts: %v", day, !wantIdle)
			}
			if day%3 == 0 && known(used) != wantUsed {
				b.Errorf("day %d: the used session counts: %v", day, !wantUsed)
			}
			b.clock.add(24 * time.Hour)
			// A change, even a refused one, empties the cache of callers.
			_, err := b.Disable(actor.With(b.nobody(), actor.Job("test")), 4711)
			b.want("nobody", err, errs.NotFound)
		}
	})
}

// fresh signs mara in anew.
func (b *bundle) fresh() auth.SignedIn {
	b.Helper()
	in, err := b.door.SignIn(b.nobody(), "mara", password, client)
	if err != nil {
		b.Fatal(err)
	}
	return in
}

func TestChangePassword(t *testing.T) {
	each(t, func(b *bundle) {
		other := b.fresh()
		ctx := b.as(b.mara)
		b.want("wrong present one", b.ChangePassword(ctx, "wrong wrong wrong", "seven grey gulls fly"), errs.Invalid)
		b.want("weak new one", b.ChangePassword(ctx, password, "mara"), errs.Invalid)
		b.want("change", b.ChangePassword(ctx, password, "seven grey gulls fly"), fine)
		b.as(b.mara) // the session that changed it goes on
		list, err := b.Sessions(b.as(b.mara))
		if err != nil || len(list) != 1 || list[0].ID == other.Session {
			b.Errorf("sessions after the change: %+v %v", list, err)
		}
		_, err = b.door.SignIn(b.nobody(), "mara", password, client)
		b.want("the old password", err, errs.Unauthenticated)
		_, err = b.door.SignIn(b.nobody(), "mara", "seven grey gulls fly", client)
		b.want("the new password", err, fine)
	})
}

func TestMiddleware(t *testing.T) {
	each(t, func(b *bundle) {
		cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-evenkeel", Value: b.mara.Secret}) }
		post := func(prepare func(r *http.Request)) func(r *http.Request) {
			return func(r *http.Request) { r.Method = "POST"; cookie(r); prepare(r) }
		}
		_, secret, err := b.CreateToken(b.as(b.mara), auth.NewToken{Name: "ci"})
		b.want("token", err, fine)
		for _, c := range []struct {
			name    string
			prepare func(r *http.Request)
			status  int
			known   bool
		}{
			{"nothing", func(*http.Request) {}, 200, false},
			{"session", cookie, 200, true},
			{"session under the plain name over https", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "evenkeel", Value: b.mara.Secret}) }, 200, false},
			{"token", func(r *http.Request) { r.Header.Set("Authorization", "bearer "+secret) }, 200, true},
			{"wrong token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ek_"+strings.Repeat("A", 43)) }, 401, false},
			{"no token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer") }, 401, false},
			{"wrong token beside a session", func(r *http.Request) { cookie(r); r.Header.Set("Authorization", "Bearer x") }, 401, false},
			{"a proxy's basic credentials", func(r *http.Request) { cookie(r); r.SetBasicAuth("a", "b") }, 200, true},
			{"own form", post(func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }), 200, true},
			{"own form behind a proxy that renames the host", post(func(r *http.Request) { r.Host = "inner:8080"; r.Header.Set("Origin", "https://keel.example.com") }), 200, true},
			{"another site's form", post(func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }), 403, false},
			{"another site's form, old browser", post(func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }), 403, false},
			{"another site's script with a token", func(r *http.Request) {
				r.Method = "POST"
				r.Header.Set("Sec-Fetch-Site", "cross-site")
				r.Header.Set("Authorization", "Bearer "+secret)
			}, 200, true},
			{"a link from another site", func(r *http.Request) { cookie(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }, 200, true},
		} {
			known := false
			status := b.request(c.prepare, func(r *http.Request) { _, known = actor.From(r.Context()) })
			if status != c.status || known != c.known {
				b.Errorf("%s: status %d, known %v; want %d, %v", c.name, status, known, c.status, c.known)
			}
		}
	})
}

func TestCookie(t *testing.T) {
	each(t, func(b *bundle) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		b.door.SetCookie(w, r, b.mara)
		got := w.Header().Get("Set-Cookie")
		for _, want := range []string{"__Host-evenkeel=" + b.mara.Secret, "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
			if !strings.Contains(got, want) {
				b.Errorf("%q lacks %q", got, want)
			}
		}
		_, plain, err := auth.New(b.db, auth.Config{PublicURL: "http://localhost:8080"})
		b.want("plain http", err, fine)
		w = httptest.NewRecorder()
		plain.SetCookie(w, r, b.mara)
		if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, "evenkeel=") || strings.Contains(got, "Secure") {
			b.Errorf("plain http: %q", got)
		}
		_, _, err = auth.New(b.db, auth.Config{PublicURL: "keel.example.com"})
		b.want("no address", err, errs.Invalid)
	})
}

// A database that does not answer is no reason to call a caller nobody.
func TestDatabaseGone(t *testing.T) {
	each(t, func(b *bundle) {
		b.db.Close()
		b.closed = true
		status := b.request(func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "__Host-evenkeel", Value: b.mara.Secret}) }, nil)
		if status < 500 {
			b.Errorf("status %d without a database", status)
		}
	})
}

func TestExpiredIsDeleted(t *testing.T) {
	each(t, func(b *bundle) {
		b.door.SignIn(b.nobody(), "nobody", "wrong wrong wrong", client)
		b.Invite(b.as(b.mara), b.mara.Person.ID)
		src := b.Housekeeping()
		for range 10 {
			var next time.Time
			err := b.db.Read(context.Background(), func(q db.Querier) (err error) { next, err = src.Next(q); return err })
			b.want("next", err, fine)
			if next.IsZero() {
				break
			}
			if d := next.Sub(b.clock.Now()); d > 0 {
				b.clock.add(d)
			}
			done, err := src.Run(context.Background(), b.db)
			if b.want("run", err, fine); done == 0 {
				b.Fatal("what was due is not done")
			}
		}
		for _, table := range []string{"auth_session", "auth_link", "auth_guess"} {
			var n int
			err := b.db.Read(context.Background(), func(q db.Querier) error { return q.QueryRow("SELECT count(*) FROM " + table).Scan(&n) })
			if b.want(table, err, fine); n != 0 {
				b.Errorf("%d rows left in %s", n, table)
			}
		}
	})
}
