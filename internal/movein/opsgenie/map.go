package opsgenie

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/movein"
)

// nobodys is the team of services that have none at the source.
const nobodys = "moved-in"

// Map makes a draft of an account. accounts are the people who are here.
func (a *Account) Map(accounts []movein.Account, now time.Time) *movein.Draft {
	d := movein.New("Opsgenie", now)
	var people []movein.Person
	for _, u := range a.Users {
		if u.Blocked {
			d.Note("user "+u.Username, "is blocked", "nothing, if that is meant; where they have a turn somebody else must take it")
			continue
		}
		people = append(people, movein.Person{ID: u.ID, Name: u.FullName, Email: u.Username, Zone: u.Zone})
	}
	d.Meet(people, accounts)
	for _, t := range a.Teams {
		mapTeam(d, t)
	}
	for _, s := range a.Schedules {
		mapSchedule(d, s)
	}
	for _, e := range a.Escalations {
		mapEscalation(d, e)
	}
	for _, t := range a.Teams {
		mapRouting(d, t)
	}
	for _, s := range a.Services {
		mapService(d, s)
	}
	for _, u := range a.Users {
		if !u.Blocked {
			mapRules(d, u)
		}
	}
	return d
}

func mapTeam(d *movein.Draft, t team) {
	spec := &auth.TeamSpec{Title: movein.Title(t.Name), Description: movein.Text(t.Description)}
	for _, m := range t.Members {
		if handle, ok := d.Handle(m.User.ID, "team "+t.Name); ok {
			role := auth.TeamRole("")
			if m.Role == "admin" {
				role = auth.Lead
			}
			spec.Members = append(spec.Members, auth.MemberSpec{Person: handle, Role: role})
		}
	}
	d.Teams[d.Name("team", t.ID, t.Name)] = spec
}

// means are Opsgenie's contact methods and ours.
var means = map[string]string{"email": "email", "sms": "sms", "voice": "voice", "mobile": "webpush", "mobile-app": "webpush"}

func mapRules(d *movein.Draft, u user) {
	handle, ok := d.Handle(u.ID, "user "+u.Username)
	if !ok {
		return
	}
	var legs []movein.Leg
	for _, r := range u.Rules {
		if r.Action != "create-alert" || !r.Enabled {
			continue
		}
		for _, s := range r.Steps {
			by := means[s.Contact.Method]
			switch {
			case s.Enabled != nil && !*s.Enabled:
			case by == "":
				d.Note("contact rules of "+handle, "tell by "+s.Contact.Method, "choose another means")
			default:
				legs = append(legs, movein.Leg{By: by, After: s.After.duration()})
			}
		}
	}
	d.Rule(handle, legs, nil)
}
