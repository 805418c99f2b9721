package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// SignIn opens a session for a handle or e-mail address and a password.
// Errors: Unauthenticated, the same for every reason; Limited, with how long
// to wait, after too many failures.
func (d *Door) SignIn(ctx context.Context, login, password string, from Client) (SignedIn, error) {
	g, err := d.s.guess(ctx, login, password, from.Address)
	if err != nil {
		return SignedIn{}, errs.Wrap("auth.sign-in", err)
	}
	renewed := ""
	if g.renew {
		if renewed, err = d.s.hasher.hash(ctx, password); err != nil {
			return SignedIn{}, errs.Wrap("auth.sign-in", err)
		}
	}
	var in SignedIn
	err = d.s.write(ctx, person(g.person), "signed in", func(tx *db.Tx) error {
		p, err := lockPerson(tx, g.person.ID)
		if err != nil {
			return err
		}
		if !p.Enabled() || p.password != g.person.password { // changed while we were hashing
			return badSignIn()
		}
		if renewed != "" {
			before := p.digest()
			p.password, p.Updated = renewed, tx.Now
			p.Version++
			if err := updatePerson(tx, p); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: "person.rehash", Record: p.Ref(), Version: p.Version, Before: before, After: p.digest()})
		}
		in, err = d.s.openSession(tx, p, from)
		return err
	})
	return in, errs.Wrap("auth.sign-in", err)
}

// SignOut ends the session of a cookie. One that has ended already is fine.
func (d *Door) SignOut(ctx context.Context, secret string) error {
	hash, ok := parseSecret("", secret)
	if !ok {
		return nil
	}
	var session Session
	var p Person
	err := d.s.db.Read(ctx, func(q db.Querier) (err error) {
		if session, err = sessionByHash(q, hash); err == nil {
			p, err = PersonByID(q, session.Person)
		}
		return err
	})
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return errs.Wrap("auth.sign-out", err)
	}
	err = d.s.write(ctx, person(p), "signed out", func(tx *db.Tx) error {
		p, err := lockPerson(tx, session.Person)
		if err != nil {
			return err
		}
		found, err := deleteSession(tx, session.Person, session.ID)
		if found {
			recordSession(tx, "auth.sign-out", p, session.ID)
		}
		return err
	})
	return errs.Wrap("auth.sign-out", err)
}

// badSignIn is the one answer to unknown accounts, wrong passwords and
// disabled people.
func badSignIn() error {
	return errs.E(errs.Unauthenticated, "the name or the password is wrong")
}

// guessed is a right password.
type guessed struct {
	person Person
	renew  bool // hashed at an old cost
}

// guess checks a name and password under the limits. It does the same work,
// two transactions and one hash, whether the account exists or not.
func (s *Service) guess(ctx context.Context, login, password, address string) (guessed, error) {
	if len(login) > 254 || len(password) > 4*passwordMax {
		return guessed{}, badSignIn() // nobody's; not worth counting or hashing
	}
	var p Person
	var failed int
	var delay time.Duration
	var keys []string
	account := ""
	err := s.db.Write(ctx, doorActor, "sign-in attempt counted", func(tx *db.Tx) error {
		var err error
		if p, err = personByKey(tx, login); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if account = accountKey(p.ID); p.ID == 0 {
			account = unknownKey(login)
		}
		keys = []string{account, addressKey(address)}
		slices.Sort(keys) // locked in a fixed order
		counts, err := lockGuesses(tx, keys)
		if err != nil {
			return err
		}
		tx.Unrecorded("counting attempts changes nothing; their outcome is recorded")
		failed, delay = 0, 0
		for i, key := range keys {
			if wait := counts[i].wait(tx.Now); wait > 0 {
				return errs.E(errs.Limited, "too many failed sign-ins; try again in %s", roundUp(wait)).After(roundUp(wait))
			}
			limit := addressLimit
			if key == account {
				limit = accountLimit
			}
			next := limit.failedAt(counts[i], tx.Now)
			failed, delay = max(failed, next.failed), max(delay, next.wait(tx.Now))
			if err := updateGuesses(tx, key, next); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return guessed{}, err
	}
	ok, renew, err := s.hasher.check(ctx, p.password, password)
	if err != nil {
		s.uncount(ctx, keys)
		return guessed{}, err
	}
	ok = ok && p.ID != 0 && p.Enabled()
	err = s.db.Write(ctx, doorActor, "sign-in attempt judged", func(tx *db.Tx) error {
		if !ok {
			e := evidence.Entry{Action: "auth.sign-in-failed", Record: signIn, Data: failedFact{failed, delay.Seconds()}}
			if delay > 0 {
				e.Action = "auth.lock-out"
			}
			if p.ID != 0 {
				p, err := lockPerson(tx, p.ID)
				if err != nil {
					return err
				}
				digest := p.digest()
				e.Record, e.Version, e.Before, e.After = p.Ref(), p.Version, digest, digest
			}
			tx.Record(e)
			return nil
		}
		tx.Unrecorded("counting attempts changes nothing; their outcome is recorded")
		for _, key := range keys {
			if key == account {
				err = deleteGuesses(tx, key)
			} else {
				err = takeBack(tx, key)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !ok {
		err = badSignIn()
	}
	return guessed{p, renew}, err
}

// uncount takes a guess back that nobody judged, because the server was too
// busy. If that fails as well, a failure too many is counted: the safe side.
func (s *Service) uncount(ctx context.Context, keys []string) {
	_ = s.db.Write(context.WithoutCancel(ctx), doorActor, "sign-in attempt not judged", func(tx *db.Tx) error {
		tx.Unrecorded("counting attempts changes nothing; their outcome is recorded")
		for _, key := range keys {
			if err := takeBack(tx, key); err != nil {
				return err
			}
		}
		return nil
	})
}

type failedFact struct {
	Failed  int     `json:"failed"`
	Seconds float64 `json:"locked_seconds"`
}

func roundUp(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
