package auth_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Two links, used at once, make one admin; afterwards no link is made or works.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, door, err := auth.New(d, auth.Config{PublicURL: "https://keel.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		var links []auth.Link
		for range 2 {
			l, ok, err := door.SetupLink(ctx)
			if err != nil || !ok || l.URL != "https://keel.example.com/setup?token="+l.Secret {
				t.Fatalf("%v %v %v", l, ok, err)
			}
			links = append(links, l)
		}
		if err := door.CheckSetup(ctx, links[0].Secret); err != nil {
			t.Error(err)
		}
		if err := door.CheckSetup(ctx, "x"); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if _, err := door.Invited(ctx, links[0].Secret); !errs.Is(err, errs.NotFound) {
			t.Errorf("a set-up link serves as an invitation: %v", err)
		}
		results := make([]error, 2)
		var wg sync.WaitGroup
		for i, l := range links {
			wg.Go(func() {
				_, results[i] = door.SetUp(ctx, l.Secret, auth.PersonEdit{Handle: fmt.Sprint("admin", i), Profile: auth.Profile{Display: "Admin"}}, password, client)
			})
		}
		wg.Wait()
		if (results[0] == nil) == (results[1] == nil) {
			t.Errorf("two set-ups at once: %v, %v; want exactly one to succeed", results[0], results[1])
		}
		if _, ok, err := door.SetupLink(ctx); ok || err != nil {
			t.Errorf("another set-up link: %v, %v", ok, err)
		}
		all, _, err := s.People(actor.With(ctx, actor.Job("test")), auth.PeopleFilter{}, auth.Page{})
		if err != nil || len(all) != 1 || all[0].Role != actor.Admin {
			t.Errorf("%v %v", all, err)
		}
	})
}

func TestInvitation(t *testing.T) {
	each(t, func(b *bundle) {
		ctx := b.as(b.mara)
		p, first, err := b.CreatePerson(ctx, auth.PersonEdit{Handle: " Jonas", Email: "JONAS@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Jonas Vik"}})
		if err != nil {
			b.Fatal(err)
		}
		if p.Handle != "jonas" || p.Email != "jonas@harbour.example" || p.Zone != "UTC" || p.Version != 1 {
			b.Errorf("%+v", p)
		}
		second, err := b.Invite(ctx, p.ID)
		b.want("second link", err, fine)
		_, err = b.door.Invited(b.nobody(), first.Secret)
		b.want("replaced link", err, errs.NotFound)
		_, err = b.door.SetPassword(b.nobody(), second.Secret, "short", client)
		b.want("short password", err, errs.Invalid)
		got, err := b.door.Invited(b.nobody(), second.Secret)
		if b.want("good link", err, fine); got.ID != p.ID {
			b.Errorf("link of %d, want %d", got.ID, p.ID)
		}
		b.clock.add(73 * time.Hour)
		_, err = b.door.SetPassword(b.nobody(), second.Secret, password, client)
		b.want("expired link", err, errs.NotFound)
		third, err := b.Invite(b.as(b.mara), p.ID)
		b.want("third link", err, fine)
		in, err := b.door.SetPassword(b.nobody(), third.Secret, password, client)
		b.want("set password", err, fine)
		b.as(in)
		_, err = b.door.SetPassword(b.nobody(), third.Secret, password, client)
		b.want("used link", err, errs.NotFound)
		for _, login := range []string{"jonas", "JONAS", " jonas@harbour.example ", "usr-2"} {
			_, err = b.door.SignIn(b.nobody(), login, password, client)
			b.want("sign in as "+login, err, fine)
		}
	})
}

