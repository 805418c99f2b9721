// Package opsgenie reads what an Opsgenie account holds and maps it. Opsgenie's
// servers are switched off in April 2027, so this is also the way out.
//
// REST API v2 (https://docs.opsgenie.com/docs/api-overview): users with their
// notification rules, teams with members and routing rules, schedules with
// rotations and overrides, escalations, services. "Authorization: GenieKey
// KEY" of an API integration with read and configuration access; pages by
// paging.next. Account is also the shape of an export file.
//
// What is alike and what is not:
//
//   - All rotations of a schedule are on call together, so all layers but the
//     first stand beside the others.
//   - An escalation rule's delay counts from the alert; here a step's wait
//     counts from the step before it. Rules of one delay become one step.
//   - Which escalation serves a team stands in the team's routing rules: the
//     default rule's is taken, the others are noted.
//   - A rotation may hold teams, escalations and nobody; a turn here holds
//     people.
package opsgenie

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/movein"
)

// URL is Opsgenie's API; accounts in Europe have https://api.eu.opsgenie.com.
const URL = "https://api.opsgenie.com"

// Account is everything that is read.
type Account struct {
	Users       []user       `json:"users"`
	Teams       []team       `json:"teams"`
	Schedules   []schedule   `json:"schedules"`
	Escalations []escalation `json:"escalations"`
	Services    []service    `json:"services"`
}

type user struct {
	ID       string `json:"id"`
	Username string `json:"username"` // an e-mail address
	FullName string `json:"fullName"`
	Zone     string `json:"timeZone"`
	Blocked  bool   `json:"blocked"`
	Rules    []rule `json:"notificationRules"`
}

type rule struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Action  string `json:"actionType"`
	Enabled bool   `json:"enabled"`
	Steps   []struct {
		Contact struct {
			Method string `json:"method"` // email, sms, voice, mobile
		} `json:"contact"`
		After   *span `json:"sendAfter"`
		Enabled *bool `json:"enabled"`
	} `json:"steps"`
}

// span is an amount of time.
type span struct {
	Amount int    `json:"timeAmount"`
	Unit   string `json:"timeUnit"`
}

func (s *span) duration() time.Duration {
	if s == nil {
		return 0
	}
	unit := time.Minute
	switch s.Unit {
	case "seconds":
		unit = time.Second
	case "hours":
		unit = time.Hour
	case "days":
		unit = 24 * time.Hour
	}
	return time.Duration(max(s.Amount, 0)) * unit
}

// part is somebody or something that is named: participant, recipient.
type part struct {
	Type     string `json:"type"` // user, team, schedule, escalation, none
	ID       string `json:"id"`
	Name     string `json:"name"`
	Username string `json:"username"`
}

func (p part) called() string {
	for _, s := range []string{p.Name, p.Username, p.ID} {
		if s != "" {
			return s
		}
	}
	return p.Type
}

type team struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Members     []struct {
		User part   `json:"user"`
		Role string `json:"role"` // admin, user
	} `json:"members"`
	Routing []struct {
		Name     string `json:"name"`
		Default  bool   `json:"isDefault"`
		Criteria struct {
			Type string `json:"type"`
		} `json:"criteria"`
		Notify part `json:"notify"`
	} `json:"routingRules"`
}

type schedule struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Zone        string     `json:"timezone"`
	Enabled     *bool      `json:"enabled"`
	Team        part       `json:"ownerTeam"`
	Rotations   []rotation `json:"rotations"`
	Overrides   []struct {
		User  part      `json:"user"`
		Start time.Time `json:"startDate"`
		End   time.Time `json:"endDate"`
		Of    []part    `json:"rotations"`
	} `json:"overrides"`
}

