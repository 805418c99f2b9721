package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/health/healthweb"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// openHealth makes the measures of on-call.
func (a *App) openHealth() {
	a.Health = health.New(a.db, healthWorld{a})
	a.Health.Kept = time.Duration(a.cfg.KeepDays) * 24 * time.Hour
	a.Health.URL = a.cfg.PublicURL
	a.Health.Notify = a.Notify.Notify
	a.OnCall.Pages = a.Health.Pages // beside who carried how much of a schedule
}

// healthPages are the pages of on-call health.
func (a *App) healthPages() *healthweb.Pages {
	return &healthweb.Pages{
		Shell: a.shell, Health: a.Health, Tabs: onCallTabs,
		Teams: a.teamOptions,
		Mine: func(ctx context.Context) (team string, err error) {
			who, ok := actor.From(ctx)
			if !ok || who.Person == 0 {
				return "", nil
			}
			err = a.db.Read(ctx, func(q db.Querier) error {
				list, err := auth.TeamsOf(q, who.Person)
				if len(list) > 0 {
					team = list[0]
				}
				return err
			})
			return team, err
		},
	}
}

// healthWorld answers what health asks of others.
type healthWorld struct{ a *App }

func handled(list []incident.Handled, err error) ([]health.Incident, error) {
	out := make([]health.Incident, len(list))
	for n, h := range list {
		out[n] = health.Incident{
			ID: h.ID, Team: h.Team, Title: h.Title, Priority: h.Priority.String(), State: string(h.State),
			Triggered: h.TriggeredAt, Acknowledged: h.AcknowledgeAt, Acknowledge: h.Measures.Acknowledge, By: h.Acknowledged, Acted: h.ActedUpon,
			Over: h.State == incident.Resolved || h.State == incident.Closed, None: h.State == incident.Canceled, Merged: h.State == incident.Merged,
		}
	}
	return out, err
}

// Incidents are a team's.
func (w healthWorld) Incidents(q db.Querier, who actor.Actor, team string, from, to time.Time) ([]health.Incident, error) {
	return handled(w.a.Incidents.HandledOf(q, who, team, from, to))
}

// IncidentsBy are incidents by their ids.
func (w healthWorld) IncidentsBy(q db.Querier, who actor.Actor, ids []int64) ([]health.Incident, error) {
	return handled(w.a.Incidents.HandledBy(q, who, ids))
}

// Spells are the alerts of incidents.
func (w healthWorld) Spells(q db.Querier, incidents []int64) ([]health.Spell, error) {
	list, err := w.a.Alerts.Spells(q, incidents)
	out := make([]health.Spell, len(list))
	for n, s := range list {
		out[n] = health.Spell(s)
	}
	return out, err
}

// Duties are who was on call for a team.
func (w healthWorld) Duties(q db.Querier, team string, from, to time.Time) ([]health.Duty, time.Time, error) {
	list, since, err := w.a.OnCall.TeamDuties(q, team, from, to)
	out := make([]health.Duty, len(list))
	for n, s := range list {
		out[n] = health.Duty{People: s.People, From: s.From, Until: s.Until}
	}
	return out, since, err
}

// Hours is a team's business calendar.
func (w healthWorld) Hours(q db.Querier, team string) (health.Hours, error) {
	return neighbours(w).calendarOf(q, team)
}

// Teams are the names of all teams.
func (w healthWorld) Teams(q db.Querier) ([]string, error) {
	specs, err := auth.ListTeamSpecs(q)
	return slices.Sorted(maps.Keys(specs)), err
}
