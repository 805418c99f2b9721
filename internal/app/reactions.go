package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// react is the list of who reacts to what. Each reaction runs inside the
// transaction of its cause, on rows only.
func (a *App) react() {
	a.Alerts.React = a.Incidents.OnAlerts // alerts open, join, raise and resolve incidents
	a.Alerts.Attached = a.noteAttached    // a person put alerts into an incident
	a.Alerts.Kick = a.jobs.Kick           // a new timer wakes the runner
	a.Incidents.On(a.tellPeople)          // incidents tell people
	a.Incidents.On(a.wakeClocks)          // a new deadline wakes the runner

	notify.Expect(a.Notify, "incidents", a.expectedPages) // what incidents should have sent is compared with the outbox
	notify.Expect(a.Notify, "ladders", a.Escalation.Expected)

	// A calendar that teams use stays.
	a.Calendars.InUse = func(q db.Querier, name string) (out []ref.Ref, err error) {
		specs, err := auth.ListTeamSpecs(q)
		for team, s := range specs {
			if s.Calendar == name {
				out = append(out, ref.S(ref.Team, team))
			}
		}
		if err != nil {
			return nil, err
		}
		windows, err := window.UsesCalendar(q, name)
		return append(out, windows...), err
	}
	a.People.KnownCalendar = func(q db.Querier, name string) (bool, error) {
		_, err := a.Calendars.ByName(q, name)
		return exists(err)
	}
	a.wireCatalog() // whom services name, and how they are measured
	a.wireContact() // how people are reached
	a.wireOnCall()  // schedules, teams and people
	a.reactToChanges()
	// A team that owns services stays.
	a.People.Reactions.TeamRemoved = append(a.People.Reactions.TeamRemoved, catalog.TeamRemoved)
}

// noteAttached writes into an incident's timeline that a person linked alerts.
func (a *App) noteAttached(tx *db.Tx, id int64, list []alert.Firing) error {
	names := make([]string, 0, 3)
	for _, f := range list[:min(3, len(list))] {
		names = append(names, f.Summary)
	}
	text := strings.Join(names, ", ")
	if more := len(list) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return a.Incidents.Append(tx, id, incident.Entry{Kind: incident.EntryAlert, Person: tx.Actor.Person, Text: text})
}

func (a *App) wakeClocks(tx *db.Tx, _ incident.Event) error {
	tx.After(func() { a.jobs.Kick(incident.DueName) })
	return nil
}

// tellPeople turns an incident's event into messages, as its wording says.
func (a *App) tellPeople(tx *db.Tx, e incident.Event) error {
	stands, err := a.ladder(tx, e)
	if err != nil {
		return err
	}
	m := e.Message()
	if m.To.Nobody() {
		return nil
	}
	n := notify.Notice{
		Key:    e.Key(),
		Record: ref.N(ref.Incident, e.Incident.ID), Reason: m.Reason, Urgent: m.Urgent, Priority: e.Incident.Priority.String(),
		Title: m.Title, Text: m.Text, Persons: m.To.People, Channels: m.To.Channels,
		Quiet: m.To.When == incident.Quiet, Restricted: e.Incident.Restricted,
	}
	for _, f := range m.Facts {
		n.Facts = append(n.Facts, notify.Fact(f))
	}
	for _, v := range m.Verbs {
		n.Actions = append(n.Actions, notify.Action{Verb: string(v), Label: v.Label()})
	}
	if m.Urgent && stands.Serves {
		n.Actions = append(n.Actions, notify.Action{Verb: "escalate", Label: "Wake the next one"})
	}
	if m.To.Team != "" {
		n.Team = m.To.Team
		if m.To.Members {
			n.TeamRoles = append(n.TeamRoles, "member", "lead")
		}
		if m.To.Manager {
			n.TeamRoles = append(n.TeamRoles, "manager")
		}
		if m.To.Executive {
			n.TeamRoles = append(n.TeamRoles, "executive")
		}
	}
	if len(m.To.Roles) > 0 {
		people, err := peopleOfRoles(tx, m.To.Roles)
		if err != nil {
			return err
		}
		n.Persons = append(n.Persons, people...)
	}
	if !standIn(stands, m, &n) {
		return nil
	}
	return a.Notify.Notify(tx, n)
}

// expectedPages is which pages about incidents the watchdog looks for. It asks
// the incidents' rows, not the events that tellPeople hears of.
func (a *App) expectedPages(q db.Querier, now time.Time) ([]notify.Expected, error) {
	list, err := a.Incidents.Paged(q, now)
	out := make([]notify.Expected, len(list))
	for n, p := range list {
		record := ref.N(ref.Incident, p.ID)
		out[n] = notify.Expected{Key: record.String() + " " + p.What, Record: record, Since: p.At, ByTime: true}
	}
	return out, err
}

// linkVerbs is what a signed link in a message can do.
func (a *App) linkVerbs() map[string]func(ctx context.Context, record ref.Ref) error {
	on := func(do func(ctx context.Context, id int64) error) func(context.Context, ref.Ref) error {
		return func(ctx context.Context, record ref.Ref) error {
			id, err := ref.ID(ref.Incident, record.String())
			if err != nil {
				return err
			}
			return do(ctx, id)
		}
	}
	return map[string]func(context.Context, ref.Ref) error{
		"accept": a.answerVerb(true), "decline": a.answerVerb(false),
		"approve": a.changeVerb(func(ctx context.Context, id int64, commit string) error {
			_, err := a.Changes.Approve(ctx, id, commit, "")
			return err
		}),
		"reject": a.changeVerb(func(ctx context.Context, id int64, _ string) error {
			_, err := a.Changes.Reject(ctx, id, "by the link in the message")
			return err
		}),
		"escalate": on(func(ctx context.Context, id int64) error {
			_, err := a.Escalation.Escalate(ctx, id, "")
			return err
		}),
		string(incident.VerbAcknowledge): on(func(ctx context.Context, id int64) error {
			_, err := a.Incidents.Acknowledge(ctx, id)
			return err
		}),
		string(incident.VerbMitigate): on(func(ctx context.Context, id int64) error {
			_, err := a.Incidents.Mitigate(ctx, id, "", "")
			return err
		}),
	}
}

// describe tells the page behind a link about its record.
func (a *App) describe(ctx context.Context, record ref.Ref) (notify.Subject, error) {
	if record.Kind == ref.Change || record.Kind == ref.Decision {
		return a.describeChange(ctx, record)
	}
	id, err := ref.ID(ref.Incident, record.String())
	if err != nil {
		return notify.Subject{}, err
	}
	i, err := a.Incidents.Get(ctx, id)
	if err != nil {
		return notify.Subject{}, err
	}
	s := notify.Subject{Title: i.Title, State: string(i.State), Restricted: i.Restricted}
	for _, t := range incident.Transitions {
		if t.From == i.State {
			s.Verbs = append(s.Verbs, string(t.Verb))
		}
	}
	if i.State.Open() {
		s.Verbs = append(s.Verbs, "accept", "decline", "escalate")
	}
	return s, nil
}
