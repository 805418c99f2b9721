package auth

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Link is a one-time link. It is shown once and cannot be read again.
type Link struct {
	URL     string // absolute if the public address is known, else from "/"
	Secret  string // its query parameter "token"
	Expires time.Time
}

// Invite returns a new one-time link with which somebody sets a password; it
// serves as invitation and when a password is forgotten. Earlier links of the
// person stop working.
func (s *Service) Invite(ctx context.Context, id int64) (Link, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err != nil {
		return Link{}, errs.Wrap("auth.invite", err)
	}
	var l Link
	err = s.write(ctx, who, "password link made", func(tx *db.Tx) error {
		p, err := lockPerson(tx, id)
		if err != nil {
			return err
		}
		if !p.Enabled() {
			return errs.E(errs.Conflict, "this person is disabled; enable them first").On(p.Ref().String())
		}
		if err := mayGrant(who, p.Role); err != nil {
			return err
		}
		l, err = s.passwordLink(tx, p)
		return err
	})
	return l, errs.Wrap("auth.invite", err)
}

func (s *Service) passwordLink(tx *db.Tx, p Person) (Link, error) {
	if _, err := deleteLinks(tx, passwordLink, p.ID); err != nil {
		return Link{}, err
	}
	l, err := s.newLink(tx, link{passwordLink, p.ID, tx.Now.Add(s.cfg.InviteLife)}, "/invite")
	digest := p.digest()
	tx.Record(evidence.Entry{Action: "person.invite", Record: p.Ref(), Version: p.Version, Before: digest, After: digest, Data: untilFact{l.Expires}})
	return l, err
}

type untilFact struct {
	Until time.Time `json:"until"`
}

func (s *Service) newLink(tx *db.Tx, l link, path string) (Link, error) {
	secret, hash := newSecret("")
	return Link{URL: s.cfg.PublicURL + path + "?token=" + secret, Secret: secret, Expires: l.expires}, insertLink(tx, l, hash)
}

// doorActor acts where nobody is known yet. Not the caller's address: that is
// personal data, and evidence keeps the name of the door.
var (
	doorActor = actor.Job("sign-in")
	jobActor  = actor.Job("auth.expire")
)

// signIn is the record of what happens at the door to nobody known.
var signIn = ref.S(ref.System, "sign-in")

// badLink is the one answer to used, expired, replaced and invented links.
func badLink() error {
	return errs.E(errs.NotFound, "this link has been used, replaced or is too old; ask an admin for a new one")
}

// useful returns a link that is still good.
func useful(q db.Querier, now time.Time, purpose, secret string) (link, error) {
	hash, ok := parseSecret("", secret)
	if !ok {
		return link{}, badLink()
	}
	l, found, err := linkByHash(q, hash)
	if err == nil && (!found || l.purpose != purpose || !now.Before(l.expires)) {
		err = badLink()
	}
	return l, err
}

// Invited returns whose password a link sets.
func (d *Door) Invited(ctx context.Context, secret string) (Person, error) {
	p, err := d.peek(ctx, passwordLink, secret)
	return p, errs.Wrap("auth.invited", err)
}

func (d *Door) peek(ctx context.Context, purpose, secret string) (p Person, err error) {
	now, err := d.s.db.Now(ctx)
	if err != nil {
		return Person{}, err
	}
	err = d.s.db.Read(ctx, func(q db.Querier) error {
		l, err := useful(q, now, purpose, secret)
		if err == nil && l.person != 0 {
			p, err = PersonByID(q, l.person)
		}
		return err
	})
	return p, err
}

// SetPassword sets a password by a one-time link, ends the person's other
// sessions and signs them in.
func (d *Door) SetPassword(ctx context.Context, secret, password string, from Client) (SignedIn, error) {
	p, err := d.peek(ctx, passwordLink, secret)
	if err != nil {
		return SignedIn{}, errs.Wrap("auth.set-password", err)
	}
	hash, err := d.newHash(ctx, p, passwordLink, secret, password)
	if err != nil {
		return SignedIn{}, errs.Wrap("auth.set-password", err)
	}
	var in SignedIn
	err = d.s.write(ctx, person(p), "password set by a link", func(tx *db.Tx) error {
		if _, err := lockLinks(tx, passwordLink, p.ID); err != nil {
			return err
		}
		if _, err := useful(tx, tx.Now, passwordLink, secret); err != nil {
			return err
		}
		changed, err := changePerson(tx, "person.password", p.ID, 0, func(tx *db.Tx, p *Person) error {
			if !p.Enabled() {
				return badLink()
			}
			return setPassword(tx, p, hash, "")
		})
		if err != nil {
			return err
		}
		in, err = d.s.openSession(tx, changed, from)
		return err
	})
	return in, errs.Wrap("auth.set-password", err)
}

// newHash checks the link first, so that strangers cannot make the server hash.
func (d *Door) newHash(ctx context.Context, p Person, purpose, secret, password string) (string, error) {
	if _, err := d.peek(ctx, purpose, secret); err != nil {
		return "", err
	}
	if err := checkNewPassword(password, p); err != nil {
		return "", err
	}
	return d.s.hasher.hash(ctx, password)
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
