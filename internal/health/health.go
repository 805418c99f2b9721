// Package health measures what on-call does to people, and which alerts are
// worth it.
//
// What is real here. Nothing is counted while it happens: every figure is a
// pure function (Compute) of records that exist anyway, the messages that
// reached people, the incidents of a team and how they were dealt with, the
// alerts in them, and the duties of the team's schedules. So a figure can
// always be traced to its records (Report.Behind, the lists that the pages link
// to), changes when they do, and is the same whoever asks, but for restricted
// incidents: who may not see one does not see it counted, and the monthly
// report counts none.
//
// Definitions. A page is an urgent notice about an incident that reached a
// person: its further legs (a text, a call) belong to the same page, and what
// was gathered in a storm and went as one message is one page. Sleep hours are
// SleepFrom to SleepTo in the person's own zone; an interrupted night is a night
// with at least one page in them, named by the day on which it begins. Weeks
// begin on Monday in the zone of the team's business calendar. Time to
// acknowledge of a team is DOMAIN's: acknowledged − triggered. Time to
// acknowledge of a person runs from the first page that reached them to their
// own acknowledgement, because nobody can answer before they are told.
// Quantiles are nearest rank; a mean never stands without its median and 90th
// percentile. An alert in an incident was acted upon when a person
// acknowledged, mitigated or resolved the incident; it was noise when the
// incident ended without anybody, or was canceled as none.
//
// Invariants:
//   - what is not known is said to be unknown and never counts as zero: weeks
//     before the team existed or older than messages are kept, hours on call
//     before a schedule was last edited, the answer to what is still open;
//   - figures are about load, not about performance: there is no ranking of
//     people by speed.
//
// Guide value: Google, Site Reliability Engineering (2016), chapter 11 "Being
// On-Call": at most two incidents per 12-hour shift, because dealing with one,
// its follow-up included, takes about six hours.
//
// How. Service (service.go) reads the records of a team and computes.
// monthly.go tells the team once a month, on the first working day.
package health

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Sleep hours, local to the person: from 22:00 until 07:00. They contain the
// seven hours that the American Academy of Sleep Medicine recommends as the
// least for adults (2015), with room for people who sleep early or late.
const (
	SleepFrom = 22
	SleepTo   = 7
)

// The guide value and where it comes from.
const (
	GuideIncidents = 2
	GuideShift     = 12 * time.Hour
	GuideSource    = "Google, Site Reliability Engineering (2016), chapter 11: at most two incidents per 12-hour shift"
	GuideLink      = "https://sre.google/sre-book/being-on-call/"
)

// Incident is an incident as far as its load goes.
type Incident struct {
	ID           int64
	Team, Title  string
	Priority     string // "P1"
	State        string
	Triggered    time.Time
	Acknowledged time.Time     // zero: not, so far
	Acknowledge  time.Duration // acknowledged − triggered; -1: not, so far
	By           int64         // who acknowledged; 0: nobody, or a machine
	Acted        bool          // a person acknowledged, mitigated or resolved it
	Over         bool          // resolved or closed
	None         bool          // canceled: it was no incident
	Merged       bool          // its work was done in another one
}

// counts reports whether measures count it (DOMAIN.md: without canceled and
// merged ones).
func (i Incident) counts() bool { return !i.None && !i.Merged }

// Spell is one alert's part in one incident.
type Spell struct {
	Incident               int64
	Rule, Service, Summary string
	Firings                int
	From, Until            time.Time // Until zero: it still fires
}

// Duty is people on call for a time.
type Duty struct {
	People      []int64
	From, Until time.Time
}

// Hours is a team's business calendar.
type Hours interface {
	Zone() *time.Location
	NextOpen(at time.Time) (open time.Time, ok bool)
}

// World is what health asks of other practices; wired by app.
type World interface {
	// Incidents returns a team's incidents triggered in [from, to), and
	// IncidentsBy those with these ids, as far as the actor may see them.
	Incidents(q db.Querier, who actor.Actor, team string, from, to time.Time) ([]Incident, error)
	IncidentsBy(q db.Querier, who actor.Actor, ids []int64) ([]Incident, error)
	// Spells returns the alerts of incidents.
	Spells(q db.Querier, incidents []int64) ([]Spell, error)
	// Duties returns who was on call for a team, cut to [from, to), and since
	// when that is known; to when nothing is.
	Duties(q db.Querier, team string, from, to time.Time) ([]Duty, time.Time, error)
	// Hours returns a team's business calendar.
	Hours(q db.Querier, team string) (Hours, error)
	// Teams returns the names of all teams.
	Teams(q db.Querier) ([]string, error)
}
