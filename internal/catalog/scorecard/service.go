package scorecard

import (
	"context"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Service is the practice's verbs.
type Service struct {
	// Kick wakes due work by name; nil: it wakes by itself.
	Kick func(name string)

	db      *db.DB
	catalog *catalog.Catalog
	sources []source
}

// New returns scorecards over the services of a catalog, and follows its
// changes. The catalog's own facts are provided; others come by Provide.
func New(d *db.DB, c *catalog.Catalog) *Service {
	s := &Service{db: d, catalog: c}
	s.Provide(s.own, ownNames...)
	c.Reactions.Changed = append(c.Reactions.Changed, func(tx *db.Tx, svc catalog.Service, _ []string) error {
		if svc.Lifecycle == catalog.Retired {
			if err := forget(tx, svc.Name); err != nil {
				return err
			}
		}
		return s.soon(tx)
	})
	return s
}

// Cards returns all cards by name: those written here, and those that come
// with the program of which none of the same name was.
func (s *Service) Cards(ctx context.Context) (out []Card, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("scorecard.cards", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) { out, err = cards(q); return err })
	return out, errs.Wrap("scorecard.cards", err)
}

func cards(q db.Querier) ([]Card, error) {
	out, err := listCards(q)
	if err != nil {
		return nil, err
	}
	for _, c := range shipped {
		if !slices.ContainsFunc(out, func(x Card) bool { return x.Name == c.Name }) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Card) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Get returns a card; NotFound if there is none.
func (s *Service) Get(ctx context.Context, name string) (c Card, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Card{}, errs.Wrap("scorecard.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		if c, err = find(q, name); err != nil {
			return err
		}
		m, ok, err := ascode.ManagedBy(q, c.Ref())
		if ok {
			c.Managed = m.String()
		}
		return err
	})
	return c, errs.Wrap("scorecard.get", err)
}

// find returns a card that was written here, or else one that comes with the
// program.
func find(q db.Querier, name string) (Card, error) {
	c, ok, err := readCard(q, name, "")
	if err != nil || ok {
		return c, err
	}
	if c, ok := shippedCard(name); ok {
		return c, nil
	}
	return Card{}, errs.E(errs.NotFound, "there is no such scorecard").On(Card{Name: errs.Short(name)}.Ref().String())
}

// Put writes a card: a new one with version 0, else in place of that version,
// which can be that of a card that comes with the program. Conflict when
// another version is the present one, or it is managed in git.
func (s *Service) Put(ctx context.Context, name string, version int64, sp Spec) (c Card, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = sp.normalise(name)
	}
	if err != nil {
		return Card{}, errs.Wrap("scorecard.put", err)
	}
	err = s.db.Write(ctx, who, "scorecard written", func(tx *db.Tx) error {
		old, ok, err := readCard(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		switch own, comes := shippedCard(name); {
		case !ok && comes && (version == 0 || version == own.Version):
			version = 0 // what is shown of it is the program's
		case !ok && version > 0:
			return errs.E(errs.NotFound, "there is no such scorecard").On(Card{Name: name}.Ref().String())
		case ok && version == 0:
			return errs.E(errs.Conflict, "a scorecard of this name exists already").On(old.Ref().String())
		}
		if old.Version != version {
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", old.Version, version).On(Card{Name: name}.Ref().String())
		}
		if err := ascode.Guard(tx, Card{Name: name}.Ref()); err != nil {
			return err
		}
		c, err = s.put(tx, name, old, sp, "")
		return err
	})
	return c, errs.Wrap("scorecard.put", err)
}

// put makes a card equal to a spec; old has version 0 when it is new.
func (s *Service) put(tx *db.Tx, name string, old Card, sp Spec, commit string) (Card, error) {
	c := Card{Name: name, Spec: sp, Version: old.Version, Created: old.Created, Updated: tx.Now}
	if old.Version > 0 && c.digest() == old.digest() {
		return old, nil
	}
	if own, comes := shippedCard(name); comes && c.Version == 0 {
		c.Version = own.Version // goes on from there: an edit of the program's card does not fit the one in its place
	}
	c.Version++
	entry := evidence.Entry{Action: "scorecard.edit", Record: c.Ref(), Version: c.Version, After: c.digest()}
	if old.Version == 0 {
		c.Created, entry.Action = tx.Now, "scorecard.create"
	} else {
		entry.Before = old.digest()
	}
	if commit != "" {
		entry.Data = map[string]string{"commit": commit}
	}
	if err := saveCard(tx, c); err != nil {
		return Card{}, err
	}
	tx.Record(entry)
	return c, s.soon(tx)
}

// Delete takes a card away; one that comes with the program takes effect again
// if it has the name.
func (s *Service) Delete(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("scorecard.delete", err)
	}
	return errs.Wrap("scorecard.delete", s.db.Write(ctx, who, "scorecard deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, Card{Name: name}.Ref()); err != nil {
			return err
		}
		return s.Remove(tx, name)
	}))
}

// Remove is Delete for as code.
func (s *Service) Remove(tx *db.Tx, name string) error {
	c, ok, err := readCard(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	if !ok {
		if _, comes := shippedCard(name); comes {
			return errs.E(errs.Conflict, "it comes with the program; write a card of this name to take its place").On(Card{Name: name}.Ref().String())
		}
		return errs.E(errs.NotFound, "there is no such scorecard").On(Card{Name: errs.Short(name)}.Ref().String())
	}
	if err := deleteCard(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "scorecard.delete", Record: c.Ref(), Version: c.Version + 1, Before: c.digest()})
	return s.soon(tx)
}
