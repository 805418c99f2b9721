package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// stepText writes a step as --step reads it.
func stepText(s client.EscalationStep) string {
	var words []string
	add := func(key, value string) {
		if value != "" {
			words = append(words, key+"="+value)
		}
	}
	add("after", s.After)
	for _, t := range s.Notify {
		add("schedule", t.Schedule)
		add("next_of", t.NextOf)
		if t.Team != "" && t.Role != "" {
			t.Team, t.Role = t.Team+"/"+t.Role, ""
		}
		add("team", t.Team)
		add("role", t.Role)
		add("person", t.Person)
		add("channel", t.Channel)
		add("policy", t.Policy)
	}
	if s.RoundRobin {
		words = append(words, "round-robin")
	}
	if w := s.When; w != nil {
		add("priorities", strings.Join(w.Priorities, ","))
		add("services", strings.Join(w.Services, ","))
		add("hours", w.Hours)
		if w.AlertsAtLeast > 0 {
			add("alerts", strconv.Itoa(w.AlertsAtLeast))
		}
	}
	return strings.Join(words, " ")
}

// readStep reads a step: words like after=5m, schedule=payments-primary,
// team=payments/manager, round-robin, priorities=P1,P2.
func readStep(text string) (s client.EscalationStep, err error) {
	for _, word := range strings.Fields(text) {
		key, value, ok := strings.Cut(word, "=")
		if word == "round-robin" {
			s.RoundRobin = true
			continue
		}
		bad := errs.BadField("step", word, "write words like after=5m, schedule=NAME, next_of=NAME, team=NAME or team=NAME/manager, role=manager, person=HANDLE, channel=NAME, policy=NAME, round-robin, priorities=P1,P2, services=NAME, hours=business, alerts=3")
		if !ok || value == "" {
			return s, bad
		}
		when := func() *client.EscalationWhen {
			if s.When == nil {
				s.When = &client.EscalationWhen{}
			}
			return s.When
		}
		tell := func(t client.EscalationTarget) { s.Notify = append(s.Notify, t) }
		switch key {
		case "after":
			s.After = value
		case "schedule":
			tell(client.EscalationTarget{Schedule: value})
		case "next_of", "next-of":
			tell(client.EscalationTarget{NextOf: value})
		case "team":
			team, role, _ := strings.Cut(value, "/")
			tell(client.EscalationTarget{Team: team, Role: role})
		case "role":
			tell(client.EscalationTarget{Role: value})
		case "person":
			tell(client.EscalationTarget{Person: value})
		case "channel":
			tell(client.EscalationTarget{Channel: value})
		case "policy":
			tell(client.EscalationTarget{Policy: value})
		case "priorities":
			when().Priorities = strings.Split(value, ",")
		case "services":
			when().Services = strings.Split(value, ",")
		case "hours":
			when().Hours = value
		case "alerts":
			n, err := strconv.Atoi(value)
			if err != nil {
				return s, bad
			}
			when().AlertsAtLeast = n
		default:
			return s, bad
		}
	}
	return s, nil
}

// PolicyFlags are what can be set about a policy.
type PolicyFlags struct {
	Title            *string  `help:"Title; default: the name."`
	Description      *string  `help:"What it is for."`
	Team             []string `help:"Serve this team; repeat it. Replaces all teams."`
	Service          []string `help:"Serve this service, in place of its team's policy; repeat it. Replaces all services."`
	Step             []string `help:"A step, like \"after=5m schedule=payments-primary team=payments/manager\"; repeat it. Replaces all steps." sep:"none"`
	Repeat           *int     `help:"Repeat all steps so often when nobody acknowledges."`
	RepeatAfter      *string  `help:"Wait before the next round and between reminders, like 10m."`
	AckTimeout       *string  `help:"Acknowledged without progress for so long: remind, like 30m."`
	AckEscalateAfter *string  `help:"Still no progress for so long: begin again, like 30m."`
}

func (f PolicyFlags) into(spec *client.EscalationSpec) error {
	for _, x := range []struct {
		from *string
		to   *string
	}{{f.Title, &spec.Title}, {f.Description, &spec.Description}, {f.RepeatAfter, &spec.RepeatAfter}, {f.AckTimeout, &spec.AckTimeout}, {f.AckEscalateAfter, &spec.AckEscalateAfter}} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	if f.Repeat != nil {
		spec.Repeat = *f.Repeat
	}
	if len(f.Team) > 0 {
		spec.Teams = f.Team
	}
	if len(f.Service) > 0 {
		spec.Services = f.Service
	}
	if len(f.Step) > 0 {
		spec.Steps = nil
	}
	for _, text := range f.Step {
		s, err := readStep(text)
		if err != nil {
			return err
		}
		spec.Steps = append(spec.Steps, s)
	}
	return nil
}

func stageLines(list []client.LadderStage) [][]string {
	lines := [][]string{{"AT", "STEP", "WHO", "WHY"}}
	for _, s := range list {
		var who []string
		for _, p := range s.People {
			who = append(who, p.Name)
		}
		for _, c := range s.Channels {
			who = append(who, "#"+c)
		}
		step := s.Kind
		if s.Step > 0 {
			step = strconv.Itoa(s.Step)
			if s.Round > 1 {
				step += fmt.Sprintf(", round %d", s.Round)
			}
			if s.Kind != "tell" {
				step += " " + s.Kind
			}
		}
		at := s.At.Local().Format("Mon 2 Jan 15:04")
		if s.Done {
			at += " ✓"
		}
		lines = append(lines, []string{at, step, strings.Join(who, ", "), s.Why})
	}
	return lines
}
