package catalog

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// These lookups are for other practices, inside their transactions; they check
// no permission.

// ByName returns the service that a name or alias means, in any case, with
// its aliases; NotFound if there is none.
func ByName(q db.Querier, nameOrAlias string) (Service, error) {
	name, err := meaning(q, word(nameOrAlias))
	if err != nil {
		return Service{}, err
	}
	if name == "" {
		return Service{}, notFound(nameOrAlias)
	}
	return read(q, name, "")
}

// Known is what others need to know of a service all the time.
type Known struct {
	Name      string // the service's own name, also when an alias was asked for
	Team      string
	Tier      int
	Lifecycle Lifecycle
}

// Lookup returns what a name or alias means; ok is false when it means
// nothing. Answers come from memory where possible and are at most about a
// second behind an edit made on another replica.
func (c *Catalog) Lookup(q db.Querier, nameOrAlias string) (k Known, ok bool, err error) {
	w := word(nameOrAlias)
	if w == "" {
		return Known{}, false, nil
	}
	if k, hit := c.cache.get(w); hit {
		if _, writing := q.(*db.Tx); k.Name != "" || !writing {
			return k, k.Name != "", nil
		}
		// the transaction may have added it
	}
	generation := c.cache.generation()
	s, err := ByName(q, w)
	switch {
	case err == nil:
		k = Known{s.Name, s.Team, s.Tier, s.Lifecycle}
	case !errs.Is(err, errs.NotFound):
		return Known{}, false, err
	}
	keep := func() { c.cache.put(w, k, generation) }
	if tx, ok := q.(*db.Tx); ok {
		tx.After(keep) // what a transaction sees is true only once it commits
	} else {
		keep()
	}
	return k, k.Name != "", nil
}

// ServiceOf returns owner team and tier of a service by name or alias; ok is
// false when there is none.
func (c *Catalog) ServiceOf(q db.Querier, name string) (team string, tier int, ok bool, err error) {
	k, ok, err := c.Lookup(q, name)
	return k.Team, k.Tier, ok, err
}

// KnowsService reports whether a name or alias means a service.
func (c *Catalog) KnowsService(q db.Querier, name string) (bool, error) {
	_, ok, err := c.Lookup(q, name)
	return ok, err
}

// TeamRemoved refuses the removal of a team that owns a service; wired to the
// team's removal.
func TeamRemoved(tx *db.Tx, team string) error {
	name, err := ownedBy(tx, team)
	if err != nil || name == "" {
		return err
	}
	return errs.E(errs.Conflict, "it owns the service %s; give that another owner first", name).On(ref.S(ref.Team, team).String())
}

// DigestOf returns the digest of a service as it is now, for comparing it with
// the last evidence entry; "" if there is none.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	s, err := read(q, r.Key, "")
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return s.digest(), nil
}

// facts is what evidence of an apply says beside the digests.
func facts(commit string) any {
	if commit == "" {
		return nil
	}
	return map[string]string{"commit": commit}
}
