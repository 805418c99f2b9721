package pagerduty

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/oncall"
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

func mapSchedule(d *movein.Draft, s schedule) {
	record := "schedule " + s.Name
	zone, loc := d.Zone(record, s.Zone)
	spec := &oncall.Spec{Title: movein.Title(s.Name), Description: movein.Text(s.Description), Zone: zone}
	if len(s.Teams) > 0 {
		spec.Team = d.NameOf("team", s.Teams[0].ID)
	}
	for _, l := range slices.Backward(s.Layers) { // ours: the last one on top
		if out, ok := mapLayer(d, record, l, loc); ok {
			spec.Layers = append(spec.Layers, out)
		}
	}
	if len(spec.Layers) == 0 {
		d.Note(record, "none of its layers goes on", "nothing, if it is not used; policies that name it lose that target")
		return
	}
	shifts, except := entries(s.Final.Entries), entries(s.Overrides)
	if len(spec.Layers) > 1 {
		turned := *spec
		turned.Layers = slices.Clone(spec.Layers)
		slices.Reverse(turned.Layers)
		here, n, _ := d.Agreement(*spec, shifts, except)
		there, _, _ := d.Agreement(turned, shifts, except)
		if n > 0 && there > here {
			spec = &turned
		}
	}
	d.Compare(record, *spec, shifts, except)
	name := d.Name("schedule", s.ID, s.Name)
	d.Schedules[name] = spec
	for _, o := range s.Overrides {
		if handle, ok := d.Handle(o.User.ID, record); ok && o.End.After(d.Now) {
			d.Covers = append(d.Covers, movein.Cover{Schedule: name, Person: handle, From: o.Start.UTC(), To: o.End.UTC(), Reason: "Override in PagerDuty"})
		}
	}
}

func entries(list []entry) []movein.Shift {
	out := make([]movein.Shift, len(list))
	for i, e := range list {
		out[i] = movein.Shift{Person: e.User.ID, From: e.Start, To: e.End}
	}
	return out
}

// mapLayer maps a layer; ok is false for one that is over or has nobody.
func mapLayer(d *movein.Draft, record string, l layer, loc *time.Location) (out oncall.LayerSpec, ok bool) {
	record += ", layer " + l.Name
	if !l.End.IsZero() && !l.End.After(d.Now) {
		return out, false // PagerDuty keeps every layer there ever was
	}
	turn := time.Duration(l.Turn) * time.Second
	every, ok := movein.Every(turn)
	if !ok {
		d.Note(record, "its turns last "+turn.String()+"; here they are whole minutes, from an hour to a year", "write another length")
		return out, false
	}
	var shifts [][]string
	for _, u := range l.Users {
		if handle, ok := d.Handle(u.User.ID, record); ok {
			shifts = append(shifts, []string{handle})
		}
	}
	if len(shifts) == 0 {
		d.Note(record, "nobody is in it", "nothing, if that is meant")
		return out, false
	}
	anchor := l.Anchor
	if anchor.IsZero() {
		anchor = l.Start
	}
	if !movein.Plausible(anchor) || !l.End.IsZero() && !movein.Plausible(l.End) {
		d.Note(record, "its start or end is no time that can be", "write the layer by hand")
		return out, false
	}
	first, skip, early := movein.First(anchor, l.Start, turn, len(shifts), loc)
	if early && l.Start.After(d.Now) {
		d.Note(record, "begins in the middle of a turn, at "+movein.Wall(l.Start, loc)+"; here a layer begins with a turn, "+first, "take the layer out until then, or enter an override")
	}
	out = oncall.LayerSpec{Name: movein.Title(l.Name), Start: first, Every: every, Shifts: movein.Turned(shifts, skip)}
	if !l.End.IsZero() {
		out.End = movein.Wall(l.End, loc)
	}
	for _, r := range l.Restrictions {
		at, err := time.Parse("15:04:05", r.Start)
		if err != nil || r.Seconds <= 0 {
			d.Note(record, "a restriction cannot be read: "+r.Start, "write its hours by hand")
			continue
		}
		second := at.Hour()*3600 + at.Minute()*60
		if r.Type == "weekly_restriction" {
			out.Only = append(out.Only, movein.Weekly((max(r.Day, 1)-1)*86400+second, r.Seconds)...)
		} else {
			out.Only = append(out.Only, movein.Daily(second, r.Seconds)...)
		}
	}
	return out, true
}

