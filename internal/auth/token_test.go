package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func (b *bundle) token(in auth.SignedIn, n auth.NewToken) (auth.Token, string) {
	b.Helper()
	t, secret, err := b.CreateToken(b.as(in), n)
	if err != nil {
		b.Fatal(err)
	}
	return t, secret
}

func TestToken(t *testing.T) {
	each(t, func(b *bundle) {
		jonas := b.add("jonas", actor.Responder)
		tok, secret := b.token(jonas, auth.NewToken{Name: "laptop", Scopes: []actor.Permission{actor.Respond, actor.Read, actor.Read}})
		a, ok := b.withToken(secret)
		if !ok || a.Kind != actor.Token || a.ID != tok.ID || a.Person != jonas.Person.ID || !a.May(actor.Read) || a.May(actor.Self) {
			b.Errorf("%+v %v", a, ok)
		}
		list, _, err := b.Tokens(b.as(jonas), false, auth.Page{})
		if err != nil || len(list) != 1 || list[0].Used.IsZero() || !list[0].Expires.Equal(b.clock.Now().Add(90*24*time.Hour)) {
			b.Errorf("%+v %v", list, err)
		}
		priya := b.add("priya", actor.Responder)
		b.want("somebody else's token", b.RevokeToken(b.as(priya), tok.ID), errs.NotFound)
		b.want("revoke", b.RevokeToken(b.as(jonas), tok.ID), fine)
		b.want("revoke again", b.RevokeToken(b.as(jonas), tok.ID), fine)
		if _, ok := b.withToken(secret); ok {
			b.Error("a revoked token works")
		}
		if n := slices.Index(b.actions(), "token.revoke TOK-1"); n < 0 {
			b.Error("no evidence of the revocation")
		}
		_, short := b.token(jonas, auth.NewToken{Name: "short", Life: time.Hour})
		b.clock.add(time.Hour)
		if _, ok := b.withToken(short); ok {
			b.Error("an expired token works")
		}
	})
}

// Nobody grants what they lack, in whatever way.
func TestNoEscalation(t *testing.T) {
	each(t, func(b *bundle) {
		jonas := b.add("jonas", actor.Responder)
		auditor := b.add("lena", actor.Auditor)
		_, _, err := b.CreateToken(b.as(jonas), auth.NewToken{Name: "x", Role: actor.Admin})
		b.want("a responder makes an admin's token", err, errs.Forbidden)
		_, _, err = b.CreateToken(b.as(jonas), auth.NewToken{Name: "x", Role: actor.Machine, Machine: true})
		b.want("a responder makes a machine's token", err, errs.Forbidden)
		_, _, err = b.CreateToken(b.as(auditor), auth.NewToken{Name: "x", Role: actor.Manager, Scopes: []actor.Permission{actor.Read}})
		b.want("a stronger role narrowed to what one has", err, fine)

		_, narrow := b.token(b.mara, auth.NewToken{Name: "x", Scopes: []actor.Permission{actor.Administer, actor.Self}})
		a, _ := b.withToken(narrow)
		ctx := actor.With(b.nobody(), a)
		_, _, err = b.CreateToken(ctx, auth.NewToken{Name: "y"})
		b.want("a narrowed token makes a wide one", err, errs.Forbidden)
		_, _, err = b.CreatePerson(ctx, auth.PersonEdit{Handle: "evil", Role: actor.Admin, Profile: auth.Profile{Display: "E"}})
		b.want("a narrowed token makes an admin", err, errs.Forbidden)
		_, err = b.Invite(ctx, b.mara.Person.ID)
		b.want("a narrowed token makes an admin's password link", err, errs.Forbidden)
		me, _ := b.Me(b.as(b.mara))
		_, err = b.UpdatePerson(ctx, me.ID, me.Version, auth.PersonEdit{Handle: "evil", Role: actor.Requester, Profile: auth.Profile{Display: "E"}})
		b.want("a narrowed token renames an admin", err, errs.Forbidden)

		// A token follows its owner down.
		_, wide := b.token(jonas, auth.NewToken{Name: "x"})
		p, _ := b.Me(b.as(jonas))
		_, err = b.UpdatePerson(b.as(b.mara), p.ID, p.Version, auth.PersonEdit{Handle: "jonas", Role: actor.Requester, Profile: auth.Profile{Display: "J"}})
		b.want("demote", err, fine)
		if a, ok := b.withToken(wide); !ok || a.May(actor.Respond) || !a.May(actor.Report) {
			b.Errorf("the token of a demoted person: %+v", a)
		}
	})
}

func TestMachineToken(t *testing.T) {
	each(t, func(b *bundle) {
		_, secret := b.token(b.mara, auth.NewToken{Name: "deploy", Machine: true, Role: actor.Manager, Scopes: []actor.Permission{actor.Configure, actor.Read}})
		a, ok := b.withToken(secret)
		if !ok || a.Person != 0 || !a.May(actor.Configure) || a.May(actor.Audit) {
			b.Errorf("%+v %v", a, ok)
		}
		_, self := b.token(b.mara, auth.NewToken{Name: "self", Machine: true, Role: actor.Manager})
		a, _ = b.withToken(self)
		_, err := b.Me(actor.With(b.nobody(), a))
		b.want("a machine's own profile", err, errs.Forbidden)
		_, err = b.UpdateTeam(actor.With(b.nobody(), a), "nonesuch", 1, auth.TeamEdit{})
		b.want("no team", err, errs.NotFound)
	})
}

func TestWrongToken(t *testing.T) {
	each(t, func(b *bundle) {
		_, _, err := b.CreateToken(b.as(b.mara), auth.NewToken{Name: "", Role: "boss", Scopes: []actor.Permission{"fly"}, Life: 1000 * time.Hour * 24})
		var names []string
		for _, f := range errs.As(err).Fields {
			names = append(names, f.Name)
		}
		if d := cmp.Diff([]string{"name", "role", "scopes[0]", "expires"}, names); d != "" {
			b.Error(d)
		}
		_, _, err = b.Tokens(b.as(b.mara), true, auth.Page{Cursor: "x"})
		b.want("cursor", err, errs.Invalid)
	})
}
