package app

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// neighbours answers what one practice needs to know of another. Each method
// satisfies a small interface that the asking practice declares.
type neighbours struct{ a *App }

// Members are a team's members as the notifier sees them.
func (n neighbours) Members(q db.Querier, team string) ([]notify.Member, error) {
	list, err := auth.Teammates(q, team)
	out := make([]notify.Member, 0, len(list))
	for _, m := range list {
		out = append(out, notify.Member{Person: m.Person, Name: m.Display, Email: m.Email, Role: m.PersonRole, TeamRole: string(m.Role), Disabled: !m.Enabled})
	}
	return out, err
}

// People are people as the notifier sees them.
func (n neighbours) People(q db.Querier, ids []int64) ([]notify.Member, error) {
	people, err := auth.People(q, ids)
	if err != nil {
		return nil, err
	}
	out := make([]notify.Member, 0, len(people))
	for _, id := range ids {
		if p, ok := people[id]; ok {
			out = append(out, notify.Member{Person: p.ID, Name: p.Display, Email: p.Email, Role: p.Role, Disabled: !p.Enabled()})
		}
	}
	return out, nil
}

// Names are display names, for timelines.
func (n neighbours) Names(q db.Querier, ids []int64) (map[int64]string, error) {
	people, err := auth.People(q, ids)
	out := make(map[int64]string, len(people))
	for id, p := range people {
		out[id] = p.Display
	}
	return out, err
}

// TeamExists reports whether there is a team of the name.
func (n neighbours) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamAlone(q, name)
	return exists(err)
}

// KnowsTeam is TeamExists in the alert practice's words.
func (n neighbours) KnowsTeam(q db.Querier, name string) (bool, error) { return n.TeamExists(q, name) }

// KnowsService reports whether there is a service of the name or alias.
func (n neighbours) KnowsService(q db.Querier, name string) (bool, error) {
	return n.a.Catalog.KnowsService(q, name)
}

// PersonOf returns the person with a handle.
func (n neighbours) PersonOf(q db.Querier, handle string) (int64, bool, error) {
	p, err := auth.PersonByHandle(q, handle)
	ok, err := exists(err)
	return p.ID, ok && p.Enabled(), err
}

// TeamOf returns a team's war room.
func (n neighbours) TeamOf(q db.Querier, name string) (warRoom string, ok bool, err error) {
	t, err := auth.TeamAlone(q, name)
	ok, err = exists(err)
	return t.WarRoom, ok, err
}

// PersonExists reports whether the person exists and may sign in.
func (n neighbours) PersonExists(q db.Querier, id int64) (bool, error) {
	p, err := auth.PersonByID(q, id)
	ok, err := exists(err)
	return ok && p.Enabled(), err
}

// HoursOf returns the business hours of a team.
func (n neighbours) HoursOf(q db.Querier, team string) (incident.Hours, error) {
	return n.calendarOf(q, team)
}

// NextOpen is when a team's business hours next include t. A calendar that
// never opens again holds nothing back: better told at night than never.
func (n neighbours) NextOpen(q db.Querier, team string, t time.Time) (time.Time, error) {
	c, err := n.calendarOf(q, team)
	if err != nil {
		return time.Time{}, err
	}
	if open, ok := c.NextOpen(t); ok {
		return open, nil
	}
	return t, nil
}

func (n neighbours) calendarOf(q db.Querier, team string) (*calendar.Calendar, error) {
	name := calendar.Business
	if team != "" {
		t, err := auth.TeamAlone(q, team)
		if ok, err := exists(err); err != nil {
			return nil, err
		} else if ok && t.Calendar != "" {
			name = t.Calendar
		}
	}
	return n.a.Calendars.ByName(q, name)
}

// Hidden returns which of the records the actor may not see; only incidents
// can be restricted.
func (n neighbours) Hidden(ctx context.Context, q db.Querier, records []ref.Ref) (map[ref.Ref]bool, error) {
	who, _ := actor.From(ctx) // nobody sees nothing restricted
	var ids []int64
	for _, r := range records {
		if id, err := ref.ID(ref.Incident, r.String()); err == nil && r.Kind == ref.Incident {
			ids = append(ids, id)
		}
	}
	seen, err := n.a.Incidents.Visible(q, who, ids)
	if err != nil {
		return nil, err
	}
	hidden := map[ref.Ref]bool{}
	for _, id := range ids {
		if _, ok := seen[id]; !ok {
			hidden[ref.N(ref.Incident, id)] = true
		}
	}
	return hidden, nil
}

// SeenIncidents returns which of the incidents the actor may know of, so that
// alerts do not name restricted ones.
func (n neighbours) SeenIncidents(q db.Querier, who actor.Actor, ids []int64) (map[int64]bool, error) {
	seen, err := n.a.Incidents.Visible(q, who, ids)
	out := make(map[int64]bool, len(seen))
	for id := range seen {
		out[id] = true
	}
	return out, err
}

// visible tells the event stream which keys its listener may hear of.
func (a *App) visible(ctx context.Context, records []string) (map[string]bool, error) {
	refs := make([]ref.Ref, 0, len(records))
	for _, s := range records {
		if r, err := ref.Parse(s); err == nil {
			refs = append(refs, r)
		}
	}
	var hidden map[ref.Ref]bool
	err := a.db.Read(ctx, func(q db.Querier) (err error) {
		hidden, err = neighbours{a}.Hidden(ctx, q, refs)
		return err
	})
	out := make(map[string]bool, len(records))
	for _, r := range refs {
		out[r.String()] = !hidden[r]
	}
	return out, err
}

// exists turns NotFound into false.
func exists(err error) (bool, error) {
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// peopleOfRoles finds who a restricted incident is told to by role.
func peopleOfRoles(q db.Querier, roles []string) ([]int64, error) {
	return auth.PeopleOfRoles(q, roles)
}
