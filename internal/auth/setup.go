package auth

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// SetupLink returns a one-time link that makes the first admin, or ok false
// when there are people already. Every call adds a link, because replicas
// starting together each print one; all end when one is used.
func (d *Door) SetupLink(ctx context.Context) (l Link, ok bool, err error) {
	err = d.s.db.Write(ctx, doorActor, "first start", func(tx *db.Tx) error {
		some, err := anybody(tx)
		if ok = !some && err == nil; !ok {
			return err
		}
		l, err = d.s.newLink(tx, link{setupLink, 0, tx.Now.Add(d.s.cfg.SetupLife)}, "/setup")
		tx.Record(evidence.Entry{Action: "auth.setup-link", Record: signIn, Data: untilFact{l.Expires}})
		return err
	})
	return l, ok && err == nil, errs.Wrap("auth.setup-link", err)
}

// CheckSetup reports whether a first start's link is still good.
func (d *Door) CheckSetup(ctx context.Context, secret string) error {
	_, err := d.peek(ctx, setupLink, secret)
	return errs.Wrap("auth.check-setup", err)
}

// SetUp makes the first admin, signs them in and ends all set-up links.
func (d *Door) SetUp(ctx context.Context, secret string, e PersonEdit, password string, from Client) (SignedIn, error) {
	e.Role = actor.Admin
	wrong := e.normalise()
	p := Person{}
	e.into(&p)
	if wrong != nil { // tell a weak password now, not when the rest is right
		var all errs.Fields = errs.As(wrong).Fields
		if err := checkNewPassword(password, p); err != nil {
			all = append(all, errs.As(err).Fields...)
		}
		return SignedIn{}, errs.Wrap("auth.set-up", all.Err())
	}
	hash, err := d.newHash(ctx, p, setupLink, secret, password)
	if err != nil {
		return SignedIn{}, errs.Wrap("auth.set-up", err)
	}
	var in SignedIn
	err = d.s.write(ctx, doorActor, "first admin made by the set-up link", func(tx *db.Tx) error {
		// The lock makes two set-ups at once wait for each other; the second
		// finds the links gone.
		if _, err := lockLinks(tx, setupLink, 0); err != nil {
			return err
		}
		if _, err := useful(tx, tx.Now, setupLink, secret); err != nil {
			return err
		}
		if some, err := anybody(tx); err != nil || some {
			return firstError(err, badLink())
		}
		if _, err := deleteLinks(tx, setupLink, 0); err != nil {
			return err
		}
		admin, err := createPerson(tx, e, hash)
		if err != nil {
			return err
		}
		in, err = d.s.openSession(tx, admin, from)
		return err
	})
	return in, errs.Wrap("auth.set-up", err)
}

// Empty reports whether there is nobody yet, so that the sign-in page can say
// where the set-up link is.
func (d *Door) Empty(ctx context.Context) (bool, error) {
	some := true
	err := d.s.db.Read(ctx, func(q db.Querier) (err error) {
		some, err = anybody(q)
		return err
	})
	return !some, errs.Wrap("auth.empty", err)
}
