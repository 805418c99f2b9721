package catalog

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Teams is what the catalog asks of those who know teams.
type Teams interface {
	// TeamExists reports whether a team of that name exists.
	TeamExists(q db.Querier, name string) (bool, error)
}

// Catalog is the practice's verbs.
type Catalog struct {
	// People are those whom the portfolio can name; nil: nobody.
	People    People
	Reactions Reactions

	db    *db.DB
	teams Teams
	cache cache
}

// New returns the catalog on a database. It follows the change feed to keep
// its cache right when another replica edits a service.
func New(d *db.DB, teams Teams) *Catalog {
	c := &Catalog{db: d, teams: teams}
	d.OnChange(c.cache.changed)
	return c
}

// Filter narrows a list; the zero Filter lists all that are not retired.
type Filter struct {
	Team      string
	Tier      *int
	Lifecycle Lifecycle
	Retired   bool   // also retired ones
	Prefix    string // of the name
	Level     *int   // lowest level of its scorecards, as last measured: 0 none to 3 gold
}

// Get returns a service by its name or an alias.
func (c *Catalog) Get(ctx context.Context, nameOrAlias string) (s Service, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Service{}, errs.Wrap("catalog.get", err)
	}
	err = c.db.Read(ctx, func(q db.Querier) (err error) {
		if s, err = ByName(q, nameOrAlias); err != nil {
			return err
		}
		if err := c.name(q, &s); err != nil {
			return err
		}
		m, ok, err := ascode.ManagedBy(q, s.Ref())
		if ok {
			s.Managed = m.String()
		}
		return err
	})
	return s, errs.Wrap("catalog.get", err)
}

// List returns services by name, after a name, without aliases, and says
// whether there are more.
func (c *Catalog) List(ctx context.Context, f Filter, after string, limit int) (out []Service, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("catalog.list", err)
	}
	err = c.db.Read(ctx, func(q db.Querier) (err error) {
		if out, err = list(q, f, after, limit+1); err != nil {
			return err
		}
		all := make([]*Service, len(out))
		for i := range out {
			all[i] = &out[i]
		}
		return c.name(q, all...)
	})
	if len(out) > limit {
		out, more = out[:limit], true
	}
	return out, more, errs.Wrap("catalog.list", err)
}

// Search returns names of services whose name or an alias begins with the
// text, for jumping to one.
func (c *Catalog) Search(ctx context.Context, text string, limit int) (names []string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("catalog.search", err)
	}
	if text = word(text); text == "" {
		return nil, nil
	}
	err = c.db.Read(ctx, func(q db.Querier) error {
		found, err := search(q, text, limit*2)
		seen := map[string]bool{}
		names = names[:0]
		for _, n := range found {
			if !seen[n] && len(names) < limit {
				seen[n], names = true, append(names, n)
			}
		}
		return err
	})
	return names, errs.Wrap("catalog.search", err)
}

// Create adds a service; Conflict if its name or an alias means another one.
func (c *Catalog) Create(ctx context.Context, name string, e Edit) (s Service, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = checkName(name)
	}
	if err == nil {
		err = e.normalise(name)
	}
	if err != nil {
		return Service{}, errs.Wrap("catalog.create", err)
	}
	err = c.db.Write(ctx, who, "service added", func(tx *db.Tx) (err error) {
		if s, err = c.create(tx, name, e, nil); err != nil {
			return err
		}
		return c.name(tx, &s)
	})
	return s, errs.Wrap("catalog.create", err)
}

// Edit replaces what can be set about a service; Conflict when version is not
// the present one, the lifecycle cannot move so, or it is managed in git.
func (c *Catalog) Edit(ctx context.Context, name string, version int64, e Edit) (s Service, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = e.normalise(name)
	}
	if err != nil {
		return Service{}, errs.Wrap("catalog.edit", err)
	}
	err = c.db.Write(ctx, who, "service edited", func(tx *db.Tx) error {
		old, err := read(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		if old.Version != version {
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", old.Version, version).On(old.Ref().String())
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		if s, _, err = c.change(tx, old, e, nil); err != nil {
			return err
		}
		return c.name(tx, &s)
	})
	return s, errs.Wrap("catalog.edit", err)
}

// Retire takes a service out of use; it stays readable, because incidents
// name it. Retiring a retired one changes nothing.
func (c *Catalog) Retire(ctx context.Context, name string) (s Service, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Service{}, errs.Wrap("catalog.retire", err)
	}
	err = c.db.Write(ctx, who, "service retired", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Service, name)); err != nil {
			return err
		}
		if s, err = c.retire(tx, name); err != nil {
			return err
		}
		return c.name(tx, &s)
	})
	return s, errs.Wrap("catalog.retire", err)
}

func (c *Catalog) retire(tx *db.Tx, name string) (Service, error) {
	old, err := read(tx, name, tx.ForUpdate())
	if err != nil || old.Lifecycle == Retired {
		return old, err
	}
	e := old.Edit()
	e.Lifecycle = Retired
	s, _, err := c.change(tx, old, e, nil)
	return s, err
}