func TestWrongPerson(t *testing.T) {
	each(t, func(b *bundle) {
		b.add("jonas", actor.Responder)
		_, _, err := b.CreatePerson(b.as(b.mara), auth.PersonEdit{Handle: "Jo nas", Email: "Jonas <j@x>", Role: "boss",
			Profile: auth.Profile{Display: "a\nb", Zone: "Mars/Olympus", Vocabulary: "latin", Theme: "pink"}})
		var names []string
		for _, f := range errs.As(err).Fields {
			names = append(names, f.Name)
		}
		if d := cmp.Diff([]string{"handle", "email", "role", "display", "zone", "vocabulary", "theme"}, names); d != "" {
			b.Errorf("fields reported: %s", d)
		}
		_, _, err = b.CreatePerson(b.as(b.mara), auth.PersonEdit{Handle: "jonas", Email: "jonas@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "J"}})
		if fields := errs.As(err).Fields; len(fields) != 2 {
			b.Errorf("taken handle and address: %v", err)
		}
		for _, handle := range []string{"erased-3", "usr-1", "-x", strings.Repeat("x", 41), "päul"} {
			_, _, err = b.CreatePerson(b.as(b.mara), auth.PersonEdit{Handle: handle, Role: actor.Responder, Profile: auth.Profile{Display: "J"}})
			b.want(handle, err, errs.Invalid)
		}
	})
}

func TestEditPerson(t *testing.T) {
	each(t, func(b *bundle) {
		jonas := b.add("jonas", actor.Responder)
		me, err := b.Me(b.as(jonas))
		b.want("me", err, fine)
		edited, err := b.UpdateMe(b.as(jonas), me.Version, auth.Profile{Display: "Jonas V.", Zone: "Europe/Oslo", Vocabulary: auth.Engineering, Theme: auth.Dark})
		b.want("own profile", err, fine)
		if edited.Version != me.Version+1 || edited.Zone != "Europe/Oslo" || edited.Role != actor.Responder {
			b.Errorf("%+v", edited)
		}
		_, err = b.UpdateMe(b.as(jonas), me.Version, auth.Profile{Display: "Late"})
		b.want("stale edit", err, errs.Conflict)
		edit := auth.PersonEdit{Handle: "jonas", Role: actor.Manager, Profile: auth.Profile{Display: "Jonas"}}
		_, err = b.UpdatePerson(b.as(jonas), me.ID, edited.Version, edit)
		b.want("promoting oneself", err, errs.Forbidden)
		b.as(jonas) // remembered as a responder
		_, err = b.UpdatePerson(b.as(b.mara), me.ID, edited.Version, edit)
		b.want("promoted by an admin", err, fine)
		if a, _ := actor.From(b.as(jonas)); a.Role != actor.Manager {
			b.Errorf("acts as %s right after the promotion", a.Role)
		}
		_, err = b.UpdatePerson(b.as(b.mara), 4711, 1, edit)
		b.want("nobody", err, errs.NotFound)
	})
}

func TestLastAdmin(t *testing.T) {
	each(t, func(b *bundle) {
		mara, _ := b.Me(b.as(b.mara))
		_, err := b.Disable(b.as(b.mara), mara.ID)
		b.want("disabling the last admin", err, errs.Conflict)
		_, err = b.UpdatePerson(b.as(b.mara), mara.ID, mara.Version, auth.PersonEdit{Handle: "mara", Role: actor.Manager, Profile: auth.Profile{Display: "M"}})
		b.want("demoting the last admin", err, errs.Conflict)
		_, err = b.Erase(b.as(b.mara), mara.ID)
		b.want("erasing the last admin", err, errs.Conflict)

		// Two admins who disable each other at once: one stays.
		priya := b.add("priya", actor.Admin)
		ctxs := []context.Context{b.as(b.mara), b.as(priya)}
		ids := []int64{priya.Person.ID, mara.ID}
		results := make([]error, 2)
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() { _, results[i] = b.Disable(ctxs[i], ids[i]) })
		}
		wg.Wait()
		if (results[0] == nil) == (results[1] == nil) {
			b.Errorf("both disabled each other: %v, %v", results[0], results[1])
		}
	})
}

