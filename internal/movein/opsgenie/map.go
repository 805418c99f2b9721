package opsgenie

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	ladder "github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/oncall"
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

func mapSchedule(d *movein.Draft, s schedule) {
	record := "schedule " + s.Name
	zone, loc := d.Zone(record, s.Zone)
	spec := &oncall.Spec{Title: movein.Title(s.Name), Description: movein.Text(s.Description), Zone: zone, Team: d.NameOf("team", s.Team.ID)}
	if s.Enabled != nil && !*s.Enabled {
		d.Note(record, "is disabled there; a schedule here is always in force", "take it out of policies, or delete its file")
	}
	for _, r := range s.Rotations {
		if l, ok := mapRotation(d, record, r, loc); ok {
			l.Beside = len(spec.Layers) > 0
			spec.Layers = append(spec.Layers, l)
		}
	}
	if len(spec.Layers) == 0 {
		d.Note(record, "has no rotation that goes on", "nothing, if it is not used; policies that name it lose that target")
		return
	}
	name := d.Name("schedule", s.ID, s.Name)
	d.Schedules[name] = spec
	for _, o := range s.Overrides {
		if !o.End.After(d.Now) {
			continue
		}
		if o.User.Type != "" && o.User.Type != "user" {
			d.Note(record, "an override from "+movein.Wall(o.Start, loc)+" puts "+o.User.Type+" "+o.User.called()+" in", "enter an override with a person")
			continue
		}
		handle, ok := d.Handle(o.User.ID, record)
		if !ok {
			continue
		}
		if len(o.Of) > 0 && len(spec.Layers) > 1 {
			d.Note(record, "the override of "+handle+" from "+movein.Wall(o.Start, loc)+" is for some rotations only; here it stands before all layers", "change it to stand in for one person")
		}
		d.Covers = append(d.Covers, movein.Cover{Schedule: name, Person: handle, From: o.Start.UTC(), To: o.End.UTC(), Reason: "Override in Opsgenie"})
	}
}

var units = map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour}

func mapRotation(d *movein.Draft, record string, r rotation, loc *time.Location) (l oncall.LayerSpec, ok bool) {
	record += ", rotation " + r.Name
	if !r.End.IsZero() && !r.End.After(d.Now) {
		return l, false
	}
	every, ok := movein.Every(units[r.Type] * time.Duration(max(r.Length, 1)))
	if !ok {
		d.Note(record, "its type "+r.Type+" is not known, or its turn longer than a year", "write the length of its turns")
		return l, false
	}
	if !movein.Plausible(r.Start) || !r.End.IsZero() && !movein.Plausible(r.End) {
		d.Note(record, "its start or end is no time that can be", "write the layer by hand")
		return l, false
	}
	l = oncall.LayerSpec{Name: movein.Title(r.Name), Start: movein.Wall(r.Start, loc), Every: every}
	for _, p := range r.Participants {
		if p.Type != "user" {
			d.Note(record, "has a turn of "+strings.TrimSpace(p.Type+" "+p.called())+"; a turn here has people", "put people there; the turns of all others come earlier until then")
			continue
		}
		if handle, ok := d.Handle(p.ID, record); ok {
			l.Shifts = append(l.Shifts, []string{handle})
		}
	}
	if len(l.Shifts) == 0 {
		d.Note(record, "nobody is in it", "nothing, if that is meant")
		return l, false
	}
	if !r.End.IsZero() {
		l.End = movein.Wall(r.End, loc)
	}
	list := r.Restriction.Many
	if r.Restriction.One != nil {
		list = append([]hours{*r.Restriction.One}, list...)
	}
	for _, h := range list {
		from, to := h.StartHour*3600+h.StartMin*60, h.EndHour*3600+h.EndMin*60
		if r.Restriction.Type == "weekday-and-time-of-day" {
			a, b := slices.Index(days, strings.ToLower(h.StartDay)), slices.Index(days, strings.ToLower(h.EndDay))
			if a < 0 || b < 0 {
				d.Note(record, "a restriction cannot be read: "+h.StartDay+" to "+h.EndDay, "write its hours by hand")
				continue
			}
			from, to = from+a*86400, to+b*86400
			l.Only = append(l.Only, movein.Weekly(from, ((to-from)%(7*86400)+7*86400)%(7*86400))...)
		} else {
			l.Only = append(l.Only, movein.Daily(from, ((to-from)%86400+86400)%86400)...)
		}
	}
	return l, true
}

