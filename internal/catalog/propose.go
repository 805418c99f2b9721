package catalog

import (
	"github.com/evenkeel/evenkeel/internal/db"
)

// Propose adds a service that another practice met and the catalog does not
// have, as proposed, for its team to confirm or to give its alias to another
// one. What a name or alias means already is returned as it is. It checks no
// permission: the caller did. Errors: Invalid for a name that no service can
// have, or a team that does not exist.
func (c *Catalog) Propose(tx *db.Tx, name, team, from string) (Known, error) {
	if k, ok, err := c.Lookup(tx, name); ok || err != nil {
		return k, err
	}
	if err := checkName(name); err != nil {
		return Known{}, err
	}
	e := Edit{Team: team, Tier: DefaultTier, Lifecycle: Proposed}
	if err := e.normalise(name); err != nil {
		return Known{}, err
	}
	s, err := c.create(tx, name, e, map[string]string{"proposed_by": from})
	return Known{s.Name, s.Team, s.Tier, s.Lifecycle}, err
}