func (a *Account) mapService(d *movein.Draft, s service) {
	record := "service " + s.Name
	teams := s.Teams
	if len(teams) == 0 {
		for _, p := range a.Policies {
			if p.ID == s.Policy.ID {
				teams = p.Teams
			}
		}
	}
	team := ""
	for _, t := range teams {
		if team = d.NameOf("team", t.ID); team != "" {
			break
		}
	}
	switch {
	case team == "":
		team = nobodys
		if d.Teams[nobodys] == nil {
			d.Name("team", nobodys, nobodys)
			d.Teams[nobodys] = &auth.TeamSpec{Title: "Moved in, no team yet"}
		}
		d.Note(record, "has no team; here every service has exactly one", "give it its team; until then it is of "+nobodys)
	case len(teams) > 1:
		d.Note(record, "has several teams; here every service has exactly one", "check that "+team+" is the one that owns it")
	}
	spec := &catalog.Spec{Title: movein.Title(s.Name), Team: team}
	if s.Status == "disabled" {
		spec.Lifecycle = catalog.Deprecated
		d.Note(record, "is disabled", "nothing: it was taken over as deprecated; silence or delete its alerts' rule if it should not page")
	}
	d.ServiceText(record, s.Description)
	d.Services[d.Name("service", s.ID, s.Name)] = spec
}

func (a *Account) mapPolicy(d *movein.Draft, p policy) {
	record := "escalation policy " + p.Name
	spec := &escalation.Spec{Title: movein.Title(p.Name), Description: movein.Text(p.Description), Repeat: min(p.Loops, 10)}
	wait := time.Duration(0)
	for i, r := range p.Rules {
		step := escalation.StepSpec{RoundRobin: r.Strategy != nil && r.Strategy.Type == "round_robin"}
		if i > 0 {
			step.After = movein.Minutes(wait, 24*time.Hour)
		}
		for _, t := range r.Targets {
			if target, ok := mapTarget(d, record, t); ok && !slices.Contains(step.Notify, target) {
				step.Notify = append(step.Notify, target)
			}
		}
		wait += time.Duration(r.Delay) * time.Minute
		if len(step.Notify) == 0 {
			d.Note(record, "one of its rules reaches nobody", "nothing: the rule was left out and its wait added to the next one")
			continue
		}
		if len(step.Notify) > 20 {
			d.Note(record, "a rule has more than 20 targets", "put the others into a team or schedule")
			step.Notify = step.Notify[:20]
		}
		wait = time.Duration(r.Delay) * time.Minute
		spec.Steps = append(spec.Steps, step)
	}
	if len(spec.Steps) > 20 {
		d.Note(record, "has more than 20 rules", "go on in another policy and name it in the last step")
		spec.Steps = spec.Steps[:20]
	}
	if len(spec.Steps) == 0 {
		d.Note(record, "reaches nobody", "write a policy for its services; their team is told until then")
		return
	}
	if spec.Repeat > 0 {
		spec.RepeatAfter = movein.Minutes(max(wait, 5*time.Minute), time.Hour)
	}
	for _, s := range a.Services {
		if name := d.NameOf("service", s.ID); name != "" && s.Policy.ID == p.ID {
			spec.Services = append(spec.Services, name)
		}
	}
	slices.Sort(spec.Services)
	d.Policies[d.Name("policy", p.ID, p.Name)] = spec
}

func mapTarget(d *movein.Draft, record string, t ref) (escalation.TargetSpec, bool) {
	switch t.Type {
	case "user", "user_reference":
		handle, ok := d.Handle(t.ID, record)
		return escalation.TargetSpec{Person: handle}, ok
	case "schedule", "schedule_reference":
		name := d.NameOf("schedule", t.ID)
		if name == "" {
			d.Note(record, "names the schedule "+t.Summary+", which was not moved", "put another target there")
		}
		return escalation.TargetSpec{Schedule: name}, name != ""
	}
	d.Note(record, "has a target of the kind "+t.Type, "put a person, schedule or team there")
	return escalation.TargetSpec{}, false
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
