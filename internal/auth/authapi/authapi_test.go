package authapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/auth/authapi"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

const password = "three boats at anchor"

// server serves the API over both databases and gives a client per role.
func server(t *testing.T, f func(t *testing.T, s *auth.Service, as func(role actor.Role) *client.Client)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, door, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		authapi.Register(api.New(mux, "test", ""), s)
		srv := httptest.NewServer(door.Middleware(api.Once(d, mux)))
		t.Cleanup(srv.Close)
		ctx := context.Background()
		l, _, err := door.SetupLink(ctx)
		if err == nil {
			_, err = door.SetUp(ctx, l.Secret, auth.PersonEdit{Handle: "mara", Email: "mara@harbour.example", Profile: auth.Profile{Display: "Mara Lindt"}}, password, auth.Client{})
		}
		if err != nil {
			t.Fatal(err)
		}
		f(t, s, func(role actor.Role) *client.Client {
			t.Helper()
			var p auth.Person
			job := actor.With(ctx, actor.Job("test"))
			if role == actor.Admin {
				p, err = s.Person(job, "mara")
			} else {
				p, _, err = s.CreatePerson(job, auth.PersonEdit{Handle: "a-" + string(role), Role: role, Profile: auth.Profile{Display: "A " + string(role)}})
			}
			if err != nil {
				t.Fatal(err)
			}
			_, secret, err := s.CreateToken(actor.With(ctx, actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: p.Role}), auth.NewToken{Name: "test"})
			if err != nil {
				t.Fatal(err)
			}
			return &client.Client{Server: srv.URL, Token: secret}
		})
	})
}

func want(t *testing.T, what string, err error, status int) *client.Problem {
	t.Helper()
	var p *client.Problem
	if !errors.As(err, &p) {
		if err != nil || status != 0 {
			t.Errorf("%s: %v, want status %d", what, err, status)
		}
		return &client.Problem{}
	}
	if p.Status != status {
		t.Errorf("%s: %d %v, want %d", what, p.Status, p, status)
	}
	return p
}

func TestPeople(t *testing.T) {
	server(t, func(t *testing.T, s *auth.Service, as func(actor.Role) *client.Client) {
		ctx, mara := context.Background(), as(actor.Admin)
		n, err := mara.CreatePerson(ctx, client.PersonEdit{Handle: "jonas", Display: "Jonas Vik", Email: "jonas@harbour.example", Role: "responder"})
		want(t, "create", err, 0)
		if n.Person.Key != "USR-2" || n.Invitation.URL == "" || n.Person.HasPassword {
			t.Errorf("%+v", n)
		}
		p, err := mara.Person(ctx, "jonas")
		want(t, "read by handle", err, 0)
		e := p.Edit()
		e.Zone = "Europe/Oslo"
		edited, err := mara.UpdatePerson(ctx, "USR-2", p.Version, e)
		want(t, "edit", err, 0)
		p.Zone, p.Version = "Europe/Oslo", 2
		if d := cmp.Diff(p, edited, cmpopts.IgnoreFields(client.Person{}, "Updated")); d != "" {
			t.Error(d)
		}
		_, err = mara.UpdatePerson(ctx, "USR-2", 1, e)
		want(t, "stale edit", err, http.StatusConflict)
		_, err = mara.Edit(ctx, "PUT", "/api/v1/people/USR-2", "", e, nil)
		want(t, "edit without If-Match", err, http.StatusUnprocessableEntity)
		_, err = mara.Invite(ctx, "jonas")
		want(t, "invite", err, 0)
		_, err = mara.DisablePerson(ctx, "jonas")
		want(t, "disable", err, 0)
		_, err = mara.EnablePerson(ctx, "jonas")
		want(t, "enable", err, 0)
		_, err = mara.ErasePerson(ctx, "USR-2")
		want(t, "erase", err, 0)
		list, err := mara.People(ctx, client.PeopleFilter{All: true, Limit: 1})
		if err != nil || len(list.Items) != 1 || list.Items[0].Erased == nil || list.Next == "" {
			t.Errorf("%+v %v", list, err)
		}
		_, err = mara.CreatePerson(ctx, client.PersonEdit{Handle: "Ä", Display: "", Role: "responder"})
		if p := want(t, "wrong person", err, http.StatusUnprocessableEntity); len(p.Fields) != 2 {
			t.Errorf("fields: %+v", p.Fields)
		}
		requester := as(actor.Requester)
		_, err = requester.CreatePerson(ctx, e)
		want(t, "a requester adds", err, http.StatusForbidden)
		p, err = requester.Person(ctx, "mara")
		want(t, "a requester reads", err, 0)
		if p.Email != "" {
			t.Error("a requester sees e-mail addresses")
		}
		_, err = requester.Person(ctx, "mara@harbour.example")
		want(t, "a requester guesses an address", err, http.StatusNotFound)
		_, err = (&client.Client{Server: mara.Server}).Person(ctx, "mara")
		want(t, "nobody", err, http.StatusUnauthorized)
		_, err = (&client.Client{Server: mara.Server, Token: "ek_x"}).Person(ctx, "mara")
		want(t, "a wrong token", err, http.StatusUnauthorized)
	})
}

