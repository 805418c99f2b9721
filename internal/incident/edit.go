package incident

import (
	"context"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Edit changes fields of an incident that the editor saw at a revision.
// Impact or urgency give the priority anew by the matrix, unless the edit
// sets the priority itself. Errors: Invalid, NotFound; Conflict naming both
// revisions when somebody else edited it meanwhile, or when it is final.
func (s *Service) Edit(ctx context.Context, id, revision int64, e Edit) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if err := e.check(); err != nil {
		return Incident{}, errs.Wrap("incident.edit", err)
	}
	return s.write(ctx, who, VerbEdit, id, func(c *change) error {
		if err := c.at(revision); err != nil {
			return err
		}
		if final(c.State) {
			return refused(c.Incident, VerbEdit)
		}
		return c.edit(e)
	})
}

// at refuses an edit of another revision than the present one.
func (c *change) at(revision int64) error {
	if revision == c.Revision {
		return nil
	}
	return errs.E(errs.Conflict, "it was edited meanwhile: you saw revision %d, it is at %d now; look at it again and repeat your change", revision, c.Revision).On(c.Key())
}

func (e *Edit) check() error {
	var bad errs.Fields
	if e.Title != nil {
		*e.Title = strings.Join(strings.Fields(*e.Title), " ")
		checkText("title", *e.Title, 1, MaxTitle, &bad)
	}
	if e.Summary != nil {
		checkText("summary", *e.Summary, 0, MaxText, &bad)
	}
	if e.Service != nil {
		checkName("service", *e.Service, &bad)
	}
	if e.WarRoom != nil {
		checkURL("war_room", *e.WarRoom, &bad)
	}
	checkLevels(deref(e.Impact), deref(e.Urgency), &bad)
	if e.Priority != nil && (*e.Priority < P1 || *e.Priority > P4) {
		bad.Add("priority", fmt.Sprint(int(*e.Priority)), "use P1, P2, P3 or P4")
	}
	return bad.Err()
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (c *change) edit(e Edit) error {
	if e.Title != nil && *e.Title != c.Title {
		was := c.Title
		c.Title, c.edited = *e.Title, true
		c.say(EntryEdit, "changed the title").Detail = "was: " + was
		if err := replaceWords(c.tx, was, c.Incident); err != nil {
			return err
		}
	}
	if e.Summary != nil && *e.Summary != c.Summary {
		c.Summary, c.edited = *e.Summary, true
		c.say(EntryEdit, "changed the summary").Detail = *e.Summary
	}
	if e.WarRoom != nil && *e.WarRoom != c.WarRoom {
		c.WarRoom, c.edited = *e.WarRoom, true
		text := "opened the war room"
		if c.WarRoom == "" {
			text = "closed the war room"
		}
		c.say(EntryEdit, "%s", text).Detail = c.WarRoom
	}
	if e.Service != nil && *e.Service != c.Service {
		i := c.Incident
		i.Service, i.Team = *e.Service, ""
		if i.Service == "" {
			i.Team = c.Team
		}
		if err := c.s.place(c.tx, &i); err != nil {
			return err
		}
		if err := c.moveTo(i.Service, i.Team, i.Tier, ""); err != nil {
			return err
		}
	}
	return c.editPriority(e)
}

func (c *change) editPriority(e Edit) error {
	impact, urgency := deref(e.Impact), deref(e.Urgency)
	to, why := c.Priority, c.PriorityWhy
	if impact != 0 && impact != c.Impact || urgency != 0 && urgency != c.Urgency {
		if impact != 0 {
			c.Impact = impact
		}
		if urgency != 0 {
			c.Urgency = urgency
		}
		c.edited = true
		to, why = c.m.ForPerson(c.Impact, c.Urgency)
		if e.Priority == nil {
			c.say(EntryEdit, "set %s", why)
		}
	}
	if e.Priority != nil && *e.Priority != to {
		to, why = *e.Priority, "set by hand"
	}
	if to == c.Priority {
		return nil
	}
	c.edited = true
	c.prioritise(to, why)
	return nil
}

// prioritise sets another priority: entry, step and event.
func (c *change) prioritise(to Priority, why string) {
	word, event := "raised", PriorityRaised
	if to > c.Priority {
		word, event = "lowered", PriorityLowered
	}
	c.say(EntryPriority, "%s the priority from %s to %s", word, c.Priority, to).Detail = why
	c.Priority, c.PriorityWhy = to, why
	c.edited = true
	if to <= P2 {
		c.Persistent = ""
	}
	c.step(Step{Kind: StepPriority, Priority: to})
	c.tell(Event{Kind: event})
}

// Restrict says who may see the incident; nil makes it visible to all again.
// Who declared it, who has a role, and the actor stay among the viewers.
// Errors: Invalid for unknown people and roles, NotFound, Conflict as Edit.
func (s *Service) Restrict(ctx context.Context, id, revision int64, v *Viewers) (Incident, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Incident{}, err
	}
	if v != nil {
		var bad errs.Fields
		checkRoles(*v, &bad)
		if err := bad.Err(); err != nil {
			return Incident{}, errs.Wrap("incident.restrict", err)
		}
	}
	return s.write(ctx, who, VerbRestrict, id, func(c *change) error {
		if err := c.at(revision); err != nil {
			return err
		}
		if v == nil && !c.Restricted {
			return nil
		}
		c.edited = true
		if v == nil {
			c.Restricted = false
			c.say(EntryEdit, "made this visible to all")
			return setViewers(c.tx, id, Viewers{})
		}
		if err := s.checkPeople(c.tx, *v); err != nil {
			return err
		}
		all := named(c.Incident, *v)
		if who.Person > 0 {
			all = named(Incident{Reporter: who.Person}, all)
		}
		if len(all.People)+len(all.Roles) == 0 {
			return errs.BadField("people", "", "name at least one person or role who may see the incident")
		}
		c.Restricted = true
		c.say(EntryEdit, "restricted who may see this").Detail = fmt.Sprintf("%d people, %d roles", len(all.People), len(all.Roles))
		return setViewers(c.tx, id, all)
	})
}
