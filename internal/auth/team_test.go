package auth_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func TestTeam(t *testing.T) {
	each(t, func(b *bundle) {
		jonas := b.add("jonas", actor.Responder)
		ctx := b.as(b.mara)
		team, err := b.CreateTeam(ctx, "payments", auth.TeamEdit{Title: "Payments", WarRoom: "https://meet.example/{key}", Calendar: "office",
			Members: []auth.MemberEdit{{Person: "Jonas"}, {Person: "USR-1", Role: auth.Lead}}})
		b.want("create", err, fine)
		if got := team.WarRoomFor("INC-7"); got != "https://meet.example/INC-7" {
			b.Errorf("war room %q", got)
		}
		_, err = b.CreateTeam(ctx, "payments", auth.TeamEdit{})
		b.want("create again", err, errs.Conflict)
		_, err = b.CreateTeam(b.as(jonas), "search", auth.TeamEdit{})
		b.want("a responder creates", err, errs.Forbidden)
		got, err := b.Team(b.as(jonas), "payments")
		b.want("read", err, fine)
		want := []auth.Member{{Person: 1, Role: auth.Lead, Handle: "mara", Display: "Mara Lindt"},
			{Person: 2, Role: auth.Plain, Handle: "jonas", Display: "jonas of Harbour", Email: "jonas@harbour.example"}}
		if d := cmp.Diff(want, got.Members); d != "" {
			b.Errorf("members as jonas sees them: %s", d)
		}
		if a, _ := actor.From(b.as(jonas)); !cmp.Equal(a.Teams, []string{"payments"}) {
			b.Errorf("jonas acts in %v", a.Teams)
		}
		edited, err := b.UpdateTeam(ctx, "payments", 1, auth.TeamEdit{Title: "Payments", Members: []auth.MemberEdit{{Person: "jonas", Role: auth.Manager}}})
		b.want("edit", err, fine)
		if edited.Version != 2 || len(edited.Members) != 1 {
			b.Errorf("%+v", edited)
		}
		_, err = b.UpdateTeam(ctx, "payments", 1, auth.TeamEdit{})
		b.want("stale edit", err, errs.Conflict)
		b.Reactions.TeamRemoved = append(b.Reactions.TeamRemoved, func(_ *db.Tx, team string) error {
			return errs.E(errs.Conflict, "it owns services").On("TEAM " + team)
		})
		b.want("delete an owner", b.DeleteTeam(ctx, "payments"), errs.Conflict)
		b.Reactions.TeamRemoved = nil
		b.want("delete", b.DeleteTeam(ctx, "payments"), fine)
		b.want("delete again", b.DeleteTeam(ctx, "payments"), errs.NotFound)
	})
}

func TestWrongTeam(t *testing.T) {
	each(t, func(b *bundle) {
		for _, name := range []string{"", "Pay", "-x", "a b", "ä"} {
			_, err := b.CreateTeam(b.as(b.mara), name, auth.TeamEdit{})
			b.want(fmt.Sprintf("name %q", name), err, errs.Invalid)
		}
		for _, c := range []struct {
			want string
			edit auth.TeamEdit
		}{
			{"war_room", auth.TeamEdit{WarRoom: "javascript:alert(1)"}}, {"war_room", auth.TeamEdit{WarRoom: "https://u:p@meet.example/"}},
			{"title", auth.TeamEdit{Title: "a\nb"}}, {"description", auth.TeamEdit{Description: "\x00"}}, {"calendar", auth.TeamEdit{Calendar: "Office hours"}},
			{"members[0].person", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "nobody"}}}},
			{"members[1].person", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "mara"}, {Person: "usr-1"}}}},
			{"members[0].role", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "mara", Role: "king"}}}},
		} {
			_, err := b.CreateTeam(b.as(b.mara), "x", c.edit)
			if f := errs.As(err).Fields; len(f) != 1 || f[0].Name != c.want {
				b.Errorf("%+v: %v, want a fault in %s", c.edit, err, c.want)
			}
		}
	})
}

