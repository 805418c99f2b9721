package auth

import (
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Person returns somebody by key (USR-17), handle or e-mail address. Only
// admins and the person see the e-mail address.
func (s *Service) Person(ctx context.Context, key string) (Person, error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return Person{}, errs.Wrap("auth.person", err)
	}
	var p Person
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		p, err = personByKey(q, key)
		return err
	})
	if err == nil && strings.Contains(key, "@") && !seesEmail(who, p) {
		return Person{}, errs.Wrap("auth.person", noPerson(db.ErrNoRows, errs.Short(key))) // no guessing of addresses
	}
	return shown(who, p), errs.Wrap("auth.person", err)
}

func seesEmail(who actor.Actor, p Person) bool {
	return who.May(actor.Administer) || who.Person == p.ID && who.Person != 0
}

func shown(who actor.Actor, p Person) Person {
	if !seesEmail(who, p) {
		p.Email = ""
	}
	return p
}

// People lists people by handle, and the cursor of the next part (empty: no more).
func (s *Service) People(ctx context.Context, f PeopleFilter, page Page) ([]Person, string, error) {
	who, err := actor.Require(ctx, actor.Read)
	if err == nil {
		err = firstError(checkWords("prefix", f.Prefix), checkWords("cursor", page.Cursor), checkWords("role", string(f.Role)))
	}
	if err != nil {
		return nil, "", errs.Wrap("auth.people", err)
	}
	f.Prefix = strings.ToLower(strings.TrimSpace(f.Prefix))
	var list []Person
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		list, err = listPeople(q, f, page.Cursor, page.limit()+1)
		return err
	})
	next := ""
	if len(list) > page.limit() {
		list = list[:page.limit()]
		next = list[len(list)-1].Handle
	}
	for i := range list {
		list[i] = shown(who, list[i])
	}
	return list, next, errs.Wrap("auth.people", err)
}

// CreatePerson adds somebody and returns the one-time link with which they set
// their password.
func (s *Service) CreatePerson(ctx context.Context, e PersonEdit) (Person, Link, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err == nil {
		err = e.normalise()
	}
	if err == nil {
		err = mayGrant(who, e.Role)
	}
	if err != nil {
		return Person{}, Link{}, errs.Wrap("auth.create-person", err)
	}
	var p Person
	var l Link
	err = s.write(ctx, who, "person added", func(tx *db.Tx) (err error) {
		if p, err = createPerson(tx, e, ""); err != nil {
			return err
		}
		l, err = s.passwordLink(tx, p)
		return err
	})
	return p, l, errs.Wrap("auth.create-person", err)
}

// createPerson inserts a normalised person, with a hashed password or none.
func createPerson(tx *db.Tx, e PersonEdit, password string) (Person, error) {
	p := Person{Version: 1, Created: tx.Now, salt: evidence.NewSalt(), password: password}
	if password != "" {
		p.PasswordAt = tx.Now
	}
	e.into(&p)
	p.Updated = tx.Now
	if err := checkFree(tx, p); err != nil {
		return Person{}, err
	}
	var err error
	if p.ID, err = tx.NextID(ref.Person); err != nil {
		return Person{}, err
	}
	if err := insertPerson(tx, p); err != nil {
		return Person{}, err
	}
	tx.Record(evidence.Entry{Action: "person.create", Record: p.Ref(), Version: p.Version, After: p.digest(), Data: roleFact{p.Role}})
	return p, nil
}

type roleFact struct {
	Role actor.Role `json:"role"`
}

func (e PersonEdit) into(p *Person) {
	p.Handle, p.Email, p.Role = e.Handle, e.Email, e.Role
	e.Profile.into(p)
}

func (e Profile) into(p *Person) {
	p.Display, p.Zone, p.Vocabulary, p.Theme = e.Display, e.Zone, e.Vocabulary, e.Theme
}

// UpdatePerson replaces what an admin may set about somebody; Conflict when
// version is not the present one.
func (s *Service) UpdatePerson(ctx context.Context, id, version int64, e PersonEdit) (Person, error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err == nil {
		err = e.normalise()
	}
	if err == nil {
		err = mayGrant(who, e.Role)
	}
	if err != nil {
		return Person{}, errs.Wrap("auth.update-person", err)
	}
	p, err := s.changePerson(ctx, who, "person edited", "person.update", id, version, func(tx *db.Tx, p *Person) error {
		if err := mayGrant(who, p.Role); err != nil { // an address or handle is a way in
			return err
		}
		e.into(p)
		return checkFree(tx, *p)
	})
	return p, errs.Wrap("auth.update-person", err)
}
