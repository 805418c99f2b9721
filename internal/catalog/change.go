package catalog

import (
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Reactions are what others do when a service changes, in its transaction.
type Reactions struct {
	// Changed hears of every service that is added, edited or retired, with
	// the words that mean it: its name first, then its aliases. People stand
	// in the portfolio as USR-17. A reaction that fails undoes the change.
	Changed []func(tx *db.Tx, s Service, words []string) error
}

func (c *Catalog) changed(tx *db.Tx, s Service) error {
	words := append([]string{s.Name}, s.Aliases...)
	for _, react := range c.Reactions.Changed {
		if err := react(tx, s, words); err != nil {
			return err
		}
	}
	return nil
}

// EachService visits all services by name, retired ones too, with their
// aliases: for those who begin to follow the catalog.
func EachService(q db.Querier, visit func(Service) error) error {
	for after := ""; ; {
		part, err := list(q, Filter{Retired: true}, after, 500)
		if err != nil || len(part) == 0 {
			return err
		}
		names := make([]string, len(part))
		for i, s := range part {
			names[i] = s.Name
		}
		words, err := aliasesOf(q, names)
		if err != nil {
			return err
		}
		for _, s := range part {
			after, s.Aliases = s.Name, words[s.Name]
			if err := visit(s); err != nil {
				return err
			}
		}
	}
}

// Need is a dependency and what the catalog knows of it.
type Need struct {
	Dependency
	Service  Known // the service that it means; zero for items and dangling ones
	Dangling bool  // it names a service that the catalog does not have (yet)
}

// Needs says of the dependencies of a service which mean services of the
// catalog. Unknown ones are accepted when they are written, because two
// services may be written in either order, and reported here.
func (c *Catalog) Needs(ctx context.Context, s Service) (out []Need, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("catalog.needs", err)
	}
	err = c.db.Read(ctx, func(q db.Querier) (err error) { out, err = c.NeedsOf(q, s); return err })
	return out, errs.Wrap("catalog.needs", err)
}

// NeedsOf is Needs for others, inside their transactions.
func (c *Catalog) NeedsOf(q db.Querier, s Service) ([]Need, error) {
	out := make([]Need, len(s.DependsOn))
	for i, d := range s.DependsOn {
		out[i].Dependency = d
		if d.Item() && !strings.HasPrefix(d.On, "service:") {
			continue
		}
		k, ok, err := c.Lookup(q, strings.TrimPrefix(d.On, "service:"))
		if err != nil {
			return nil, err
		}
		out[i].Service, out[i].Dangling = k, !ok
	}
	return out, nil
}

// After returns services in use by name, after a name, with their aliases: for
// those who go through all of them.
func After(q db.Querier, name string, limit int) ([]Service, error) {
	out, err := list(q, Filter{}, name, limit)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	names := make([]string, len(out))
	for i, s := range out {
		names[i] = s.Name
	}
	words, err := aliasesOf(q, names)
	for i := range out {
		out[i].Aliases = words[out[i].Name]
	}
	return out, err
}
