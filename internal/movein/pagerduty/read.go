// Package pagerduty reads what a PagerDuty account holds and maps it.
//
// REST API v2 (https://developer.pagerduty.com/api-reference/): GET /users with
// contact methods and notification rules, /teams with members, /schedules one
// by one with layers and computed shifts, their overrides of the coming 90
// days, /escalation_policies and /services. "Authorization: Token token=KEY";
// pages by offset while "more" is true. A read-only key is enough. Account is
// also the shape of an export file: one object with these lists, each as the
// API gives it.
//
// What is alike and what is not:
//
//   - A layer's turns count from rotation_virtual_start, in the schedule's zone;
//     turns of whole days change hands by the clock on the wall, as here.
//   - GET lists layers from the top down, which a PUT takes in the opposite
//     order (https://github.com/PagerDuty/public-support-scripts/pull/60).
//     Should an account list them the other way, the computed shifts show it:
//     the order that agrees with them is taken.
//   - A rule's delay is the wait after it; here it stands before the next step.
//     The last one becomes the wait before the next round.
//   - A service has exactly one escalation policy, a policy here names its
//     services. A service here has exactly one team.
package pagerduty

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
)

// URL is PagerDuty's API; accounts in Europe have https://api.eu.pagerduty.com.
const URL = "https://api.pagerduty.com"

// ref is a reference to another record.
type ref struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
}

// Account is everything that is read.
type Account struct {
	Users     []user     `json:"users"`
	Teams     []team     `json:"teams"`
	Schedules []schedule `json:"schedules"`
	Policies  []policy   `json:"escalation_policies"`
	Services  []service  `json:"services"`
}

type user struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Email   string `json:"email"`
	Zone    string `json:"time_zone"`
	Role    string `json:"role"`
	Methods []struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"contact_methods"`
	Rules []struct {
		Delay   int    `json:"start_delay_in_minutes"`
		Urgency string `json:"urgency"`
		Method  ref    `json:"contact_method"`
	} `json:"notification_rules"`
}

type team struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Members     []member `json:"members"`
}

type member struct {
	User ref    `json:"user"`
	Role string `json:"role"` // manager, responder, observer
}

type schedule struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Zone        string  `json:"time_zone"`
	Description string  `json:"description"`
	Teams       []ref   `json:"teams"`
	Layers      []layer `json:"schedule_layers"`
	Final       struct {
		Entries []entry `json:"rendered_schedule_entries"`
	} `json:"final_schedule"`
	Overrides []entry `json:"overrides"`
}

type layer struct {
	Name   string    `json:"name"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Anchor time.Time `json:"rotation_virtual_start"`
	Turn   int       `json:"rotation_turn_length_seconds"`
	Users  []struct {
		User ref `json:"user"`
	} `json:"users"`
	Restrictions []struct {
		Type    string `json:"type"` // daily_restriction, weekly_restriction
		Start   string `json:"start_time_of_day"`
		Day     int    `json:"start_day_of_week"` // 1 = Monday
		Seconds int    `json:"duration_seconds"`
	} `json:"restrictions"`
}

type entry struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	User  ref       `json:"user"`
}

type policy struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Loops       int    `json:"num_loops"`
	Teams       []ref  `json:"teams"`
	Rules       []struct {
		Delay    int   `json:"escalation_delay_in_minutes"`
		Targets  []ref `json:"targets"`
		Strategy *struct {
			Type string `json:"type"`
		} `json:"escalation_rule_assignment_strategy"`
	} `json:"escalation_rules"`
}

type service struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Status      string `json:"status"`
	Teams       []ref  `json:"teams"`
	Policy      ref    `json:"escalation_policy"`
}

// Header is what a key is sent in.
func Header(key string) http.Header {
	return http.Header{"Authorization": {"Token token=" + key}, "Accept": {"application/vnd.pagerduty+json;version=2"}}
}

// page is what all lists have.
type page struct {
	Limit  int  `json:"limit"`
	Offset int  `json:"offset"`
	More   bool `json:"more"`
}

// list reads all pages of a list; take keeps what one page holds.
func list[P any](ctx context.Context, f *movein.Fetcher, path, query string, take func(P) page) error {
	at := func(offset int) string { return path + "?limit=100&offset=" + strconv.Itoa(offset) + query }
	return movein.Pages(ctx, f, at(0), func(p P) string {
		got := take(p)
		if !got.More {
			return ""
		}
		return at(got.Offset + max(got.Limit, 1))
	})
}

// ahead is for how long overrides and computed shifts are read.
const ahead = 90 * 24 * time.Hour

// Read reads an account. Errors are those of Fetcher.Get.
func Read(ctx context.Context, f *movein.Fetcher, now time.Time) (*Account, error) {
	a := &Account{}
	type users struct {
		page
		Users []user `json:"users"`
	}
	if err := list(ctx, f, "/users", "&include[]=contact_methods&include[]=notification_rules", func(p users) page {
		a.Users = append(a.Users, p.Users...)
		return p.page
	}); err != nil {
		return nil, err
	}
	type teams struct {
		page
		Teams []team `json:"teams"`
	}
	if err := list(ctx, f, "/teams", "", func(p teams) page { a.Teams = append(a.Teams, p.Teams...); return p.page }); err != nil {
		return nil, err
	}
	type members struct {
		page
		Members []member `json:"members"`
	}
	for i := range a.Teams {
		t := &a.Teams[i]
		if err := list(ctx, f, "/teams/"+url.PathEscape(t.ID)+"/members", "", func(p members) page {
			t.Members = append(t.Members, p.Members...)
			return p.page
		}); err != nil {
			return nil, err
		}
	}
	if err := readSchedules(ctx, f, a, now); err != nil {
		return nil, err
	}
	type policies struct {
		page
		Policies []policy `json:"escalation_policies"`
	}
	if err := list(ctx, f, "/escalation_policies", "&include[]=targets", func(p policies) page {
		a.Policies = append(a.Policies, p.Policies...)
		return p.page
	}); err != nil {
		return nil, err
	}
	type services struct {
		page
		Services []service `json:"services"`
	}
	err := list(ctx, f, "/services", "", func(p services) page { a.Services = append(a.Services, p.Services...); return p.page })
	return a, err
}

// readSchedules reads each schedule by itself: the list has no layers.
func readSchedules(ctx context.Context, f *movein.Fetcher, a *Account, now time.Time) error {
	type schedules struct {
		page
		Schedules []schedule `json:"schedules"`
	}
	var all []schedule
	if err := list(ctx, f, "/schedules", "", func(p schedules) page { all = append(all, p.Schedules...); return p.page }); err != nil {
		return err
	}
	span := "since=" + url.QueryEscape(now.UTC().Format(time.RFC3339)) + "&until=" + url.QueryEscape(now.Add(ahead).UTC().Format(time.RFC3339))
	for _, s := range all {
		var one struct {
			Schedule schedule `json:"schedule"`
		}
		if err := f.Get(ctx, "/schedules/"+url.PathEscape(s.ID)+"?"+span, &one); err != nil {
			return err
		}
		var over struct {
			Overrides []entry `json:"overrides"`
		}
		if err := f.Get(ctx, "/schedules/"+url.PathEscape(s.ID)+"/overrides?"+span, &over); err != nil {
			return err
		}
		one.Schedule.Overrides = over.Overrides
		a.Schedules = append(a.Schedules, one.Schedule)
	}
	return nil
}
