// Package grafanaoncall reads what a Grafana OnCall holds and maps it. Its open
// source edition is archived since March 2026.
//
// HTTP API (https://grafana.com/docs/oncall/latest/oncall-api-reference/):
// users, teams, schedules, on_call_shifts, escalation_chains,
// escalation_policies and personal_notification_rules, each a list of
// {"results", "next"}. "Authorization: KEY". Export is the same lists in one
// file, for an instance that runs no more.
//
// What is alike and what is not:
//
//   - A shift recurs (hourly, daily, weekly) and lasts for a while; here a
//     layer changes hands and is restricted to hours. rolling_users take
//     turns, recurrent_event puts the same people in each time, single_event
//     and override are covers.
//   - A higher level replaces a lower one; shifts of one level are on call
//     together, so such layers stand beside each other.
//   - Monthly shifts and those of some months or days of the month, and
//     schedules from an iCal address, have no layers here and are noted.
//   - A chain's waits are steps of their own; here a wait stands in the step
//     that follows it.
package grafanaoncall

import (
	"context"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
)

// Export is everything that is read.
type Export struct {
	Users     []user     `json:"users"`
	Teams     []team     `json:"teams"`
	Schedules []schedule `json:"schedules"`
	Shifts    []shift    `json:"on_call_shifts"`
	Chains    []chain    `json:"escalation_chains"`
	Policies  []policy   `json:"escalation_policies"`
	Rules     []rule     `json:"personal_notification_rules"`
}

type user struct {
	ID       string   `json:"id"`
	Email    string   `json:"email"`
	Username string   `json:"username"`
	Name     string   `json:"name"`
	Zone     string   `json:"timezone"`
	Teams    []string `json:"teams"`
}

type team struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type schedule struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Type      string   `json:"type"` // web, calendar, ical
	Team      string   `json:"team_id"`
	Zone      string   `json:"time_zone"`
	Shifts    []string `json:"shifts"`
	Overrides string   `json:"ical_url_overrides"`
}

type shift struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Type       string     `json:"type"` // rolling_users, recurrent_event, single_event, override
	Zone       string     `json:"time_zone"`
	Level      int        `json:"level"`
	Start      string     `json:"start"`
	Rotation   string     `json:"rotation_start"`
	Duration   int        `json:"duration"` // seconds
	Frequency  string     `json:"frequency"`
	Interval   int        `json:"interval"`
	Until      string     `json:"until"`
	ByDay      []string   `json:"by_day"`
	ByMonth    []int      `json:"by_month"`
	ByMonthday []int      `json:"by_monthday"`
	Users      []string   `json:"users"`
	Rolling    [][]string `json:"rolling_users"`
	From       int        `json:"start_rotation_from_user_index"`
}

type chain struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Team string `json:"team_id"`
}

type policy struct {
	Chain     string   `json:"escalation_chain_id"`
	Position  int      `json:"position"`
	Type      string   `json:"type"`
	Duration  float64  `json:"duration"` // seconds
	Persons   []string `json:"persons_to_notify"`
	NextTime  []string `json:"persons_to_notify_next_each_time"`
	Schedule  string   `json:"notify_on_call_from_schedule"`
	Team      string   `json:"team_to_notify"`
	Important bool     `json:"important"`
}

type rule struct {
	User      string  `json:"user_id"`
	Position  int     `json:"position"`
	Important bool    `json:"important"`
	Type      string  `json:"type"`
	Duration  float64 `json:"duration"`
}

// Header is what a key is sent in.
func Header(key string) http.Header { return http.Header{"Authorization": {key}} }

func list[T any](ctx context.Context, f *movein.Fetcher, name string, into *[]T) error {
	type page struct {
		Results []T    `json:"results"`
		Next    string `json:"next"`
	}
	return movein.Pages(ctx, f, "/api/v1/"+name+"/", func(p page) string {
		*into = append(*into, p.Results...)
		return p.Next
	})
}

// Read reads everything over the API. Errors are those of Fetcher.Get.
func Read(ctx context.Context, f *movein.Fetcher) (*Export, error) {
	x := &Export{}
	for _, read := range []func() error{
		func() error { return list(ctx, f, "users", &x.Users) },
		func() error { return list(ctx, f, "teams", &x.Teams) },
		func() error { return list(ctx, f, "schedules", &x.Schedules) },
		func() error { return list(ctx, f, "on_call_shifts", &x.Shifts) },
		func() error { return list(ctx, f, "escalation_chains", &x.Chains) },
		func() error { return list(ctx, f, "escalation_policies", &x.Policies) },
		func() error { return list(ctx, f, "personal_notification_rules", &x.Rules) },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// wall reads a local time; it may have a zone's letter, which is passed over
// when the shift has a zone of its own.
func wall(s string, loc *time.Location) (time.Time, bool) {
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", s, loc); err == nil {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}
