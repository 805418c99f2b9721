package pagerduty

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/movein"
)

// nobodys is the team of services that have none at the source.
const nobodys = "moved-in"

// Map makes a draft of an account. accounts are the people who are here.
func (a *Account) Map(accounts []movein.Account, now time.Time) *movein.Draft {
	d := movein.New("PagerDuty", now)
	people := make([]movein.Person, len(a.Users))
	for i, u := range a.Users {
		people[i] = movein.Person{ID: u.ID, Name: u.Name, Email: u.Email, Zone: u.Zone}
	}
	d.Meet(people, accounts)
	for _, t := range a.Teams {
		mapTeam(d, t)
	}
	for _, s := range a.Schedules {
		mapSchedule(d, s)
	}
	for _, s := range a.Services {
		a.mapService(d, s)
	}
	for _, p := range a.Policies {
		a.mapPolicy(d, p)
	}
	for _, u := range a.Users {
		mapRules(d, u)
	}
	return d
}

func mapTeam(d *movein.Draft, t team) {
	record := "team " + t.Name
	name := d.Name("team", t.ID, t.Name)
	spec := &auth.TeamSpec{Title: movein.Title(t.Name), Description: movein.Text(t.Description)}
	for _, m := range t.Members {
		handle, ok := d.Handle(m.User.ID, record)
		switch {
		case !ok:
			continue
		case m.Role == "observer":
			d.Note(record, handle+" is an observer, which no member here is", "nothing: everybody here can look; add them if they should be told")
			continue
		}
		role := auth.TeamRole("")
		if m.Role == "manager" {
			role = auth.Lead // PagerDuty's managers edit the team; a manager here is told of every P1
		}
		spec.Members = append(spec.Members, auth.MemberSpec{Person: handle, Role: role})
	}
	d.Teams[name] = spec
}

// means are PagerDuty's contact methods and ours.
var means = map[string]string{"email_contact_method": "email", "sms_contact_method": "sms", "phone_contact_method": "voice", "push_notification_contact_method": "webpush",
	"email_contact_method_reference": "email", "sms_contact_method_reference": "sms", "phone_contact_method_reference": "voice", "push_notification_contact_method_reference": "webpush"}

func mapRules(d *movein.Draft, u user) {
	handle, ok := d.Handle(u.ID, "user "+u.Name)
	if !ok {
		return
	}
	kinds := map[string]string{}
	for _, m := range u.Methods {
		kinds[m.ID] = m.Type
	}
	var high, low []movein.Leg
	for _, r := range u.Rules {
		by := means[r.Method.Type]
		if by == "" {
			by = means[kinds[r.Method.ID]]
		}
		if by == "" {
			d.Note("contact rules of "+handle, "tells by "+r.Method.Type, "choose another means")
			continue
		}
		leg := movein.Leg{By: by, After: time.Duration(max(r.Delay, 0)) * time.Minute}
		if r.Urgency == "low" {
			low = append(low, leg)
		} else {
			high = append(high, leg)
		}
	}
	d.Rule(handle, high, low)
}
