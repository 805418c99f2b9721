package auth

import (
	"cmp"
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// UpdateMe replaces what people set about themselves; Conflict when version is
// not the present one.
func (s *Service) UpdateMe(ctx context.Context, version int64, e Profile) (Person, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil {
		err = hasSelf(who)
	}
	if err != nil {
		return Person{}, errs.Wrap("auth.update-me", err)
	}
	var f errs.Fields
	if e.normalise(&f); f.Err() != nil {
		return Person{}, errs.Wrap("auth.update-me", f.Err())
	}
	p, err := s.changePerson(ctx, who, "own profile edited", "person.update", who.Person, version, func(_ *db.Tx, p *Person) error {
		e.into(p)
		return nil
	})
	return p, errs.Wrap("auth.update-me", err)
}

// SetPreferences changes what is not empty of how one reads pages; a verb, for
// switches that do not know the version.
func (s *Service) SetPreferences(ctx context.Context, zone string, theme Theme, vocabulary Vocabulary) (Person, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil {
		err = hasSelf(who)
	}
	if err != nil {
		return Person{}, errs.Wrap("auth.set-preferences", err)
	}
	p, err := s.changePerson(ctx, who, "own preferences set", "person.update", who.Person, 0, func(_ *db.Tx, p *Person) error {
		e := Profile{p.Display, cmp.Or(zone, p.Zone), cmp.Or(vocabulary, p.Vocabulary), cmp.Or(theme, p.Theme)}
		var f errs.Fields
		if e.normalise(&f); f.Err() != nil {
			return f.Err()
		}
		if e == (Profile{p.Display, p.Zone, p.Vocabulary, p.Theme}) {
			return errUnchanged
		}
		e.into(p)
		return nil
	})
	return p, errs.Wrap("auth.set-preferences", err)
}

// Me returns the person behind the actor, whatever the scopes of the
// credential; Forbidden for a machine's token.
func (s *Service) Me(ctx context.Context) (Person, error) {
	who, err := actor.Require(ctx, actor.Known)
	if err == nil {
		err = hasSelf(who)
	}
	if err != nil {
		return Person{}, errs.Wrap("auth.me", err)
	}
	var p Person
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		p, err = PersonByID(q, who.Person)
		return err
	})
	return p, errs.Wrap("auth.me", err)
}

// hasSelf refuses what one does to oneself to actors that are nobody.
func hasSelf(who actor.Actor) error {
	if who.Person == 0 {
		return errs.E(errs.Forbidden, "this is about a person's own account, and no person is behind this token")
	}
	return nil
}
