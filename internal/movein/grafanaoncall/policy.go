package grafanaoncall

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/movein"
)

func (x *Export) mapChain(d *movein.Draft, c chain) {
	record := "escalation chain " + c.Name
	var list []policy
	for _, p := range x.Policies {
		if p.Chain == c.ID {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b policy) int { return cmp.Compare(a.Position, b.Position) })
	spec := &escalation.Spec{Title: movein.Title(c.Name)}
	wait := time.Duration(0)
	for _, p := range list {
		var targets []escalation.TargetSpec
		robin := false
		switch p.Type {
		case "wait":
			wait += time.Duration(p.Duration) * time.Second
			continue
		case "repeat_escalation":
			spec.Repeat, spec.RepeatAfter = 5, movein.Minutes(max(wait, 5*time.Minute), time.Hour) // OnCall repeats five times
			continue
		case "notify_persons", "notify_person_next_each_time":
			robin = p.Type == "notify_person_next_each_time"
			for _, id := range append(p.Persons, p.NextTime...) {
				if handle, ok := d.Handle(id, record); ok {
					targets = append(targets, escalation.TargetSpec{Person: handle})
				}
			}
		case "notify_on_call_from_schedule":
			if name := d.NameOf("schedule", p.Schedule); name != "" {
				targets = append(targets, escalation.TargetSpec{Schedule: name})
			} else {
				d.Note(record, "names a schedule that was not moved, "+p.Schedule, "put another target there")
			}
		case "notify_team_members":
			if name := d.NameOf("team", p.Team); name != "" {
				targets = append(targets, escalation.TargetSpec{Team: name})
			} else {
				d.Note(record, "names a team that was not moved, "+p.Team, "put another target there")
			}
		default:
			d.Note(record, "has a step "+p.Type, "use a channel as the step's target, a condition (priority, hours, number of alerts), or leave it")
			continue
		}
		if len(targets) == 0 {
			d.Note(record, "one of its steps reaches nobody", "nothing: the step was left out")
			continue
		}
		step := escalation.StepSpec{Notify: targets[:min(len(targets), 20)], RoundRobin: robin}
		if wait > 0 {
			step.After = movein.Minutes(wait, 24*time.Hour)
		}
		wait = 0
		spec.Steps = append(spec.Steps, step)
	}
	if len(spec.Steps) == 0 || len(spec.Steps) > 20 {
		d.Note(record, "has no step that reaches somebody, or more than 20", "write a policy in its place")
		return
	}
	of := 0
	for _, other := range x.Chains {
		if other.Team == c.Team {
			of++
		}
	}
	if team := d.NameOf("team", c.Team); team != "" && of == 1 {
		spec.Teams = []string{team}
	} else {
		d.Note(record, "which alerts it serves stands in the routes of integrations", "name the teams or services that it serves")
	}
	d.Policies[d.Name("policy", c.ID, c.Name)] = spec
}
