package catalog

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

func (c *Catalog) create(tx *db.Tx, name string, e Edit, fact any) (Service, error) {
	s := Service{Name: name, Version: 1, Created: tx.Now}
	if e.Lifecycle == "" {
		e.Lifecycle = Live
	}
	s.set(e, tx)
	if owner, err := meaning(tx, name); err != nil {
		return Service{}, err
	} else if owner == name {
		return Service{}, errs.E(errs.Conflict, "a service of this name exists already").On(s.Ref().String())
	}
	var bad errs.Fields
	if err := c.hold(tx, &s.Portfolio, Portfolio{}, &bad); err != nil {
		return Service{}, err
	}
	if err := c.checkOthers(tx, s, bad); err != nil {
		return Service{}, err
	}
	if err := insert(tx, s); err != nil {
		return Service{}, err
	}
	tx.Record(evidence.Entry{Action: "service.create", Record: s.Ref(), Version: s.Version, After: s.digest(), Data: fact})
	tx.After(c.cache.drop)
	return s, c.changed(tx, s)
}

// change makes a service equal to an edit and says whether that changed it.
func (c *Catalog) change(tx *db.Tx, old Service, e Edit, fact any) (Service, bool, error) {
	if e.Lifecycle == "" {
		e.Lifecycle = old.Lifecycle
	}
	s := old
	s.set(e, tx)
	var bad errs.Fields
	if err := c.hold(tx, &s.Portfolio, old.Portfolio, &bad); err != nil {
		return Service{}, false, err
	}
	if len(bad) == 0 && s.digest() == old.digest() {
		return old, false, nil
	}
	if !CanMove(old.Lifecycle, s.Lifecycle) {
		return Service{}, false, errs.BadField("lifecycle", string(s.Lifecycle), fmt.Sprintf("from %s it can move to %v", old.Lifecycle, Moves[old.Lifecycle]))
	}
	if err := c.checkOthers(tx, s, bad); err != nil {
		return Service{}, false, err
	}
	s.Version++
	if err := update(tx, s); err != nil {
		return Service{}, false, err
	}
	action := "service.edit"
	if s.Lifecycle != old.Lifecycle {
		action = "service." + string(s.Lifecycle)
	}
	tx.Record(evidence.Entry{Action: action, Record: s.Ref(), Version: s.Version, Before: old.digest(), After: s.digest(), Data: fact})
	tx.After(c.cache.drop)
	return s, true, c.changed(tx, s)
}

func (s *Service) set(e Edit, tx *db.Tx) {
	s.Title, s.Team, s.Tier, s.Lifecycle, s.Promise, s.Links, s.Aliases = e.Title, e.Team, e.Tier, e.Lifecycle, e.Promise, e.Links, e.Aliases
	s.Portfolio = e.Portfolio.clone()
	s.Updated = tx.Now
}
