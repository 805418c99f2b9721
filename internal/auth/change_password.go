package auth

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ChangePassword replaces one's own password, given the present one, and ends
// one's other sessions. Wrong guesses count as failed sign-ins.
func (s *Service) ChangePassword(ctx context.Context, present, next string) error {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil {
		err = hasSelf(who)
	}
	if err != nil {
		return errs.Wrap("auth.change-password", err)
	}
	var p Person
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		p, err = PersonByID(q, who.Person)
		return err
	})
	if err == nil {
		err = checkNewPassword(next, p)
	}
	if err != nil {
		return errs.Wrap("auth.change-password", err)
	}
	if _, err := s.guess(ctx, p.Handle, present, who.From); err != nil {
		if errs.Is(err, errs.Unauthenticated) {
			err = errs.BadField("current", "", "this is not your present password")
		}
		return errs.Wrap("auth.change-password", err)
	}
	hash, err := s.hasher.hash(ctx, next)
	if err != nil {
		return errs.Wrap("auth.change-password", err)
	}
	_, err = s.changePerson(ctx, who, "own password changed", "person.password", p.ID, 0, func(tx *db.Tx, p *Person) error {
		return setPassword(tx, p, hash, CurrentSession(ctx))
	})
	return errs.Wrap("auth.change-password", err)
}

// setPassword puts a hash on a locked person and ends sessions and links that
// the old password gave.
func setPassword(tx *db.Tx, p *Person, hash, keep string) error {
	p.password, p.PasswordAt = hash, tx.Now
	if _, err := deleteSessions(tx, p.ID, keep); err != nil {
		return err
	}
	if _, err := deleteLinks(tx, passwordLink, p.ID); err != nil {
		return err
	}
	return deleteGuesses(tx, accountKey(p.ID))
}
