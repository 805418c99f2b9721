package pagerduty

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/movein"
)

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
