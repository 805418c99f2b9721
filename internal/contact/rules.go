package contact

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Rules returns the actor's own rules; Default when they never chose.
func (s *Service) Rules(ctx context.Context) (Rules, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return Rules{}, err
	}
	person, err := self(who)
	if err != nil {
		return Rules{}, err
	}
	var r Rules
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		if r, err = rulesFor(q, person); err != nil {
			return err
		}
		on, err := s.ruleRef(q, person)
		if err != nil {
			return err
		}
		m, ok, err := ascode.ManagedBy(q, on)
		if ok {
			r.Managed = m.String()
		}
		return err
	})
	return r, errs.Wrap("contact.rules", err)
}

// rulesFor returns the rules of one person, the default ones included.
func rulesFor(q db.Querier, person int64) (Rules, error) {
	all, err := rulesOf(q, []int64{person})
	if r, ok := all[person]; ok {
		return r, err
	}
	return Default(), err
}

// ruleRef names a person's rules as code does, by handle.
func (s *Service) ruleRef(q db.Querier, person int64) (ref.Ref, error) {
	p, err := auth.PersonByID(q, person)
	return ref.S(ref.ContactRule, p.Handle), err
}

// SetRules stores the actor's own rules. r.Version is the version that was
// edited; a stale one is a conflict, as are rules managed in git.
func (s *Service) SetRules(ctx context.Context, r Rules) (Rules, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return Rules{}, err
	}
	person, err := self(who)
	if err != nil {
		return Rules{}, err
	}
	err = s.db.Write(ctx, who, "contact rules edited", func(tx *db.Tx) error {
		old, err := rulesFor(tx, person)
		if err != nil {
			return err
		}
		if old.Version != r.Version {
			return errs.E(errs.Conflict, "your contact rules were changed meanwhile: you edited version %d, they are at %d", r.Version, old.Version)
		}
		on, err := s.ruleRef(tx, person)
		if err != nil {
			return err
		}
		if err := ascode.Guard(tx, on); err != nil {
			return err
		}
		var changed bool
		if r, changed, err = s.store(tx, person, old, r); err == nil && !changed {
			tx.Unrecorded("nothing changed")
		}
		return err
	})
	return r, errs.Wrap("contact.rules", err)
}

// store checks rules and puts them in the place of old.
func (s *Service) store(tx *db.Tx, person int64, old, r Rules) (Rules, bool, error) {
	if err := r.check(func(name string) (bool, error) { return notify.KnownChannel(tx, name) }); err != nil {
		return old, false, err
	}
	if same(old, r) {
		return old, false, nil
	}
	r.Version, r.Tested, r.salt = old.Version+1, old.Tested, old.salt
	if len(r.salt) == 0 {
		r.salt = evidence.NewSalt()
	}
	r.next = time.Time{}
	if r.TestAt != "" {
		r.next = nextClock(r.Zone, r.TestAt, tx.Now)
	}
	before := ""
	if old.Version > 0 {
		before = old.digest()
	}
	tx.Record(evidence.Entry{Action: "contact.changed", Record: ref.N(ref.Person, person), Before: before, After: r.digest()})
	if s.Kick != nil {
		tx.After(s.Kick)
	}
	return r, true, putRules(tx, person, r)
}
