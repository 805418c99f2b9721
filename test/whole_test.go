package test

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// whole is the whole product on an empty SQLite file, served in this process.
type whole struct {
	*app.App
	URL     string
	admin   actor.Actor
	Routes  []string
	cookies map[actor.Role]*http.Cookie
}

const password = "a long enough password for tests"

// start starts it, makes the first account through the set-up link, and one
// person for each role.
func start(t *testing.T) *whole {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	cfg := config.Config{Listen: "127.0.0.1:0", DB: filepath.Join(dir, "ek.db"), PublicURL: "http://localhost:8080", KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none"}
	a, err := app.New(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(srv.Close)
	w := &whole{App: a, URL: srv.URL, Routes: a.Routes(), cookies: map[actor.Role]*http.Cookie{}}
	link, _, err := a.Door.SetupLink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.Door.SetUp(ctx, link.Secret, auth.PersonEdit{Handle: "admin", Email: "admin@harbour.example", Role: actor.Admin, Profile: auth.Profile{Display: "Admin"}}, password, auth.Client{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	w.admin = actor.Actor{Kind: actor.User, ID: first.Person.ID, Person: first.Person.ID, Role: actor.Admin, Name: "Admin"}
	w.cookies[actor.Admin] = cookie(a, first)
	for _, role := range actor.Roles[1:] {
		if role == actor.Machine {
			continue // machines have tokens, not accounts
		}
		_, l, err := a.People.CreatePerson(actor.With(ctx, w.admin), auth.PersonEdit{Handle: string(role), Role: role, Profile: auth.Profile{Display: string(role)}})
		if err != nil {
			t.Fatal(err)
		}
		in, err := a.Door.SetPassword(ctx, l.Secret, password, auth.Client{Address: "127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		w.cookies[role] = cookie(a, in)
	}
	return w
}

func cookie(a *app.App, in auth.SignedIn) *http.Cookie {
	rec := httptest.NewRecorder()
	a.Door.SetCookie(rec, httptest.NewRequest("GET", "http://localhost:8080/", nil), in)
	return rec.Result().Cookies()[0]
}
