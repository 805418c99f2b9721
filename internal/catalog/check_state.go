package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// checkOthers checks what depends on other records and on the day: the team
// exists, no word means another service, nothing was read tomorrow. bad is
// what was found before.
func (c *Catalog) checkOthers(tx *db.Tx, s Service, bad errs.Fields) error {
	s.checkState(tx, &bad)
	ok, err := c.teams.TeamExists(tx, s.Team)
	if err != nil {
		return err
	}
	if !ok {
		bad.Add("team", s.Team, "there is no such team; name one that exists or add it first")
	}
	taken, err := meanings(tx, append([]string{s.Name}, s.Aliases...))
	if err != nil {
		return err
	}
	if owner := taken[s.Name]; owner != "" && owner != s.Name {
		bad.Add("name", s.Name, "this is an alias of the service "+owner+"; use another name, or take it away there")
	}
	for i, a := range s.Aliases {
		if owner := taken[a]; owner != "" && owner != s.Name {
			bad.Add(fmt.Sprintf("aliases[%d]", i), a, "this already means the service "+owner+"; take it away there, or leave it out here")
		}
	}
	return bad.Err()
}

// checkState checks what depends on the service's state and on the day.
func (s Service) checkState(tx *db.Tx, bad *errs.Fields) {
	if over := s.Lifecycle == Deprecated || s.Lifecycle == Retired; !over {
		const remedy = "only a deprecated or retired service has this; set its lifecycle, or leave this out"
		if s.ReplacedBy != "" {
			bad.Add("replaced_by", s.ReplacedBy, remedy)
		}
		if s.Until != "" {
			bad.Add("until", s.Until, remedy)
		}
	}
	tomorrow := tx.Now.AddDate(0, 0, 1).Format(Day) // it is tomorrow already somewhere
	for i, l := range s.Links {
		if l.Checked > tomorrow {
			bad.Add(fmt.Sprintf("links[%d].checked", i), l.Checked, "use the day on which it was last read, not one to come")
		}
	}
	for i, d := range s.DependsOn {
		if slices.Contains(s.Aliases, strings.ToLower(d.On)) {
			bad.Add(fmt.Sprintf("depends_on[%d].on", i), d.On, "this is an alias of the service itself; name something else")
		}
	}
}
