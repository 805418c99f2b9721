package auth

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Team returns a team with its members.
func (s *Service) Team(ctx context.Context, name string) (Team, error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return Team{}, errs.Wrap("auth.team", err)
	}
	var t Team
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		if t, err = TeamByName(q, name); err == nil {
			t.ManagedBy, err = s.managedBy(q, t.Ref())
		}
		return err
	})
	for i := range t.Members {
		if !seesEmail(who, Person{ID: t.Members[i].Person}) {
			t.Members[i].Email = ""
		}
	}
	return t, errs.Wrap("auth.team", err)
}

// Teams lists teams by name, without members, and the cursor of the next part
// (empty: no more).
func (s *Service) Teams(ctx context.Context, page Page) ([]Team, string, error) {
	_, err := actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkWords("cursor", page.Cursor)
	}
	if err != nil {
		return nil, "", errs.Wrap("auth.teams", err)
	}
	var list []Team
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		list, err = listTeams(q, page.Cursor, page.limit()+1)
		return err
	})
	next := ""
	if len(list) > page.limit() {
		list = list[:page.limit()]
		next = list[len(list)-1].Name
	}
	return list, next, errs.Wrap("auth.teams", err)
}

// CreateTeam adds a team; Conflict if there is one of this name.
func (s *Service) CreateTeam(ctx context.Context, name string, e TeamEdit) (Team, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = checkName(name)
	}
	if err == nil {
		err = e.normalise(name)
	}
	if err != nil {
		return Team{}, errs.Wrap("auth.create-team", err)
	}
	var t Team
	err = s.write(ctx, who, "team added", func(tx *db.Tx) (err error) {
		t, err = s.createTeam(tx, name, e, nil)
		return err
	})
	return t, errs.Wrap("auth.create-team", err)
}

// UpdateTeam replaces a team's data and members; Conflict when version is not
// the present one or the team is managed in git.
func (s *Service) UpdateTeam(ctx context.Context, name string, version int64, e TeamEdit) (Team, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = e.normalise(name)
	}
	if err != nil {
		return Team{}, errs.Wrap("auth.update-team", err)
	}
	var t Team
	err = s.write(ctx, who, "team edited", func(tx *db.Tx) error {
		old, err := lockTeam(tx, name)
		if err != nil {
			return err
		}
		if version != old.Version {
			return stale(old.Ref(), version, old.Version)
		}
		if err := s.guard(tx, old.Ref()); err != nil {
			return err
		}
		t, _, err = s.changeTeam(tx, old, e, nil)
		return err
	})
	return t, errs.Wrap("auth.update-team", err)
}

// DeleteTeam removes a team; Conflict while it owns something or is managed in git.
func (s *Service) DeleteTeam(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("auth.delete-team", err)
	}
	err = s.write(ctx, who, "team deleted", func(tx *db.Tx) error {
		if err := s.guard(tx, ref.S(ref.Team, name)); err != nil {
			return err
		}
		return s.RemoveTeam(tx, name)
	})
	return errs.Wrap("auth.delete-team", err)
}

// RemoveTeam deletes a team inside a transaction, with evidence; NotFound if
// there is none, Conflict while it owns something.
func (s *Service) RemoveTeam(tx *db.Tx, name string) error {
	t, err := lockTeam(tx, name)
	if err != nil {
		return err
	}
	for _, react := range s.Reactions.TeamRemoved {
		if err := react(tx, name); err != nil {
			return err
		}
	}
	if err := deleteTeam(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "team.delete", Record: t.Ref(), Version: t.Version, Before: t.digest()})
	tx.After(s.cache.drop)
	return nil
}

func (s *Service) createTeam(tx *db.Tx, name string, e TeamEdit, fact any) (Team, error) {
	t := Team{Name: name, Version: 1, Created: tx.Now, Updated: tx.Now}
	members, err := s.resolve(tx, t, e)
	if err != nil {
		return Team{}, err
	}
	e.into(&t, members)
	if err := insertTeam(tx, t); err != nil {
		return Team{}, err
	}
	if err := setMembers(tx, t); err != nil {
		return Team{}, err
	}
	tx.Record(evidence.Entry{Action: "team.create", Record: t.Ref(), Version: t.Version, After: t.digest(), Data: fact})
	return t, nil
}

// changeTeam makes a locked team equal to a normalised edit, and reports
// whether that changed it.
func (s *Service) changeTeam(tx *db.Tx, old Team, e TeamEdit, fact any) (Team, bool, error) {
	members, err := s.resolve(tx, old, e)
	if err != nil {
		return Team{}, false, err
	}
	t := old
	e.into(&t, members)
	if t.digest() == old.digest() {
		return old, false, nil
	}
	t.Version, t.Updated = old.Version+1, tx.Now
	if err := updateTeam(tx, t); err != nil {
		return Team{}, false, err
	}
	if err := setMembers(tx, t); err != nil {
		return Team{}, false, err
	}
	tx.Record(evidence.Entry{Action: "team.update", Record: t.Ref(), Version: t.Version, Before: old.digest(), After: t.digest(), Data: fact})
	return t, true, nil
}

func (e TeamEdit) into(t *Team, members []Member) {
	t.Title, t.Description, t.Calendar, t.WarRoom, t.Members = e.Title, e.Description, e.Calendar, e.WarRoom, members
}

// resolve finds the people and the calendar of an edit, reporting everything
// that is not there. A calendar that the team has already is not asked for.
func (s *Service) resolve(q db.Querier, old Team, edit TeamEdit) ([]Member, error) {
	var f errs.Fields
	if edit.Calendar != "" && edit.Calendar != old.Calendar && s.KnownCalendar != nil {
		known, err := s.KnownCalendar(q, edit.Calendar)
		if err != nil {
			return nil, err
		}
		if !known {
			f.Add("calendar", edit.Calendar, "there is no such business calendar; name one that exists or add it first")
		}
	}
	members := make([]Member, 0, len(edit.Members))
	seen := map[int64]bool{}
	for i, e := range edit.Members {
		p, err := personByKey(q, e.Person)
		switch {
		case errs.Is(err, errs.NotFound) || err == nil && !p.Erased.IsZero():
			f.Add(fmt.Sprintf("members[%d].person", i), e.Person, "there is no such person; add them first, or correct the handle")
		case err != nil:
			return nil, err
		case seen[p.ID]:
			f.Add(fmt.Sprintf("members[%d].person", i), e.Person, "is in the list twice; a person has one role in a team")
		default:
			seen[p.ID] = true
			members = append(members, Member{Person: p.ID, Role: e.Role, Handle: p.Handle, Display: p.Display, Email: p.Email})
		}
	}
	sortMembers(members)
	return members, f.Err()
}

// leaveTeams takes a person out of all teams, with evidence for each.
func (s *Service) leaveTeams(tx *db.Tx, person int64) error {
	names, err := TeamsOf(tx, person)
	if err != nil {
		return err
	}
	for _, name := range names {
		t, err := lockTeam(tx, name)
		if err != nil {
			return err
		}
		edit := TeamEdit{t.Title, t.Description, t.Calendar, t.WarRoom, nil}
		for _, m := range t.Members {
			if m.Person != person {
				edit.Members = append(edit.Members, MemberEdit{ref.N(ref.Person, m.Person).String(), m.Role})
			}
		}
		if _, _, err := s.changeTeam(tx, t, edit, nil); err != nil {
			return err
		}
	}
	return nil
}
