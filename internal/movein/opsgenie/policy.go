package opsgenie

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	ladder "github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/movein"
)

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
