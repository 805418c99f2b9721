package incident

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Limits of what people write, in bytes.
const (
	MaxTitle = 200
	MaxText  = 20000
)

// Declare opens an incident that a person reports. A title is enough: impact
// and urgency are medium, the team is the service's owner. Errors: Invalid.
func (s *Service) Declare(ctx context.Context, d Declaration) (Incident, error) {
	r, err := s.DeclareRow(ctx, d)
	return r.Incident, err
}

// DeclareRow is Declare with clocks and names, read in the same transaction.
func (s *Service) DeclareRow(ctx context.Context, d Declaration) (out Row, err error) {
	who, err := actor.Require(ctx, actor.Report)
	if err != nil {
		return out, err
	}
	if err := d.check(); err != nil {
		return out, errs.Wrap("incident.declare", err)
	}
	err = s.DB.Write(ctx, who, "incident declared", func(tx *db.Tx) error {
		c, err := s.draft(tx, who, d)
		if err != nil {
			return err
		}
		if err := s.open(tx, []*change{c}); err != nil {
			return err
		}
		if err := addPeople(tx, c.Incident, who.Person); err != nil {
			return err
		}
		if c.Restricted {
			if err := addViewers(tx, c.ID, named(c.Incident, *d.Restrict)); err != nil {
				return err
			}
		}
		if err := c.react(); err != nil {
			return err
		}
		rows, err := s.rows(tx, []Incident{c.Incident}, tx.Now)
		if err == nil {
			out = rows[0]
		}
		return err
	})
	return out, errs.Wrap("incident.declare", err)
}

func (d *Declaration) check() error {
	var bad errs.Fields
	d.Title = strings.Join(strings.Fields(d.Title), " ")
	checkText("title", d.Title, 1, MaxTitle, &bad)
	checkText("summary", d.Summary, 0, MaxText, &bad)
	checkName("service", d.Service, &bad)
	checkName("team", d.Team, &bad)
	checkLevels(d.Impact, d.Urgency, &bad)
	checkURL("war_room", d.WarRoom, &bad)
	if d.Restrict != nil {
		checkRoles(*d.Restrict, &bad)
	}
	if !d.StartedAt.IsZero() && (d.StartedAt.Year() < 1980 || d.StartedAt.Year() > 9000) {
		bad.Add("started_at", d.StartedAt.Format(time.RFC3339), "give the time when it began, or leave it out")
	}
	return bad.Err()
}

// draft makes the change that opens a declared incident.
func (s *Service) draft(tx *db.Tx, who actor.Actor, d Declaration) (*change, error) {
	i := Incident{Title: d.Title, Summary: d.Summary, Service: d.Service, Team: d.Team, Impact: d.Impact, Urgency: d.Urgency,
		WarRoom: d.WarRoom, Origin: ByPerson, Reporter: who.Person, StartedAt: d.StartedAt.UTC().Truncate(time.Microsecond), Restricted: d.Restrict != nil}
	if i.StartedAt.After(tx.Now) || d.StartedAt.IsZero() {
		i.StartedAt = tx.Now
	}
	if i.Impact == 0 {
		i.Impact = Medium
	}
	if i.Urgency == 0 {
		i.Urgency = Medium
	}
	if err := s.place(tx, &i); err != nil {
		return nil, err
	}
	if d.Restrict != nil {
		if err := s.checkPeople(tx, *d.Restrict); err != nil {
			return nil, err
		}
		if who.Person == 0 && len(d.Restrict.People) == 0 && len(d.Restrict.Roles) == 0 && who.Kind != actor.System {
			return nil, errs.BadField("restrict", "", "name at least one person or role who may see the incident")
		}
	}
	m, err := s.MatrixFor(tx, i.Team)
	if err != nil {
		return nil, err
	}
	i.Priority, i.PriorityWhy = m.ForPerson(i.Impact, i.Urgency)
	c := s.blank(tx, who, m, i)
	c.say(EntryState, "declared this incident").Detail = fmt.Sprintf("%s: %s", i.Priority, i.PriorityWhy)
	c.tell(Event{Kind: Opened, Page: true})
	return c, nil
}

// place checks service and team and fills in owner and tier.
func (s *Service) place(q db.Querier, i *Incident) error {
	i.Tier = unknownTier
	if i.Service != "" {
		team, tier, ok, err := s.Catalog.ServiceOf(q, i.Service)
		if err != nil {
			return err
		}
		if !ok {
			return errs.BadField("service", i.Service, "name a service of the catalog, or leave it out")
		}
		i.Tier = tier
		if i.Team == "" {
			i.Team = team
		}
		if i.Team == team {
			return nil
		}
	}
	if i.Team == "" {
		return nil
	}
	_, ok, err := s.People.TeamOf(q, i.Team)
	if err == nil && !ok {
		err = errs.BadField("team", i.Team, "name a team that exists, or leave it out")
	}
	return err
}

// unknownTier counts when nobody knows the service.
const unknownTier = 2

// blank makes the change that will open an incident; open gives it its number.
func (s *Service) blank(tx *db.Tx, who actor.Actor, m *Matrix, i Incident) *change {
	i.State, i.Matrix, i.TriggeredAt, i.salt = Triggered, m.ID(), tx.Now, evidence.NewSalt()
	c := &change{s: s, tx: tx, who: who, m: m, fresh: true, Incident: i}
	c.step(Step{Kind: StepTriggered, Priority: i.Priority})
	return c
}

// open numbers new incidents and writes rows, timelines, words and evidence of
// all of them with one statement each. The caller tells the reactions.
func (s *Service) open(tx *db.Tx, list []*change) error {
	ids, err := tx.NextIDs(ref.Incident, len(list))
	if err != nil {
		return err
	}
	rows := make([]Incident, len(list))
	var entries []Entry
	for n, c := range list {
		c.ID = ids[n]
		if err := c.openWarRoom(); err != nil {
			return err
		}
		for k := range c.entries {
			c.entries[k].Incident = c.ID
		}
		if err := c.settle(); err != nil {
			return err
		}
		for k := range c.events { // entries have their numbers and digests now
			c.events[k].Entry = c.entries[0]
		}
		rows[n], entries = c.Incident, append(entries, c.entries...)
		c.record("incident.open")
	}
	if err := insert(tx, rows); err != nil {
		return err
	}
	if err := insertEntries(tx, entries); err != nil {
		return err
	}
	return insertWords(tx, rows)
}

// openWarRoom takes the team's own war room where the priority asks for one.
func (c *change) openWarRoom() error {
	if c.WarRoom != "" || c.Team == "" || c.m.Policy(c.Priority).WarRoom == 0 {
		return nil
	}
	room, ok, err := c.s.People.TeamOf(c.tx, c.Team)
	if err != nil || !ok || room == "" {
		return err
	}
	c.WarRoom = strings.ReplaceAll(room, "{key}", c.Key())
	return nil
}