func TestDisableAndErase(t *testing.T) {
	each(t, func(b *bundle) {
		jonas := b.add("jonas", actor.Responder)
		id := jonas.Person.ID
		_, secret, err := b.CreateToken(b.as(jonas), auth.NewToken{Name: "jonas's laptop"})
		b.want("token", err, fine)
		_, err = b.CreateTeam(b.as(b.mara), "payments", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "jonas"}, {Person: "mara", Role: auth.Lead}}})
		b.want("team", err, fine)
		var told []string
		b.Reactions.PersonDisabled = append(b.Reactions.PersonDisabled, func(*db.Tx, int64) error { told = append(told, "disabled"); return nil })
		b.Reactions.PersonErased = append(b.Reactions.PersonErased, func(*db.Tx, int64) error { told = append(told, "erased"); return nil })

		before, err := b.Disable(b.as(b.mara), id)
		b.want("disable", err, fine)
		again, err := b.Disable(b.as(b.mara), id)
		b.want("disable again", err, fine)
		if again.Version != before.Version || again.Enabled() {
			b.Errorf("a verb repeated changed something: %+v", again)
		}
		if _, ok := b.withToken(secret); ok {
			b.Error("the token of a disabled person works")
		}
		_, err = b.door.SignIn(b.nobody(), "jonas", password+" j!", client)
		b.want("sign in while disabled", err, errs.Unauthenticated)
		_, err = b.Enable(b.as(b.mara), id)
		b.want("enable", err, fine)
		if _, ok := b.withToken(secret); !ok {
			b.Error("the token of an enabled person does not work")
		}

		gone, err := b.Erase(b.as(b.mara), id)
		b.want("erase", err, fine)
		if gone.Handle != fmt.Sprint("erased-", id) || gone.Email != "" || strings.Contains(gone.Display, "jonas") {
			b.Errorf("left over: %+v", gone)
		}
		if d := cmp.Diff([]string{"disabled", "disabled", "erased"}, told); d != "" {
			b.Error(d)
		}
		if _, ok := b.withToken(secret); ok {
			b.Error("the token of an erased person works")
		}
		team, err := b.Team(b.as(b.mara), "payments")
		if err != nil || len(team.Members) != 1 || team.Members[0].Handle != "mara" {
			b.Errorf("team after the erasure: %+v %v", team, err)
		}
		tokens, _, _ := b.Tokens(b.as(b.mara), true, auth.Page{})
		if len(tokens) != 1 || strings.Contains(tokens[0].Name, "jonas") {
			b.Errorf("tokens after the erasure: %+v", tokens)
		}
		_, err = b.Enable(b.as(b.mara), id)
		b.want("enable an erased person", err, errs.Conflict)
		if all, _, _ := b.People(b.as(b.mara), auth.PeopleFilter{}, auth.Page{}); len(all) != 1 {
			b.Errorf("%d people are listed, want 1", len(all))
		}
		b.add("jonas", actor.Responder) // the handle is free again
	})
}

// Nothing that people are called stands in the evidence, in clear.
func TestEvidenceHoldsNoPersonalData(t *testing.T) {
	each(t, func(b *bundle) {
		jonas := b.add("jonas", actor.Responder)
		b.door.SignIn(b.nobody(), "jonas", "wrong wrong wrong", client)
		b.door.SignIn(b.nobody(), "nobody-at-all", "wrong wrong wrong", client)
		b.door.SignOut(b.nobody(), jonas.Secret)
		b.CreateTeam(b.as(b.mara), "payments", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "jonas"}}})
		want := []string{"auth.setup-link SYS sign-in", "person.create USR-1", "auth.sign-in USR-1", "person.create USR-2", "person.invite USR-2",
			"person.password USR-2", "auth.sign-in USR-2", "auth.sign-in-failed USR-2", "auth.sign-in-failed SYS sign-in", "auth.sign-out USR-2", "team.create TEAM payments"}
		if d := cmp.Diff(want, b.actions()); d != "" {
			b.Errorf("evidence: %s", d)
		}
		err := b.db.Read(context.Background(), func(q db.Querier) error {
			entries, err := db.Collect(q, func(r *db.Rows) (e []byte, err error) { return e, r.Scan(&e) }, "SELECT entry FROM evidence")
			for _, e := range entries {
				for _, secret := range []string{"jonas", "Harbour", "harbour", "Mara", "192.0.2", "nobody", jonas.Secret} {
					if strings.Contains(string(e), secret) {
						b.Errorf("evidence holds %q: %s", secret, e)
					}
				}
			}
			return err
		})
		b.want("read evidence", err, fine)
	})
}