func TestMeAndTokens(t *testing.T) {
	server(t, func(t *testing.T, s *auth.Service, as func(actor.Role) *client.Client) {
		ctx, mara := context.Background(), as(actor.Admin)
		me, err := mara.Me(ctx)
		if err != nil || me.Handle != "mara" || len(me.Permissions) != len(actor.Permissions) || me.Teams == nil {
			t.Errorf("%+v %v", me, err)
		}
		me, err = mara.UpdateMe(ctx, me.Version, client.ProfileEdit{Display: "Mara L.", Theme: "dark"})
		if err != nil || me.Theme != "dark" || me.Display != "Mara L." {
			t.Errorf("%+v %v", me, err)
		}
		want(t, "wrong password", mara.ChangePassword(ctx, "wrong wrong wrong", "seven grey gulls fly"), http.StatusUnprocessableEntity)
		want(t, "change password", mara.ChangePassword(ctx, password, "seven grey gulls fly"), 0)
		sessions, err := mara.Sessions(ctx)
		if err != nil || len(sessions.Items) != 0 {
			t.Errorf("%+v %v", sessions, err)
		}
		want(t, "no session", mara.EndSession(ctx, "x"), http.StatusNotFound)
		want(t, "other sessions", mara.EndSession(ctx, ""), 0)

		tok, err := mara.CreateToken(ctx, client.NewToken{Name: "ci", Scopes: []string{"read"}, Seconds: 3600})
		want(t, "create token", err, 0)
		if d := tok.Token.Expires.Sub(tok.Token.Created); d != time.Hour || len(tok.Secret) != 46 || tok.Token.Owner != "USR-1" {
			t.Errorf("%+v", tok)
		}
		ci := &client.Client{Server: mara.Server, Token: tok.Secret}
		_, err = ci.People(ctx, client.PeopleFilter{})
		want(t, "read with it", err, 0)
		me, err = ci.Me(ctx)
		if want(t, "a narrow token asks who it is", err, 0); me.Key != "USR-1" || !slices.Equal(me.Permissions, []string{"read"}) {
			t.Errorf("%+v", me)
		}
		_, err = ci.Sessions(ctx)
		want(t, "beyond its scope", err, http.StatusForbidden)
		robot, err := mara.CreateToken(ctx, client.NewToken{Name: "prober", Role: "integration", Machine: true})
		want(t, "create a machine's token", err, 0)
		me, err = (&client.Client{Server: mara.Server, Token: robot.Secret}).Me(ctx)
		if want(t, "a machine asks who it is", err, 0); me.Key != robot.Token.Key || me.Display != "prober" || !slices.Equal(me.Permissions, []string{"ingest"}) {
			t.Errorf("%+v", me)
		}
		want(t, "revoke", mara.RevokeToken(ctx, tok.Token.Key), 0)
		_, err = ci.People(ctx, client.PeopleFilter{})
		want(t, "revoked", err, http.StatusUnauthorized)
		list, err := mara.Tokens(ctx, true, "", 0)
		if err != nil || len(list.Items) != 3 || list.Items[1].Revoked == nil {
			t.Errorf("%+v %v", list, err)
		}
		_, err = as(actor.Responder).Tokens(ctx, true, "", 0)
		want(t, "a responder lists all", err, http.StatusForbidden)
		_, err = mara.CreateToken(ctx, client.NewToken{Name: "x", Scopes: []string{"fly"}})
		want(t, "unknown scope", err, http.StatusUnprocessableEntity)
		want(t, "no key", mara.RevokeToken(ctx, "x"), http.StatusUnprocessableEntity)
	})
}

func TestTeams(t *testing.T) {
	server(t, func(t *testing.T, s *auth.Service, as func(actor.Role) *client.Client) {
		ctx, manager := context.Background(), as(actor.Manager)
		team, err := manager.CreateTeam(ctx, "payments", client.TeamEdit{Title: "Payments", Members: []client.MemberEdit{{Person: "mara", Role: "lead"}}})
		want(t, "create", err, 0)
		e := team.Edit()
		e.Members = append(e.Members, client.MemberEdit{Person: "a-manager", Role: "manager"})
		team, err = manager.UpdateTeam(ctx, "payments", team.Version, e)
		if err != nil || len(team.Members) != 2 || team.Version != 2 {
			t.Errorf("%+v %v", team, err)
		}
		got, err := manager.Team(ctx, "payments")
		if d := cmp.Diff(team, got, cmpopts.IgnoreFields(client.Member{}, "Email")); d != "" || err != nil {
			t.Error(d, err)
		}
		_, err = manager.CreateTeam(ctx, "payments", client.TeamEdit{})
		want(t, "twice", err, http.StatusConflict)
		list, err := manager.Teams(ctx, "", 0)
		if err != nil || len(list.Items) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		want(t, "delete", manager.DeleteTeam(ctx, "payments"), 0)
		_, err = manager.Team(ctx, "payments")
		want(t, "gone", err, http.StatusNotFound)
	})
}

// What is shown once is not kept for repeated requests, and a repeat does not
// make a second token.
func TestSecretsAreNotKept(t *testing.T) {
	server(t, func(t *testing.T, s *auth.Service, as func(actor.Role) *client.Client) {
		mara := as(actor.Admin)
		post := func(path, body string) (int, string) {
			r, _ := http.NewRequest("POST", mara.Server+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+mara.Token)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", "k"+path)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			text, _ := io.ReadAll(res.Body)
			return res.StatusCode, string(text)
		}
		for path, body := range map[string]string{
			"/api/v1/tokens": `{"name":"ci"}`, "/api/v1/people": `{"handle":"tom","display":"Tom","role":"responder"}`, "/api/v1/people/mara/invite": "",
		} {
			if status, text := post(path, body); status >= 300 {
				t.Errorf("%s: %d %s", path, status, text)
			}
			if status, text := post(path, body); status != http.StatusConflict {
				t.Errorf("%s again: %d %s, want 409", path, status, text)
			}
		}
		list, err := mara.Tokens(context.Background(), false, "", 0)
		if err != nil || len(list.Items) != 2 {
			t.Errorf("%d tokens, %v; want the test's own and one", len(list.Items), err)
		}
	})
}
