package app

import (
	"fmt"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/watchdog"
)

// openWatchdog makes the watchdog and the heartbeat that depends on it.
func (a *App) openWatchdog() {
	a.Watchdog = watchdog.New(a.db, ownIncidents{a}, a.checks()...)
	a.Watchdog.Grace, a.Watchdog.Hidden = time.Minute, neighbours{a}.Hidden
	if a.cfg.Heartbeat != "" {
		a.beat = &watchdog.Beat{URL: a.cfg.Heartbeat, Every: a.cfg.HeartbeatEvery, Client: &http.Client{Timeout: 15 * time.Second}, Log: a.log}
	}
}

// checks are the questions the watchdog asks of the records.
func (a *App) checks() []watchdog.Check {
	return []watchdog.Check{
		{Name: "messages", Look: a.lateMessages},
		{Name: "unreached people", Look: a.unreached},
		{Name: "due work", Look: a.lateWork},
	}
}

// lateMessages are messages past their promise, and those that the records
// call for and the outbox does not hold.
func (a *App) lateMessages(q db.Querier, now time.Time) (out []watchdog.Finding, err error) {
	w, err := a.Notify.Look(q, now)
	if err != nil {
		return nil, err
	}
	for _, d := range w.Overdue {
		if d.Urgent { // others may wait for a quiet hour of a busy channel
			out = append(out, watchdog.Finding{Record: d.Record, Since: d.PromisedAt, Text: fmt.Sprintf("message %s is not out", ref.N(ref.Message, d.ID))})
		}
	}
	for _, e := range w.Missing {
		out = append(out, watchdog.Finding{Record: e.Record, Since: e.Since, Text: "nobody was told: " + e.Key})
	}
	return out, nil
}

// unreached are urgent notices about open incidents of which every message
// died.
func (a *App) unreached(q db.Querier, now time.Time) (out []watchdog.Finding, err error) {
	list, err := a.Notify.Unreached(q, now.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	own, err := a.Watchdog.Last(q)
	if err != nil {
		return nil, err
	}
	for _, u := range list {
		id, err := ref.ID(ref.Incident, u.Record.String())
		if err != nil || id == own.Incident { // that nobody heard of this one must not keep it open for ever
			continue
		}
		open, err := a.Incidents.Open(q, id)
		if err != nil {
			return nil, err
		}
		if open {
			out = append(out, watchdog.Finding{Record: u.Record, Since: u.Since, Text: "no message reached anybody: " + u.Reason})
		}
	}
	return out, nil
}

// lateWork is due work that nobody did for a minute. The deadlines are read
// from the records anew, not from what the runner remembers.
func (a *App) lateWork(q db.Querier, now time.Time) (out []watchdog.Finding, err error) {
	for _, s := range a.jobs.Sources() {
		if s.Name == watchdog.SourceName {
			continue
		}
		next, err := s.Next(q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		if !next.IsZero() && now.Sub(next) > time.Minute {
			out = append(out, watchdog.Finding{Since: next, Text: "due work of " + s.Name + " is not done"})
		}
	}
	return out, nil
}

// ownIncidents opens incidents on Evenkeel itself and tells the admins, who
// run it, besides whoever hears of incidents anyway.
type ownIncidents struct{ a *App }

func (o ownIncidents) OpenOwn(tx *db.Tx, title, text string) (int64, error) {
	i, err := o.a.Incidents.OpenOwn(tx, title, text)
	if err != nil {
		return 0, err
	}
	admins, err := auth.PeopleOfRoles(tx, []string{"admin"})
	if err != nil {
		return 0, err
	}
	return i.ID, o.a.Notify.Notify(tx, notify.Notice{Key: "watchdog " + i.Key(), Record: ref.N(ref.Incident, i.ID), Reason: "watchdog", Urgent: true,
		Title: i.Key() + " " + title, Text: text, Persons: admins,
		Actions: []notify.Action{{Verb: string(incident.VerbAcknowledge), Label: "Acknowledge"}}})
}

func (o ownIncidents) OpenStill(q db.Querier, id int64) (bool, error) {
	return o.a.Incidents.Open(q, id)
}

func (o ownIncidents) NoteOwn(tx *db.Tx, id int64, text string) error {
	return o.a.Incidents.NoteOwn(tx, id, text)
}

func (o ownIncidents) EndOwn(tx *db.Tx, id int64, text string) error {
	return o.a.Incidents.EndOwn(tx, id, text)
}