var days = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func mapEscalation(d *movein.Draft, e escalation) {
	record := "escalation " + e.Name
	spec := &ladder.Spec{Title: movein.Title(e.Name), Description: movein.Text(e.Description)}
	rules := slices.Clone(e.Rules)
	slices.SortStableFunc(rules, func(a, b struct {
		Condition string `json:"condition"`
		Notify    string `json:"notifyType"`
		Delay     span   `json:"delay"`
		Recipient part   `json:"recipient"`
	}) int {
		return cmp.Compare(a.Delay.duration(), b.Delay.duration())
	})
	last, begun := time.Duration(0), time.Duration(-1)
	for _, r := range rules {
		if r.Condition == "if-not-closed" {
			d.Note(record, "a rule goes on until the alert is closed; here an acknowledgement stops the steps", "set ack_timeout and ack_escalate_after: acknowledged without progress begins them again")
		}
		target, robin, ok := mapRecipient(d, record, r.Notify, r.Recipient)
		if !ok {
			continue
		}
		at := r.Delay.duration()
		if n := len(spec.Steps); n > 0 && at == begun && !robin && !spec.Steps[n-1].RoundRobin && len(spec.Steps[n-1].Notify) < 20 {
			if !slices.Contains(spec.Steps[n-1].Notify, target) {
				spec.Steps[n-1].Notify = append(spec.Steps[n-1].Notify, target)
			}
			continue
		}
		step := ladder.StepSpec{Notify: []ladder.TargetSpec{target}, RoundRobin: robin}
		if at > last {
			step.After = movein.Minutes(at-last, 24*time.Hour)
		}
		last, begun = at, at
		spec.Steps = append(spec.Steps, step)
	}
	if len(spec.Steps) == 0 {
		d.Note(record, "reaches nobody", "write a policy in its place")
		return
	}
	if len(spec.Steps) > 20 {
		d.Note(record, "has more than 20 steps", "go on in another policy and name it in the last step")
		spec.Steps = spec.Steps[:20]
	}
	if e.Repeat != nil && e.Repeat.Count > 0 {
		spec.Repeat = min(e.Repeat.Count, 10)
		spec.RepeatAfter = movein.Minutes(max(time.Duration(e.Repeat.Wait)*time.Minute, 5*time.Minute), time.Hour)
	}
	d.Policies[d.Name("policy", e.ID, e.Name)] = spec
}

func mapRecipient(d *movein.Draft, record, notify string, p part) (t ladder.TargetSpec, robin, ok bool) {
	switch p.Type {
	case "user":
		t.Person, ok = d.Handle(p.ID, record)
	case "schedule":
		name := d.NameOf("schedule", p.ID)
		if ok = name != ""; !ok {
			d.Note(record, "names the schedule "+p.called()+", which was not moved", "put another target there")
		}
		t.Schedule = name
		switch notify {
		case "next":
			t.Schedule, t.NextOf = "", name
		case "previous":
			d.Note(record, "tells who was on call before in "+p.called(), "nothing: who is on call now is told")
		}
	case "team":
		t.Team = d.NameOf("team", p.ID)
		if ok = t.Team != ""; !ok {
			d.Note(record, "names the team "+p.called()+", which was not moved", "put another target there")
		}
		switch notify {
		case "admins":
			t.Role = string(auth.Lead)
		case "users":
			t.Role = "member"
		case "random":
			robin = true
		}
	default:
		d.Note(record, "has a recipient of the kind "+p.Type, "put a person, schedule or team there")
	}
	return t, robin, ok
}

// mapRouting gives teams their policy: what the default rule notifies.
func mapRouting(d *movein.Draft, t team) {
	record := "routing rules of team " + t.Name
	name := d.NameOf("team", t.ID)
	for _, r := range t.Routing {
		if !r.Default {
			d.Note(record, "the rule "+r.Name+" sends some alerts elsewhere", "write it as an alert rule (service, priority), or as a condition of a policy's step")
			continue
		}
		switch r.Notify.Type {
		case "escalation":
			if p := d.Policies[d.NameOf("policy", r.Notify.ID)]; p != nil {
				p.Teams = append(p.Teams, name)
			} else {
				d.Note(record, "name the escalation "+r.Notify.called()+", which was not moved", "write a policy for the team")
			}
		case "schedule":
			s := d.NameOf("schedule", r.Notify.ID)
			if s == "" {
				d.Note(record, "name the schedule "+r.Notify.called()+", which was not moved", "write a policy for the team")
				continue
			}
			d.Policies[d.Name("policy", "routing/"+t.ID, t.Name+" on call")] = &ladder.Spec{Title: movein.Title(t.Name + ": on call"), Teams: []string{name},
				Steps: []ladder.StepSpec{{Notify: []ladder.TargetSpec{{Schedule: s}}}}}
		default:
			d.Note(record, "tell nobody by default", "write a policy for the team, if somebody should be told")
		}
	}
}

func mapService(d *movein.Draft, s service) {
	team := d.NameOf("team", s.Team)
	if team == "" {
		team = nobodys
		if d.Teams[nobodys] == nil {
			d.Name("team", nobodys, nobodys)
			d.Teams[nobodys] = &auth.TeamSpec{Title: "Moved in, no team yet"}
		}
		d.Note("service "+s.Name, "has no team; here every service has exactly one", "give it its team; until then it is of "+nobodys)
	}
	d.ServiceText("service "+s.Name, s.Description)
	d.Services[d.Name("service", s.ID, s.Name)] = &catalog.Spec{Title: movein.Title(s.Name), Team: team}
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
