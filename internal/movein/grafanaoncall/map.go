package grafanaoncall

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/movein"
)

// Map makes a draft of an export. accounts are the people who are here.
func (x *Export) Map(accounts []movein.Account, now time.Time) *movein.Draft {
	d := movein.New("Grafana OnCall", now)
	var people []movein.Person
	for _, u := range x.Users {
		people = append(people, movein.Person{ID: u.ID, Name: cmp.Or(u.Name, u.Username), Email: u.Email, Zone: u.Zone})
	}
	d.Meet(people, accounts)
	for _, t := range x.Teams {
		spec := &auth.TeamSpec{Title: movein.Title(t.Name)}
		for _, u := range x.Users {
			if handle, ok := d.Handle(u.ID, "team "+t.Name); ok && slices.Contains(u.Teams, t.ID) {
				spec.Members = append(spec.Members, auth.MemberSpec{Person: handle})
			}
		}
		if len(spec.Members) == 0 {
			d.Note("team "+t.Name, "the API does not say who is in it", "add its members to its file")
		}
		d.Teams[d.Name("team", t.ID, t.Name)] = spec
	}
	for _, s := range x.Schedules {
		x.mapSchedule(d, s)
	}
	for _, c := range x.Chains {
		x.mapChain(d, c)
	}
	x.mapRules(d)
	return d
}

// means are OnCall's ways and ours.
var means = map[string]string{"notify_by_email": "email", "notify_by_sms": "sms", "notify_by_phone_call": "voice",
	"notify_by_mobile_app": "webpush", "notify_by_mobile_app_critical": "webpush"}

func (x *Export) mapRules(d *movein.Draft) {
	rules := slices.Clone(x.Rules)
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(a.Position, b.Position) })
	for _, u := range x.Users {
		handle, ok := d.Handle(u.ID, "user "+u.Username)
		if !ok {
			continue
		}
		legs, wait := map[bool][]movein.Leg{}, map[bool]time.Duration{}
		for _, r := range rules {
			switch by := means[r.Type]; {
			case r.User != u.ID:
			case r.Type == "wait":
				wait[r.Important] += time.Duration(r.Duration) * time.Second
			case by == "":
				d.Note("contact rules of "+handle, "tell by "+r.Type, "choose another means, or the team's channel")
			default:
				legs[r.Important] = append(legs[r.Important], movein.Leg{By: by, After: wait[r.Important]})
			}
		}
		d.Rule(handle, legs[true], legs[false])
	}
}
