package incident

import (
	"context"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Assign gives a role to a person, or takes it away (person 0). The note of a
// handover stands in the timeline. Errors: Invalid for an unknown role or
// person, NotFound, Conflict when the incident is final.
func (s *Service) Assign(ctx context.Context, id int64, role Role, person int64, note string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	n := slices.Index(Roles, role)
	if n < 0 {
		return Incident{}, errs.Wrap("incident.assign", errs.BadField("role", string(role), "use commander, operations, communications or scribe"))
	}
	if err := checkNote(note); err != nil {
		return Incident{}, errs.Wrap("incident.assign", err)
	}
	return s.write(ctx, who, VerbAssign, id, func(c *change) error {
		if final(c.State) {
			return refused(c.Incident, VerbAssign)
		}
		if c.Assigned[n] == person {
			return nil
		}
		if person != 0 {
			if ok, err := s.People.PersonExists(c.tx, person); err != nil {
				return err
			} else if !ok {
				return errs.BadField("person", fmt.Sprint(person), "name a person who exists and is active")
			}
		}
		before := c.Assigned[n]
		c.Assigned[n] = person
		e := Entry{Kind: EntryRole, Person: who.Person, Subject: person, Detail: note}
		switch {
		case person == 0:
			e.Subject, e.Text = before, fmt.Sprintf("{subject} is no longer %s", role)
		case person == who.Person:
			e.Text = fmt.Sprintf("took the role %s", role)
		case before != 0:
			e.Text = fmt.Sprintf("handed the role %s over to {subject}", role)
		default:
			e.Text = fmt.Sprintf("assigned {subject} as %s", role)
		}
		c.add(e)
		c.fact("role", role)
		c.fact("person", fmt.Sprintf("user:%d", person))
		if person == 0 {
			return nil
		}
		c.tell(Event{Kind: RoleAssigned, Role: role, Person: person})
		return c.admit(person)
	})
}

// Join notes that the actor takes part. Errors: NotFound, Invalid for actors
// that are no person.
func (s *Service) Join(ctx context.Context, id int64) (Incident, error) {
	who, err := actor.Require(ctx, actor.Report)
	if err != nil {
		return Incident{}, err
	}
	if who.Person == 0 {
		return Incident{}, errs.Wrap("incident.join", errs.E(errs.Invalid, "only a person can take part; use a token of a person"))
	}
	return s.write(ctx, who, "join", id, func(c *change) error {
		if in, err := takesPart(c.tx, id, who.Person); err != nil || in {
			return err
		}
		c.say(EntryRole, "joined")
		return c.admit(who.Person)
	})
}

// Leave notes that the actor no longer takes part; roles stay until handed
// over. What a restricted incident showed them stays visible to them: who may
// see it is changed by Restrict.
func (s *Service) Leave(ctx context.Context, id int64) (Incident, error) {
	who, err := actor.Require(ctx, actor.Report)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, "leave", id, func(c *change) error {
		if slices.Contains(c.Assigned[:], who.Person) && who.Person != 0 {
			return errs.E(errs.Conflict, "you hold a role; hand it over first").On(c.Key())
		}
		in, err := dropPerson(c.tx, id, who.Person)
		if err == nil && in {
			c.say(EntryRole, "left")
			if c.OnIt() == who.Person {
				c.step(Step{Kind: StepLeft})
			}
		}
		return err
	})
}

// Reassign gives the incident to another service or team; an empty name keeps
// what is there, and another service brings its owner unless a team is named.
// Each change of hands is counted. Errors: Invalid for unknown names or none
// at all, NotFound, Conflict when it is not open.
func (s *Service) Reassign(ctx context.Context, id int64, service, team, note string) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if service == "" && team == "" {
		return Incident{}, errs.Wrap("incident.reassign", errs.BadField("team", "", "name a team or a service"))
	}
	if err := checkNote(note); err != nil {
		return Incident{}, errs.Wrap("incident.reassign", err)
	}
	return s.write(ctx, who, VerbReassign, id, func(c *change) error {
		if err := mustBeOpen(c.Incident, VerbReassign); err != nil {
			return err
		}
		i := c.Incident
		if service != "" {
			i.Service, i.Team = service, team
		} else {
			i.Team = team
		}
		if err := s.place(c.tx, &i); err != nil {
			return err
		}
		return c.moveTo(i.Service, i.Team, i.Tier, note)
	})
}

// moveTo changes service and team.
func (c *change) moveTo(service, team string, tier int, note string) error {
	if service == c.Service && team == c.Team {
		return nil
	}
	text := "moved this to"
	if service != c.Service {
		text += " service " + orNone(service)
	}
	if team != c.Team {
		if service != c.Service {
			text += ","
		}
		text += " team " + orNone(team)
	}
	c.Service, c.Team, c.Tier = service, team, tier
	c.Reassigned++
	c.edited = true
	c.say(EntryEdit, "%s", text).Detail = note
	c.fact("service", service)
	c.fact("team", team)
	c.tell(Event{Kind: Reassigned})
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Person finds a person by key (USR-2), handle, or "me". Errors: Invalid when
// nobody is called so, or "me" is no person.
func (s *Service) Person(ctx context.Context, text string) (id int64, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return 0, err
	}
	bad := errs.BadField("person", text, "name a person by handle or by key, like USR-2, or write me")
	if text == "me" {
		if who.Person == 0 {
			return 0, errs.Wrap("incident.person", bad)
		}
		return who.Person, nil
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		ok := false
		if n, e := ref.ID(ref.Person, text); e == nil {
			id = n
			ok, err = s.People.PersonExists(q, n)
		} else {
			id, ok, err = s.People.PersonOf(q, text)
		}
		if err == nil && !ok {
			err = bad
		}
		return err
	})
	return id, errs.Wrap("incident.person", err)
}
