package auth

import (
	"context"
	"errors"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// errUnchanged ends a verb that finds the person already as wanted: verbs are
// idempotent.
var errUnchanged = errors.New("unchanged")

// changePerson is the one way in which a person's row changes: locked, checked
// against version (0: a verb, which needs none), never the last admin, with
// evidence.
func (s *Service) changePerson(ctx context.Context, who actor.Actor, reason, action string, id, version int64, change func(tx *db.Tx, p *Person) error) (Person, error) {
	var p Person
	err := s.write(ctx, who, reason, func(tx *db.Tx) (err error) {
		p, err = changePerson(tx, action, id, version, change)
		return err
	})
	if errors.Is(err, errUnchanged) {
		err = s.db.Read(ctx, func(q db.Querier) (err error) {
			p, err = PersonByID(q, id)
			return err
		})
	}
	if err != nil {
		return Person{}, err
	}
	return p, nil
}

func changePerson(tx *db.Tx, action string, id, version int64, change func(tx *db.Tx, p *Person) error) (Person, error) {
	admins, err := lockAdmins(tx)
	if err != nil {
		return Person{}, err
	}
	p, err := lockPerson(tx, id)
	if err != nil {
		return Person{}, err
	}
	if !p.Erased.IsZero() {
		return Person{}, errs.E(errs.Conflict, "this person was erased; nothing about them can change").On(p.Ref().String())
	}
	if version != 0 && version != p.Version {
		return Person{}, stale(p.Ref(), version, p.Version)
	}
	before := p.digest()
	if err := change(tx, &p); err != nil {
		return Person{}, err
	}
	if last := slices.Equal(admins, []int64{id}); last && (p.Role != actor.Admin || !p.Enabled()) {
		return Person{}, errs.E(errs.Conflict, "this is the last admin; make somebody else an admin first").On(p.Ref().String())
	}
	p.Version++
	p.Updated = tx.Now
	if err := updatePerson(tx, p); err != nil {
		return Person{}, err
	}
	tx.Record(evidence.Entry{Action: action, Record: p.Ref(), Version: p.Version, Before: before, After: p.digest(), Data: roleFact{p.Role}})
	return p, nil
}

// stale is the conflict of an edit that was made against an older version.
func stale(r ref.Ref, theirs, ours int64) error {
	return errs.E(errs.Conflict, "somebody changed it meanwhile: your edit is of version %d, it is now at version %d; look again and repeat", theirs, ours).On(r.String())
}
