package catalog

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// People is what the catalog asks of those who know people.
type People interface {
	// PersonOf returns the person with a handle; ok is false when there is
	// none who may sign in.
	PersonOf(q db.Querier, handle string) (id int64, ok bool, err error)
	// Handles returns people's handles; who is gone is absent.
	Handles(q db.Querier, ids []int64) (map[int64]string, error)
}

const teamPrefix = "team:"

// hold turns handles into numbers, because handles change and are erased, and
// refuses people and teams that do not exist. Whom the service names already
// may stay, also when they cannot sign in any more.
func (c *Catalog) hold(tx *db.Tx, p *Portfolio, was Portfolio, bad *errs.Fields) error {
	before, err := c.handles(tx, was)
	if err != nil {
		return err
	}
	for i := range p.Raci {
		p.Raci[i].parties(func(field string, party *string) {
			if err == nil && *party != "" {
				err = c.holdOne(tx, party, before, fmt.Sprintf("raci[%d].%s", i, field), bad)
			}
		})
	}
	return err
}

// handles are the people whom a held portfolio names, by handle.
func (c *Catalog) handles(q db.Querier, p Portfolio) (map[string]int64, error) {
	var ids []int64
	for i := range p.Raci {
		p.Raci[i].parties(func(_ string, party *string) {
			if id, ok := held(*party); ok {
				ids = append(ids, id)
			}
		})
	}
	if len(ids) == 0 || c.People == nil {
		return nil, nil //nolint:nilnil // nobody
	}
	names, err := c.People.Handles(q, ids)
	out := make(map[string]int64, len(names))
	for id, h := range names {
		out[h] = id
	}
	return out, err
}

// held reads a person's number as the database holds it.
func held(party string) (int64, bool) {
	if !strings.HasPrefix(party, string(ref.Person)+"-") {
		return 0, false
	}
	id, err := ref.ID(ref.Person, party)
	return id, err == nil
}

func (c *Catalog) holdOne(tx *db.Tx, party *string, before map[string]int64, at string, bad *errs.Fields) error {
	if team, ok := strings.CutPrefix(*party, teamPrefix); ok {
		known, err := c.teams.TeamExists(tx, team)
		if err == nil && !known {
			bad.Add(at, *party, "there is no such team; name one that exists, or a person by handle")
		}
		return err
	}
	if id, ok := before[*party]; ok {
		*party = ref.N(ref.Person, id).String()
		return nil
	}
	if id, ok := held(*party); ok {
		*party = ref.N(ref.Person, id).String() // as it was shown for somebody who is gone
		return nil
	}
	if c.People != nil {
		id, ok, err := c.People.PersonOf(tx, *party)
		if err != nil {
			return err
		}
		if ok {
			*party = ref.N(ref.Person, id).String()
			return nil
		}
	}
	bad.Add(at, *party, "there is nobody with this handle; name a person by handle, or a team as team:name")
	return nil
}

// name turns the numbers of people into handles. Who is gone stays a number.
func (c *Catalog) name(q db.Querier, list ...*Service) error {
	var ids []int64
	each := func(visit func(party *string, id int64)) {
		for _, s := range list {
			for i := range s.Raci {
				s.Raci[i].parties(func(_ string, party *string) {
					if id, ok := held(*party); ok {
						visit(party, id)
					}
				})
			}
		}
	}
	each(func(_ *string, id int64) { ids = append(ids, id) })
	if len(ids) == 0 || c.People == nil {
		return nil
	}
	for _, s := range list { // what a reaction or the cache holds stays as it is
		s.Portfolio = s.Portfolio.clone()
	}
	names, err := c.People.Handles(q, ids)
	each(func(party *string, id int64) {
		if h := names[id]; h != "" {
			*party = h
		}
	})
	return err
}
