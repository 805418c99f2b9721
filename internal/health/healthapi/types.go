package healthapi

import (
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// OnCallHealth is the report of a team.
type OnCallHealth struct {
	Team       string       `json:"team" example:"payments"`
	Title      string       `json:"title"`
	Period     HealthPeriod `json:"period"`
	Zone       string       `json:"zone" doc:"Of the team's weeks"`
	KnownSince time.Time    `json:"known_since" doc:"Nothing is known of the time before"`
	Known      string       `json:"known" enum:"all,part,nothing" doc:"How much of the period is known"`
	Summary    []string     `json:"summary" doc:"The monthly report's lines"`

	Pages             *int          `json:"pages" doc:"About the team's incidents; null: unknown"`
	PagesPerWeek      *float64      `json:"pages_per_week"`
	SleepPages        *int          `json:"sleep_pages" doc:"From 22:00 until 07:00 where the person is"`
	InterruptedNights *int          `json:"interrupted_nights" doc:"Nights with at least one page about the team's incidents, one for each person"`
	WeekendPages      *int          `json:"weekend_pages"`
	PeopleReached     *int          `json:"people_reached"`
	Incidents         *int          `json:"incidents"`
	Unacknowledged    *int          `json:"unacknowledged"`
	Acknowledge       *Spread       `json:"acknowledge" doc:"Acknowledged − triggered; null: unknown"`
	Guide             HealthGuide   `json:"guide"`
	Trend             HealthTrend   `json:"trend"`
	Weeks             []HealthWeek  `json:"weeks" doc:"The 13 weeks up to the end of the period"`
	People            []HealthLoad  `json:"people"`
	HoursSince        *time.Time    `json:"hours_since" doc:"Hours on call are of the time since; null: unknown"`
	Alerts            []HealthAlert `json:"alerts" doc:"By how often they were noise; at most 100"`
	ActedUpon         HealthShare   `json:"acted_upon"`
}

// HealthPeriod is the time that the figures are about.
type HealthPeriod struct {
	Name  string    `json:"name" example:"2026-10"`
	Title string    `json:"title" example:"October 2026"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

// Spread is durations; quantiles are nearest rank.
type Spread struct {
	Count         int   `json:"count"`
	MeanSeconds   int64 `json:"mean_seconds"`
	MedianSeconds int64 `json:"median_seconds"`
	P90Seconds    int64 `json:"p90_seconds"`
}

// HealthGuide compares with the guide value.
type HealthGuide struct {
	Incidents  int    `json:"incidents" doc:"At most so many …"`
	ShiftHours int    `json:"shift_hours" doc:"… in so many hours"`
	Source     string `json:"source"`
	Link       string `json:"link"`
	Most       *int   `json:"most" doc:"The most incidents that one person had in a shift; null: unknown"`
	Over       *int   `json:"over" doc:"How many shifts held more"`
}

// HealthTrend compares the last four whole weeks with those before.
type HealthTrend struct {
	Word        string   `json:"word" enum:"unknown,steady,rising,falling"`
	RecentWeek  *float64 `json:"recent_per_week"`
	BeforeWeek  *float64 `json:"before_per_week"`
	BeforeWeeks int      `json:"before_weeks"`
}

// HealthWeek is a week of the team.
type HealthWeek struct {
	From  time.Time `json:"from"`
	Whole bool      `json:"whole" doc:"All of it is known and over"`
	Pages *int      `json:"pages" doc:"null: unknown"`
	Sleep *int      `json:"sleep"`
}

// HealthPerson is somebody.
type HealthPerson struct {
	Key    string `json:"key" example:"USR-17"`
	Handle string `json:"handle" example:"mara"`
	Name   string `json:"name" example:"Mara Lindt"`
}

// HealthLoad is what on-call did to one person.
type HealthLoad struct {
	Person      HealthPerson `json:"person"`
	Role        string       `json:"role,omitempty" doc:"In the team"`
	Zone        string       `json:"zone"`
	Pages       *int         `json:"pages" doc:"About the team's incidents; null: unknown"`
	Elsewhere   *int         `json:"elsewhere" doc:"About those of other teams"`
	Weeks       []*int       `json:"weeks" doc:"Pages about the team's incidents in the report's weeks"`
	Sleep       *int         `json:"sleep" doc:"Of all their pages"`
	Nights      []string     `json:"nights" doc:"Interrupted ones, by the day on which they began"`
	Weekend     *int         `json:"weekend"`
	Acknowledge *Spread      `json:"acknowledge" doc:"From the first page that reached them to their acknowledgement"`
	OnCallHours *float64     `json:"on_call_hours" doc:"null: unknown"`
	MostInShift *int         `json:"most_in_shift"`
	OverGuide   *int         `json:"over_guide"`
}

// HealthAlert is an alert and whether it was worth it.
type HealthAlert struct {
	Rule           string `json:"rule,omitempty"`
	Service        string `json:"service,omitempty"`
	Summary        string `json:"summary"`
	Firings        int    `json:"firings"`
	Incidents      int    `json:"incidents"`
	Acted          int    `json:"acted" doc:"A person acknowledged, mitigated or resolved the incident"`
	Noise          int    `json:"noise" doc:"Nobody did, and it ended; or it was canceled as none"`
	Open           int    `json:"open" doc:"Not known yet"`
	TypicalSeconds *int64 `json:"typical_seconds" doc:"Median from the first firing to the last end in an incident"`
	Advice         string `json:"advice,omitempty" enum:"group,raise threshold,close itself,delete"`
	Do             string `json:"do,omitempty" doc:"The advice as a sentence"`
}

// HealthShare is how many alerts in incidents were acted upon.
type HealthShare struct {
	Percent *int `json:"percent" doc:"null: unknown"`
	Acted   int  `json:"acted"`
	Of      int  `json:"of" doc:"Of which it is known"`
}

// known returns a figure, or nil where it is unknown.
func known[T any](is bool, v T) *T {
	if !is {
		return nil
	}
	return &v
}

func hundredths(f float64) float64 { return math.Round(f*100) / 100 }

func spread(s health.Spread) *Spread {
	return known(s.N > 0, Spread{s.N, int64(s.Mean / time.Second), int64(s.Median / time.Second), int64(s.P90 / time.Second)})
}

func person(p health.Person) HealthPerson {
	return HealthPerson{ref.N(ref.Person, p.ID).String(), p.Handle, p.Name}
}

// most bounds the alerts of an answer.
const most = 100

func out(r health.Report) OnCallHealth {
	is := r.Known
	o := OnCallHealth{
		Team: r.Team, Title: r.Title, Period: HealthPeriod{r.Period.Name, r.Period.Title, r.Period.From, r.Period.To}, Zone: r.Zone.String(), KnownSince: r.Since, Known: "all", Summary: r.Lines(),
		Pages: known(is, r.Pages), PagesPerWeek: known(is && r.PerWeek >= 0, hundredths(r.PerWeek)), SleepPages: known(is, r.Sleep), InterruptedNights: known(is, r.Nights), WeekendPages: known(is, r.Weekend),
		PeopleReached: known(is, r.Reached), Incidents: known(is, r.Incidents), Unacknowledged: known(is, r.Unacknowledged), Acknowledge: spread(r.Acknowledge),
		Guide: HealthGuide{health.GuideIncidents, int(health.GuideShift / time.Hour), health.GuideSource, health.GuideLink, known(is, r.MostInShift), known(is, r.OverGuide)},
		Trend: HealthTrend{r.Trend.Word(), known(r.Trend.Known, hundredths(r.Trend.Recent)), known(r.Trend.Known, hundredths(r.Trend.Ahead)), r.Trend.Weeks},
		Weeks: make([]HealthWeek, len(r.Weeks)), People: make([]HealthLoad, len(r.People)), Alerts: make([]HealthAlert, min(most, len(r.Alerts))),
		HoursSince: known(r.HoursKnown(), r.DutiesSince), ActedUpon: HealthShare{known(r.Acted.Of > 0, r.Acted.Percent()), r.Acted.Part, r.Acted.Of},
	}
	if r.Partly {
		o.Known = "part"
	}
	if !is {
		o.Known = "nothing"
	}
	for n, w := range r.Weeks {
		o.Weeks[n] = HealthWeek{w.From, w.Whole, known(w.Known, w.Pages), known(w.Known, w.Sleep)}
	}
	for n, l := range r.People {
		p := HealthLoad{
			Person: person(l.Person), Role: l.Role, Zone: l.Zone.String(), Pages: known(is, l.Pages), Elsewhere: known(is, l.Elsewhere), Sleep: known(is, l.Sleep), Nights: append([]string{}, l.Nights...), Weekend: known(is, l.Weekend),
			Acknowledge: spread(l.Acknowledge), OnCallHours: known(l.OnCall >= 0, hundredths(l.OnCall.Hours())), MostInShift: known(is, l.MostInShift), OverGuide: known(is, l.OverGuide), Weeks: make([]*int, len(l.Weeks)),
		}
		for i, v := range l.Weeks {
			p.Weeks[i] = known(v >= 0, v)
		}
		o.People[n] = p
	}
	for n, a := range r.Alerts[:len(o.Alerts)] {
		o.Alerts[n] = HealthAlert{a.Rule, a.Service, a.Summary, a.Firings, a.Incidents, a.Acted, a.Noise, a.Open(), known(a.Typical >= 0, int64(a.Typical/time.Second)), string(a.Advice), a.Advice.Says()}
	}
	return o
}
