package change

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// mostSummoned bounds the people who are told that a change waits for one of
// them: whoever else may approve finds it on the page.
const mostSummoned = 30

// Summoned returns the people who may give one of the approvals that a change
// waits for, as far as they are asked by name: whoever is on call, the board,
// owners, managers, members of a team, with their delegates. For a peer, who
// may be anybody, it is the owners. It checks no permission: reactions use it.
func (s *Service) Summoned(q db.Querier, c Change, now time.Time) ([]int64, error) {
	list, err := approvalsOf(q, c.ID)
	if err != nil {
		return nil, err
	}
	j, err := s.juryOf(q, c, now)
	if err != nil {
		return nil, err
	}
	var people []int64
	for _, a := range list {
		if a.State == Waiting {
			some, err := j.crew(q, a.Who)
			if err != nil {
				return nil, err
			}
			people = append(people, some...)
		}
	}
	slices.Sort(people)
	var out []int64
	for _, id := range slices.Compact(people) {
		p, err := auth.PersonByID(q, id)
		if err != nil || !p.Enabled() {
			continue // gone: nobody to tell
		}
		as, _, err := s.MayApprove(q, c, actor.Actor{Kind: actor.User, ID: id, Person: id, Role: p.Role}, now)
		if err != nil {
			return nil, err
		}
		if len(as) > 0 && len(out) < mostSummoned {
			out = append(out, id)
		}
	}
	return out, nil
}

// crew are the people behind a reviewer's name.
func (j jury) crew(q db.Querier, who string) (out []int64, err error) {
	teams := j.owners
	roles := []auth.TeamRole{auth.Lead, auth.Plain}
	switch {
	case who == policy.OnCall && len(j.duty) > 0:
		return j.duty, nil
	case who == policy.Board:
		if out, teams = j.boardPeople, j.boardTeams; len(out)+len(teams) == 0 {
			teams, roles = j.owners, []auth.TeamRole{auth.Manager} // nobody was named: managers decide
		}
	case who == policy.Manager:
		roles = []auth.TeamRole{auth.Manager}
	case strings.HasPrefix(who, policy.Team):
		teams = []string{strings.TrimPrefix(who, policy.Team)}
	}
	for _, team := range teams {
		crew, err := auth.Teammates(q, team)
		if err != nil {
			return nil, err
		}
		for _, m := range crew {
			if m.Enabled && slices.Contains(roles, m.Role) {
				out = append(out, m.Person)
			}
		}
	}
	return out, nil
}
