package change

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// juryOf reads what the approvals of a change stand on.
func (s *Service) juryOf(q db.Querier, c Change, now time.Time) (j jury, err error) {
	j = jury{authorPerson: c.AuthorPerson, author: c.Author, services: c.Services}
	if j.askers, err = askers(q, c.ID); err != nil {
		return j, err
	}
	for _, name := range c.Services {
		k, ok, err := s.Catalog.Lookup(q, name)
		if err != nil {
			return j, err
		}
		if ok && k.Team != "" && !slices.Contains(j.owners, k.Team) {
			j.owners = append(j.owners, k.Team)
		}
		if s.Duty == nil {
			continue
		}
		duty, err := s.Duty.OnCallFor(q, name, k.Team, now)
		if fatal(err) {
			return j, err
		}
		j.duty = append(j.duty, duty...) // an error: nobody is known to be on call
	}
	for _, team := range j.owners {
		crew, err := auth.Teammates(q, team)
		if err != nil {
			return j, err
		}
		if !slices.ContainsFunc(crew, func(m auth.Teammate) bool { return m.Role == auth.Manager && m.Enabled }) {
			j.headless = append(j.headless, team)
		}
	}
	p, err := s.settings(q)
	if err != nil {
		return j, err
	}
	j.boardTeams = p.Board.Teams
	for _, handle := range p.Board.People {
		person, err := auth.PersonByHandle(q, handle)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return j, err
		}
		if err == nil {
			j.boardPeople = append(j.boardPeople, person.ID)
		}
	}
	if len(j.boardPeople) == 0 && len(p.Board.People) > 0 {
		j.boardPeople = []int64{-1} // all who were named are gone: that opens the board to nobody else
	}
	return j, nil
}

// approverOf reads who wants to approve; ok is false for somebody who is gone.
func approverOf(q db.Querier, person int64) (a approver, ok bool, err error) {
	p, err := auth.PersonByID(q, person)
	if errs.Is(err, errs.NotFound) {
		return approver{}, false, nil
	}
	if err != nil {
		return approver{}, false, err
	}
	a = approver{Person: p.ID, Handle: p.Handle, Mail: strings.ToLower(p.Email), Teams: map[string]auth.TeamRole{}}
	role := actor.Actor{Role: p.Role}
	a.Responds, a.Manages = p.Enabled() && role.May(actor.Respond), p.Role == actor.Admin || p.Role == actor.Manager
	teams, err := auth.TeamsOf(q, person)
	for _, team := range teams {
		crew, err := auth.Teammates(q, team)
		if err != nil {
			return approver{}, false, err
		}
		for _, m := range crew {
			if m.Person == person {
				a.Teams[team] = m.Role
			}
		}
	}
	return a, p.Enabled(), err
}

// standsFor reads for whom a person may approve now, themselves left out.
// Delegates of delegates are none: who may not approve cannot be made to by
// somebody who may not either.
func standsFor(q db.Querier, person int64, now time.Time) (out []approver, err error) {
	list, err := delegatedTo(q, person, now)
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if !d.active(now) || d.Person == person {
			continue
		}
		a, ok, err := approverOf(q, d.Person)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, a)
		}
	}
	return out, nil
}
