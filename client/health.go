package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// OnCallHealth is what on-call does to a team. Nil is unknown.
type OnCallHealth struct {
	Team       string       `json:"team"`
	Title      string       `json:"title"`
	Period     HealthPeriod `json:"period"`
	Zone       string       `json:"zone"`
	KnownSince time.Time    `json:"known_since"` // nothing is known of the time before
	Known      string       `json:"known"`       // all, part, nothing
	Summary    []string     `json:"summary"`

	Pages             *int          `json:"pages"` // about the team's incidents
	PagesPerWeek      *float64      `json:"pages_per_week"`
	SleepPages        *int          `json:"sleep_pages"` // 22:00 to 07:00 where the person is
	InterruptedNights *int          `json:"interrupted_nights"`
	WeekendPages      *int          `json:"weekend_pages"`
	PeopleReached     *int          `json:"people_reached"`
	Incidents         *int          `json:"incidents"`
	Unacknowledged    *int          `json:"unacknowledged"`
	Acknowledge       *HealthSpread `json:"acknowledge"` // acknowledged − triggered
	Guide             HealthGuide   `json:"guide"`
	Trend             HealthTrend   `json:"trend"`
	Weeks             []HealthWeek  `json:"weeks"` // 13
	People            []HealthLoad  `json:"people"`
	HoursSince        *time.Time    `json:"hours_since"`
	Alerts            []HealthAlert `json:"alerts"`
	ActedUpon         HealthShare   `json:"acted_upon"`
}

// HealthPeriod is the time that the figures are about.
type HealthPeriod struct {
	Name  string    `json:"name"`
	Title string    `json:"title"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

// HealthSpread is durations in seconds; quantiles are nearest rank.
type HealthSpread struct {
	Count         int   `json:"count"`
	MeanSeconds   int64 `json:"mean_seconds"`
	MedianSeconds int64 `json:"median_seconds"`
	P90Seconds    int64 `json:"p90_seconds"`
}

// HealthGuide compares with the guide value: at most Incidents in ShiftHours.
type HealthGuide struct {
	Incidents  int    `json:"incidents"`
	ShiftHours int    `json:"shift_hours"`
	Source     string `json:"source"`
	Link       string `json:"link"`
	Most       *int   `json:"most"`
	Over       *int   `json:"over"`
}

// HealthTrend compares the last four whole weeks with those before.
type HealthTrend struct {
	Word        string   `json:"word"` // unknown, steady, rising, falling
	RecentWeek  *float64 `json:"recent_per_week"`
	BeforeWeek  *float64 `json:"before_per_week"`
	BeforeWeeks int      `json:"before_weeks"`
}

// HealthWeek is a week of the team.
type HealthWeek struct {
	From  time.Time `json:"from"`
	Whole bool      `json:"whole"`
	Pages *int      `json:"pages"`
	Sleep *int      `json:"sleep"`
}

// HealthPerson is somebody.
type HealthPerson struct {
	Key    string `json:"key"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
}

// HealthLoad is what on-call did to one person.
type HealthLoad struct {
	Person      HealthPerson  `json:"person"`
	Role        string        `json:"role,omitempty"`
	Zone        string        `json:"zone"`
	Pages       *int          `json:"pages"`
	Elsewhere   *int          `json:"elsewhere"`
	Weeks       []*int        `json:"weeks"`
	Sleep       *int          `json:"sleep"`
	Nights      []string      `json:"nights"`
	Weekend     *int          `json:"weekend"`
	Acknowledge *HealthSpread `json:"acknowledge"` // from their first page to their acknowledgement
	OnCallHours *float64      `json:"on_call_hours"`
	MostInShift *int          `json:"most_in_shift"`
	OverGuide   *int          `json:"over_guide"`
}

// HealthAlert is an alert and whether it was worth it.
type HealthAlert struct {
	Rule           string `json:"rule,omitempty"`
	Service        string `json:"service,omitempty"`
	Summary        string `json:"summary"`
	Firings        int    `json:"firings"`
	Incidents      int    `json:"incidents"`
	Acted          int    `json:"acted"`
	Noise          int    `json:"noise"`
	Open           int    `json:"open"`
	TypicalSeconds *int64 `json:"typical_seconds"`
	Advice         string `json:"advice,omitempty"` // group, raise threshold, close itself, delete
	Do             string `json:"do,omitempty"`
}

// HealthShare is how many alerts in incidents were acted upon.
type HealthShare struct {
	Percent *int `json:"percent"`
	Acted   int  `json:"acted"`
	Of      int  `json:"of"`
}

// OnCallPage is one time that somebody was told urgently.
type OnCallPage struct {
	Message  string       `json:"message"`
	At       time.Time    `json:"at"`
	Person   HealthPerson `json:"person"`
	Incident string       `json:"incident"`
	Title    string       `json:"title"`
	Priority string       `json:"priority"`
	Reason   string       `json:"reason"`
	Own      bool         `json:"own"` // about an incident of the team
	Sleep    bool         `json:"sleep"`
	Night    string       `json:"night,omitempty"`
	Weekend  bool         `json:"weekend"`
}

// OnCallHealth returns the on-call health of a team in a period: a month,
// "2026-10", or weeks up to now, "13w"; empty is 13w.
func (c *Client) OnCallHealth(ctx context.Context, team, period string) (out OnCallHealth, err error) {
	err = c.Get(ctx, "/api/v1/teams/"+url.PathEscape(team)+"/oncall-health"+Query("period", period), &out)
	return out, err
}

// OnCallPages lists the pages that the figures count, the newest first. person
// is a handle or key; only is words that all hold, of own, elsewhere, sleep,
// weekend, night and a date like 2026-10-25; empty is all.
func (c *Client) OnCallPages(ctx context.Context, team, period, person, only, cursor string, limit int) (out List[OnCallPage], err error) {
	err = c.Get(ctx, "/api/v1/teams/"+url.PathEscape(team)+"/oncall-health/pages"+Query("period", period, "person", person, "only", only, "cursor", cursor, "limit", strconv.Itoa(limit)), &out)
	return out, err
}
