package auth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const password = "three boats at anchor"

// bundle is an organisation with mara as its admin, and a clock.
type bundle struct {
	*testing.T
	*auth.Service
	door  *auth.Door
	db    *db.DB
	clock *clock
	mara  auth.SignedIn

	closed bool // the test has closed the database
}

// clock is the database's time, moved by hand. It starts at the real time,
// because tokens and sessions are compared with it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// each runs f with a fresh organisation on both databases.
func each(t *testing.T, f func(b *bundle)) {
	t.Parallel()
	c := &clock{now: time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC)}
	dbtest.EachWith(t, c.Now, func(t *testing.T, d *db.DB) {
		s, door, err := auth.New(d, auth.Config{PublicURL: "https://keel.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		b := &bundle{T: t, Service: s, door: door, db: d, clock: c}
		l, ok, err := door.SetupLink(b.nobody())
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		b.mara, err = door.SetUp(b.nobody(), l.Secret, auth.PersonEdit{Handle: "mara", Email: "Mara@Harbour.example",
			Profile: auth.Profile{Display: "Mara Lindt", Zone: "Europe/Berlin"}}, password, client)
		if err != nil {
			t.Fatal(err)
		}
		f(b)
		b.contentMatchesEvidence()
	})
}

// contentMatchesEvidence checks, after every test, that each record is what
// its last evidence entry says.
func (b *bundle) contentMatchesEvidence() {
	b.Helper()
	err := b.db.Read(context.Background(), func(q db.Querier) error {
		entries, err := db.Collect(q, func(r *db.Rows) (e []byte, err error) { return e, r.Scan(&e) }, "SELECT entry FROM evidence ORDER BY leaf_id")
		if err != nil {
			return err
		}
		last := map[string]string{}
		for _, e := range entries {
			var entry struct{ Record, After string }
			if err := json.Unmarshal(e, &entry); err != nil {
				return err
			}
			last[entry.Record] = entry.After
		}
		for record, want := range last {
			r, err := ref.Parse(record)
			if err != nil {
				return err
			}
			got, err := auth.DigestOf(q, r)
			if r.Kind != ref.System && (err == nil) != (want != "") || err != nil && !errs.Is(err, errs.NotFound) || got != want {
				b.Errorf("%s has digest %q, its last entry says %q (%v)", record, got, want, err)
			}
		}
		return nil
	})
	if err != nil && !b.closed {
		b.Error(err)
	}
}

var client = auth.Client{Address: "192.0.2.7", Agent: "test"}

func (b *bundle) nobody() context.Context { return context.Background() }

// as acts as somebody with a session.
func (b *bundle) as(in auth.SignedIn) context.Context {
	b.Helper()
	var ctx context.Context
	status := b.request(func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "__Host-evenkeel", Value: in.Secret})
	}, func(r *http.Request) { ctx = r.Context() })
	if status != http.StatusOK {
		b.Fatalf("the session is refused: %d", status)
	}
	if _, ok := actor.From(ctx); !ok {
		b.Fatal("the session is not recognised")
	}
	return ctx
}

// request sends a request through the middleware and returns the answer's status.
func (b *bundle) request(prepare, seen func(r *http.Request)) int {
	r := httptest.NewRequest("GET", "https://keel.example.com/", nil)
	prepare(r)
	w := httptest.NewRecorder()
	b.door.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if seen != nil {
			seen(r)
		}
	})).ServeHTTP(w, r)
	return w.Code
}

// withToken acts as the bearer of a token; ok is false when it is refused.
func (b *bundle) withToken(secret string) (a actor.Actor, ok bool) {
	status := b.request(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) },
		func(r *http.Request) { a, ok = actor.From(r.Context()) })
	if ok != (status == http.StatusOK) {
		b.Errorf("actor known: %v, status %d", ok, status)
	}
	return a, ok
}

// add creates somebody, sets their password by the link and signs them in.
func (b *bundle) add(handle string, role actor.Role) auth.SignedIn {
	b.Helper()
	_, l, err := b.CreatePerson(b.as(b.mara), auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: role,
		Profile: auth.Profile{Display: handle + " of Harbour"}})
	if err != nil {
		b.Fatal(err)
	}
	in, err := b.door.SetPassword(b.nobody(), l.Secret, password+" "+handle[:1]+"!", client)
	if err != nil {
		b.Fatal(err)
	}
	return in
}

// want checks the kind of an error; 255 stands for none.
func (b *bundle) want(what string, err error, kind errs.Kind) {
	b.Helper()
	if kind == fine && err != nil || kind != fine && !errs.Is(err, kind) {
		b.Errorf("%s: %v, want %v", what, err, kind)
	}
}

const fine errs.Kind = 255

// actions are the evidence entries, oldest first, each as "action record".
func (b *bundle) actions() (list []string) {
	b.Helper()
	err := b.db.Read(context.Background(), func(q db.Querier) (err error) {
		list, err = db.Collect(q, func(r *db.Rows) (string, error) {
			var action, record string
			err := r.Scan(&action, &record)
			return action + " " + record, err
		}, "SELECT action, record FROM evidence ORDER BY leaf_id")
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return list
}
