package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/escalation/escalationweb"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ladderEvents is what ladders hear of. Everything else that pages tells who
// the first step names.
var ladderEvents = map[incident.EventKind]escalation.EventKind{
	incident.Opened:          escalation.Opened,
	incident.PriorityRaised:  escalation.Raised,
	incident.Escalated:       escalation.Raised,
	incident.PriorityLowered: escalation.Lowered,
	incident.WasReopened:     escalation.Reopened,
	incident.Reassigned:      escalation.Reassigned,
	incident.WasAcknowledged: escalation.Acknowledge,
	incident.WasMitigated:    escalation.Over,
	incident.WasResolved:     escalation.Over,
	incident.WasCanceled:     escalation.Over,
	incident.WasMerged:       escalation.Over,
	incident.WasClosed:       escalation.Over,
	incident.AlertJoined:     escalation.PagesAgain,
	incident.ClockBreached:   escalation.PagesAgain,
}

// ladder lets an incident's ladder react to an event.
func (a *App) ladder(tx *db.Tx, e incident.Event) (escalation.Answer, error) {
	kind, ok := ladderEvents[e.Kind]
	if !ok {
		if e.Kind != incident.Changed || e.Incident.Restricted == e.Was.Restricted {
			return escalation.Answer{}, nil
		}
		kind = escalation.Restricted
	}
	return a.Escalation.OnIncident(tx, escalation.Event{Kind: kind, Incident: laddered(e.Incident, e.Policy), Page: e.Page || e.Kind != incident.Opened})
}

// standIn puts those whom the ladder names in the place of the whole team. It
// reports false when nobody is left to tell now.
func standIn(a escalation.Answer, m incident.Message, n *notify.Notice) bool {
	if !a.Serves || !m.To.Members || !m.Urgent {
		return true
	}
	if !a.Waits && a.Nobody() {
		return true // better the whole team than nobody
	}
	n.TeamRoles = slices.DeleteFunc(n.TeamRoles, func(role string) bool { return role == "member" || role == "lead" })
	if len(n.TeamRoles) == 0 {
		n.TeamRoles = []string{"nobody"} // none would mean everybody
	}
	n.Persons, n.Named = append(n.Persons, a.People...), append(n.Named, a.Channels...)
	if a.Waits && len(n.Persons) == 0 && !m.To.Manager && !m.To.Executive {
		n.Urgent = false // only the team's channels hear of it now
		return m.To.Channels
	}
	return true
}

// laddered is an incident as ladders see it.
func laddered(i incident.Incident, p incident.Policy) escalation.Incident {
	out := escalation.Incident{
		ID: i.ID, Key: i.Key(), Title: i.Title, Priority: i.Priority.String(), Team: i.Team, Service: i.Service, State: string(i.State),
		Triggered: i.State == incident.Triggered, Working: i.State == incident.Acknowledged,
		Pages: p.Tell.When == incident.Page && p.Tell.Team, Restricted: i.Restricted, Alerts: i.AlertsFiring, Since: i.TriggeredAt,
	}
	for _, person := range append([]int64{i.OnIt()}, i.Assigned[:]...) {
		if person != 0 && !slices.Contains(out.OnIt, person) {
			out.OnIt = append(out.OnIt, person)
		}
	}
	return out
}

// ladderIncidents answers the escalation practice about incidents.
type ladderIncidents struct{ a *App }

func (x ladderIncidents) of(q db.Querier, i incident.Incident) (escalation.Incident, error) {
	p, err := x.a.Incidents.PolicyOf(q, i)
	return laddered(i, p), err
}

func (x ladderIncidents) Claim(tx *db.Tx, ids []int64) (map[int64]escalation.Incident, error) {
	list, err := x.a.Incidents.Claim(tx, ids)
	out := make(map[int64]escalation.Incident, len(list))
	for id, i := range list {
		if out[id], err = x.of(tx, i); err != nil {
			return nil, err
		}
	}
	return out, err
}

func (x ladderIncidents) Lock(tx *db.Tx, who actor.Actor, id int64) (escalation.Incident, error) {
	i, err := x.a.Incidents.Lock(tx, who, id)
	if err != nil {
		return escalation.Incident{}, err
	}
	return x.of(tx, i)
}

func (x ladderIncidents) Look(q db.Querier, who actor.Actor, id int64) (escalation.Incident, error) {
	i, err := x.a.Incidents.Look(q, who, id)
	if err != nil {
		return escalation.Incident{}, err
	}
	return x.of(q, i)
}

// lineKinds are the timeline's words for what ladders say.
var lineKinds = map[escalation.LineKind]incident.EntryKind{
	escalation.LineTold: incident.EntryMessage, escalation.LineClock: incident.EntryClock,
	escalation.LineRole: incident.EntryRole, escalation.LineState: incident.EntryState,
}

func entryOf(l escalation.Line) incident.Entry {
	return incident.Entry{Kind: lineKinds[l.Kind], Person: l.Person, Subject: l.Subject, Text: l.Text, Detail: l.Detail}
}