type rotation struct {
	Name         string    `json:"name"`
	Start        time.Time `json:"startDate"`
	End          time.Time `json:"endDate"`
	Type         string    `json:"type"` // hourly, daily, weekly
	Length       int       `json:"length"`
	Participants []part    `json:"participants"`
	Restriction  struct {
		Type string  `json:"type"` // time-of-day, weekday-and-time-of-day
		One  *hours  `json:"restriction"`
		Many []hours `json:"restrictions"`
	} `json:"timeRestriction"`
}

type hours struct {
	StartDay  string `json:"startDay"`
	StartHour int    `json:"startHour"`
	StartMin  int    `json:"startMin"`
	EndDay    string `json:"endDay"`
	EndHour   int    `json:"endHour"`
	EndMin    int    `json:"endMin"`
}

type escalation struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Team        part   `json:"ownerTeam"`
	Rules       []struct {
		Condition string `json:"condition"`  // if-not-acked, if-not-closed
		Notify    string `json:"notifyType"` // default, next, previous, users, admins, random, all
		Delay     span   `json:"delay"`
		Recipient part   `json:"recipient"`
	} `json:"rules"`
	Repeat *struct {
		Wait  int `json:"waitInterval"` // minutes
		Count int `json:"count"`
	} `json:"repeat"`
}

type service struct {
	ID          string `json:"id"`
	Team        string `json:"teamId"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Header is what a key is sent in.
func Header(key string) http.Header { return http.Header{"Authorization": {"GenieKey " + key}} }

// list reads all pages of a list.
func list[T any](ctx context.Context, f *movein.Fetcher, path string) (all []T, err error) {
	type page struct {
		Data   []T `json:"data"`
		Paging struct {
			Next string `json:"next"`
		} `json:"paging"`
	}
	err = movein.Pages(ctx, f, path, func(p page) string {
		all = append(all, p.Data...)
		return p.Paging.Next
	})
	return all, err
}

// one reads one record; absent leaves v as it is and is no error, since plans
// without a feature answer 404 or 403 for it.
func one(ctx context.Context, f *movein.Fetcher, path string, v any) error {
	var box struct {
		Data json.RawMessage `json:"data"`
	}
	if err := f.Get(ctx, path, &box); err != nil {
		return err
	}
	if err := json.Unmarshal(box.Data, v); err != nil {
		return errs.E(errs.Invalid, "%s answers %s with something else than expected: %v", f.Base, path, err)
	}
	return nil
}

// Read reads an account. Errors are those of Fetcher.Get.
func Read(ctx context.Context, f *movein.Fetcher) (a *Account, err error) {
	a = &Account{}
	if a.Users, err = list[user](ctx, f, "/v2/users?limit=100"); err != nil {
		return nil, err
	}
	for i := range a.Users {
		u := &a.Users[i]
		at := "/v2/users/" + url.PathEscape(u.ID) + "/notification-rules"
		rules, err := list[rule](ctx, f, at)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		for _, r := range rules {
			if r.Action != "create-alert" {
				continue
			}
			if err := one(ctx, f, at+"/"+url.PathEscape(r.ID), &r); err != nil {
				return nil, err
			}
			u.Rules = append(u.Rules, r)
		}
	}
	teams, err := list[team](ctx, f, "/v2/teams")
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		at := "/v2/teams/" + url.PathEscape(t.ID)
		if err := one(ctx, f, at, &t); err != nil {
			return nil, err
		}
		if err := one(ctx, f, at+"/routing-rules", &t.Routing); err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		a.Teams = append(a.Teams, t)
	}
	if a.Schedules, err = list[schedule](ctx, f, "/v2/schedules?expand=rotation"); err != nil {
		return nil, err
	}
	for i := range a.Schedules {
		s := &a.Schedules[i]
		if err := one(ctx, f, "/v2/schedules/"+url.PathEscape(s.ID)+"/overrides", &s.Overrides); err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	if a.Escalations, err = list[escalation](ctx, f, "/v2/escalations"); err != nil {
		return nil, err
	}
	a.Services, err = list[service](ctx, f, "/v1/services?limit=100")
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
		err = nil // the plan has no services
	}
	return a, err
}