func TestTeamAsCode(t *testing.T) {
	each(t, func(b *bundle) {
		b.add("jonas", actor.Responder)
		spec := auth.TeamSpec{Description: "Moves money.", Members: []auth.MemberSpec{{Person: "mara", Role: auth.Lead}, {Person: "jonas"}}}
		apply := func(spec auth.TeamSpec) (changed bool, err error) {
			err = b.db.Write(context.Background(), actor.Job("test"), "applied", func(tx *db.Tx) error {
				changed, err = b.ApplyTeam(tx, "payments", spec, "1a2b3c")
				return err
			})
			return changed, err
		}
		for _, want := range []bool{true, false} {
			if changed, err := apply(spec); changed != want || err != nil {
				b.Errorf("changed: %v, %v; want %v", changed, err, want)
			}
		}
		err := b.db.Read(context.Background(), func(q db.Querier) error {
			specs, err := auth.ListTeamSpecs(q)
			if d := cmp.Diff(map[string]auth.TeamSpec{"payments": spec}, specs); d != "" {
				b.Errorf("exported: %s", d)
			}
			return err
		})
		b.want("list", err, fine)
		_, err = apply(auth.TeamSpec{Members: []auth.MemberSpec{{Person: "nobody"}}})
		b.want("nobody's team", err, errs.Invalid)

		managed, _, err := auth.New(b.db, auth.Config{ManagedBy: func(db.Querier, ref.Ref) (ascode.Management, bool, error) {
			return ascode.Management{Source: "main", Commit: "1a2b3c"}, true, nil
		}})
		b.want("new", err, fine)
		_, err = managed.UpdateTeam(b.as(b.mara), "payments", 1, auth.TeamEdit{})
		b.want("edit of what is in git", err, errs.Conflict)
		b.want("deletion of what is in git", managed.DeleteTeam(b.as(b.mara), "payments"), errs.Conflict)
		if team, err := managed.Team(b.as(b.mara), "payments"); err != nil || team.ManagedBy != "commit 1a2b3c" {
			b.Errorf("%+v %v", team, err)
		}
	})
}

func TestLists(t *testing.T) {
	each(t, func(b *bundle) {
		ctx := b.as(b.mara)
		for i := range 7 {
			_, _, err := b.CreatePerson(ctx, auth.PersonEdit{Handle: fmt.Sprintf("tom.%d", i), Email: fmt.Sprintf("tom%d@harbour.example", i), Role: actor.Responder, Profile: auth.Profile{Display: "Tom"}})
			b.want("create", err, fine)
			_, err = b.CreateTeam(ctx, fmt.Sprint("team", i), auth.TeamEdit{})
			b.want("create", err, fine)
			b.token(b.mara, auth.NewToken{Name: "x"})
		}
		var handles []string
		for cursor := ""; ; {
			part, next, err := b.People(ctx, auth.PeopleFilter{Prefix: "Tom.", Role: actor.Responder}, auth.Page{Cursor: cursor, Limit: 3})
			if err != nil || len(part) > 3 {
				b.Fatal(len(part), err)
			}
			for _, p := range part {
				handles = append(handles, p.Handle)
			}
			if cursor = next; next == "" {
				break
			}
		}
		if d := cmp.Diff([]string{"tom.0", "tom.1", "tom.2", "tom.3", "tom.4", "tom.5", "tom.6"}, handles); d != "" {
			b.Error(d)
		}
		for _, word := range []string{"\x00", "\xff", "a\nb"} {
			_, _, err := b.People(ctx, auth.PeopleFilter{Prefix: word}, auth.Page{})
			b.want("prefix", err, errs.Invalid)
			_, _, err = b.Teams(ctx, auth.Page{Cursor: word})
			b.want("cursor", err, errs.Invalid)
			_, err = b.Team(ctx, word)
			b.want("team", err, errs.NotFound)
			_, err = b.Person(ctx, word)
			b.want("person", err, errs.NotFound)
			b.want("session", b.EndSession(ctx, word), errs.Invalid)
		}
		teams, next, err := b.Teams(ctx, auth.Page{Limit: 7})
		if len(teams) != 7 || next != "" || err != nil {
			b.Error(len(teams), next, err)
		}
		tokens, next, err := b.Tokens(ctx, false, auth.Page{Limit: 6})
		if len(tokens) != 6 || next != "6" || err != nil {
			b.Error(len(tokens), next, err)
		}
		tokens, next, err = b.Tokens(ctx, false, auth.Page{Cursor: next})
		if len(tokens) != 1 || next != "" || err != nil {
			b.Error(len(tokens), next, err)
		}
		err = b.db.Read(context.Background(), func(q db.Querier) error {
			got, err := auth.People(q, []int64{1, 2, 99})
			if len(got) != 2 || got[1].Handle != "mara" {
				b.Errorf("%+v", got)
			}
			return err
		})
		b.want("people by id", err, fine)
	})
}