// Say reads the incidents again: what happened to them in this transaction may
// have written to their timelines, too.
func (x ladderIncidents) Say(tx *db.Tx, lines map[int64][]escalation.Line) error {
	ids := make([]int64, 0, len(lines))
	entries := make(map[int64][]incident.Entry, len(lines))
	for id, list := range lines {
		ids = append(ids, id)
		for _, l := range list {
			entries[id] = append(entries[id], entryOf(l))
		}
	}
	slices.Sort(ids)
	found, err := x.a.Incidents.Claim(tx, ids)
	if err != nil {
		return err
	}
	list := make([]incident.Incident, 0, len(found))
	for _, id := range ids {
		if i, ok := found[id]; ok {
			list = append(list, i)
		}
	}
	return x.a.Incidents.AppendMany(tx, list, entries)
}

func (x ladderIncidents) Progress(q db.Querier, ids []int64) (map[int64]time.Time, error) {
	return x.a.Incidents.LastActs(q, ids)
}

func (x ladderIncidents) Admit(tx *db.Tx, id, person int64, l escalation.Line) error {
	return x.a.Incidents.Admit(tx, id, person, entryOf(l))
}

func (x ladderIncidents) HandOver(tx *db.Tx, id, person int64, note string) error {
	return x.a.Incidents.HandOver(tx, id, person, note)
}

// Handles are people's handles.
func (n neighbours) Handles(q db.Querier, ids []int64) (map[int64]string, error) {
	people, err := auth.People(q, ids)
	out := make(map[int64]string, len(people))
	for id, p := range people {
		out[id] = p.Handle
	}
	return out, err
}

// Active leaves out who may not sign in.
func (n neighbours) Active(q db.Querier, ids []int64) ([]int64, error) {
	people, err := auth.People(q, ids)
	out := make([]int64, 0, len(ids))
	for _, id := range ids {
		if p, ok := people[id]; ok && p.Enabled() {
			out = append(out, id)
		}
	}
	return out, err
}

// TeamPeople are the active members of a team with one of the roles.
func (n neighbours) TeamPeople(q db.Querier, team string, roles []string) (out []int64, err error) {
	list, err := auth.Teammates(q, team)
	for _, m := range list {
		if m.Enabled && slices.Contains(roles, string(m.Role)) {
			out = append(out, m.Person)
		}
	}
	return out, err
}

// Admins are the people who administer.
func (n neighbours) Admins(q db.Querier) ([]int64, error) {
	return auth.PeopleOfRoles(q, []string{string(actor.Admin)})
}

// ServiceName is the own name of the service that a name or alias means.
func (n neighbours) ServiceName(q db.Querier, name string) (string, error) {
	k, _, err := n.a.Catalog.Lookup(q, name)
	return k.Name, err
}

// KnowsChannel reports whether there is a channel of the name.
func (n neighbours) KnowsChannel(q db.Querier, name string) (bool, error) {
	return notify.KnownChannel(q, name)
}

// OpenAt reports whether a team's business hours include a moment.
func (n neighbours) OpenAt(q db.Querier, team string, t time.Time) (bool, error) {
	c, err := n.calendarOf(q, team)
	return err == nil && c.Open(t), err
}

// openEscalation makes the practice; schedules come from oncall.
func (a *App) openEscalation() {
	a.Escalation = escalation.New(a.db, a.OnCall, neighbours{a}, ladderIncidents{a}, a.Notify)
	a.Escalation.Kick = a.jobs.Kick
	a.Escalation.Paging = func(q db.Querier, team string) (out []string, err error) {
		m, err := a.Incidents.MatrixFor(q, team)
		if err != nil {
			return nil, err
		}
		for _, p := range incident.Priorities {
			if t := m.Policy(p).Tell; t.When == incident.Page && t.Team {
				out = append(out, p.String())
			}
		}
		return out, nil
	}
	a.People.Reactions.TeamRemoved = append(a.People.Reactions.TeamRemoved, func(tx *db.Tx, team string) error { // a team that a policy names stays
		users, err := a.Escalation.UsersOf(tx, ref.S(ref.Team, team))
		if err == nil && len(users) > 0 {
			err = errs.E(errs.Conflict, "the escalation policy %s names it; take it out there first", users[0].Key).On(ref.S(ref.Team, team).String())
		}
		return err
	})
	a.Incidents.Again = func(tx *db.Tx, i incident.Incident) error { // acknowledged once more: the ladder stops again
		p, err := a.Incidents.PolicyOf(tx, i)
		if err != nil {
			return err
		}
		_, err = a.Escalation.OnIncident(tx, escalation.Event{Kind: escalation.Reappears, Incident: laddered(i, p)})
		return err
	}
}

// ladderPages are the pages of policies, and the ladder on incidents' pages.
func (a *App) ladderPages(incidents *incidentweb.Pages) *escalationweb.Pages {
	p := &escalationweb.Pages{Shell: a.shell, Policies: a.Escalation, People: func(ctx context.Context) (out []web.Option, err error) {
		list, err := a.assignable(ctx)
		for _, x := range list {
			out = append(out, web.Option{Value: strings.TrimPrefix(x.Note, "@"), Title: x.Name + ", " + x.Note})
		}
		return out, err
	}}
	incidents.AddPanel(incidentweb.Panel{ID: "ladder", Title: "Who is told", Order: 10, Render: p.Panel})
	return p
}

// answerVerb is what a signed link in a request can do.
func (a *App) answerVerb(accept bool) func(ctx context.Context, record ref.Ref) error {
	return func(ctx context.Context, record ref.Ref) error {
		id, err := ref.ID(ref.Incident, record.String())
		if err == nil {
			_, err = a.Escalation.Answer(ctx, id, accept, "")
		}
		return err
	}
}
