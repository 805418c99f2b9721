package auth

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Disable ends somebody's access at once: sessions and links are gone, tokens
// stop. The person stays on record and in their teams.
func (s *Service) Disable(ctx context.Context, id int64) (Person, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err != nil {
		return Person{}, errs.Wrap("auth.disable", err)
	}
	p, err := s.changePerson(ctx, who, "person disabled", "person.disable", id, 0, func(tx *db.Tx, p *Person) error {
		if !p.Enabled() {
			return errUnchanged
		}
		p.Disabled = tx.Now
		return s.shutOut(tx, p.ID)
	})
	return p, errs.Wrap("auth.disable", err)
}

// shutOut ends sessions and links and tells the other practices.
func (s *Service) shutOut(tx *db.Tx, person int64) error {
	if _, err := deleteSessions(tx, person, ""); err != nil {
		return err
	}
	if _, err := deleteLinks(tx, passwordLink, person); err != nil {
		return err
	}
	for _, react := range s.Reactions.PersonDisabled {
		if err := react(tx, person); err != nil {
			return err
		}
	}
	return nil
}

// Enable lets a disabled person in again, with their old password and tokens.
func (s *Service) Enable(ctx context.Context, id int64) (Person, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err != nil {
		return Person{}, errs.Wrap("auth.enable", err)
	}
	p, err := s.changePerson(ctx, who, "person enabled", "person.enable", id, 0, func(_ *db.Tx, p *Person) error {
		if p.Enabled() {
			return errUnchanged
		}
		p.Disabled = db.Time(0)
		return mayGrant(who, p.Role)
	})
	return p, errs.Wrap("auth.enable", err)
}

// Erase deletes what is personal about somebody, for good: name, handle,
// address, password, the salt that ties evidence to them, sessions, links and
// memberships; other practices erase what they hold. Their key, USR-17, and
// the evidence of what was done under it remain.
func (s *Service) Erase(ctx context.Context, id int64) (Person, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err != nil {
		return Person{}, errs.Wrap("auth.erase", err)
	}
	p, err := s.changePerson(ctx, who, "person erased", "person.erase", id, 0, func(tx *db.Tx, p *Person) error {
		if p.Enabled() {
			p.Disabled = tx.Now
		}
		if err := s.shutOut(tx, p.ID); err != nil {
			return err
		}
		if err := eraseTokens(tx, p.ID); err != nil {
			return err
		}
		if err := deleteGuesses(tx, accountKey(p.ID)); err != nil {
			return err
		}
		if err := s.leaveTeams(tx, p.ID); err != nil {
			return err
		}
		for _, react := range s.Reactions.PersonErased {
			if err := react(tx, p.ID); err != nil {
				return err
			}
		}
		*p = Person{ID: p.ID, Handle: erasedPrefix + p.Ref().Key, Display: "Erased person", Role: actor.Requester, Zone: "UTC",
			Vocabulary: ITIL, Theme: Auto, Version: p.Version, Created: p.Created, Disabled: p.Disabled, Erased: tx.Now, salt: []byte{}}
		return nil
	})
	return p, errs.Wrap("auth.erase", err)
}
