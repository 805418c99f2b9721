package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// PolicyCmd is the escalation policies.
type PolicyCmd struct {
	List    PolicyListCmd    `cmd:"" help:"List escalation policies by name."`
	Show    PolicyShowCmd    `cmd:"" help:"Show a policy."`
	Create  PolicyCreateCmd  `cmd:"" help:"Add a policy."`
	Update  PolicyUpdateCmd  `cmd:"" help:"Change a policy; what is not named stays."`
	Delete  PolicyDeleteCmd  `cmd:"" help:"Delete a policy that no other one names."`
	Preview PolicyPreviewCmd `cmd:"" help:"Say who would be told when, if an incident opened and nobody acknowledged."`
	Holes   PolicyHolesCmd   `cmd:"" help:"List policies and steps that would reach nobody now."`
}

// PolicyListCmd lists policies.
type PolicyListCmd struct{}

// Run reads all pages.
func (PolicyListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.EscalationPolicy], error) {
		return g.Client().EscalationPolicies(ctx, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "SERVES", "STEPS", "MANAGED BY"}}
		for _, p := range all {
			lines = append(lines, []string{p.Name, p.Title, strings.Join(append(append([]string{}, p.Teams...), p.Services...), ", "), strconv.Itoa(len(p.Steps)), p.ManagedBy})
		}
		return lines
	})
}

// PolicyArg names a policy.
type PolicyArg struct {
	Policy string `arg:"" help:"Name of the policy."`
}

// PolicyShowCmd shows a policy.
type PolicyShowCmd struct{ PolicyArg }

// Run asks the server.
func (c PolicyShowCmd) Run(ctx context.Context, g *Globals) error {
	p, err := g.Client().EscalationPolicy(ctx, c.Policy)
	if err != nil {
		return err
	}
	return printPolicy(g, p)
}

func printPolicy(g *Globals, p client.EscalationPolicy) error {
	return g.PrintOne(p, func() [][2]string {
		pairs := [][2]string{{"NAME", p.Name}, {"TITLE", p.Title}, {"TEAMS", strings.Join(p.Teams, ", ")}, {"SERVICES", strings.Join(p.Services, ", ")}}
		for n, s := range p.Steps {
			pairs = append(pairs, [2]string{fmt.Sprintf("STEP %d", n+1), stepText(s)})
		}
		if p.Repeat > 0 {
			pairs = append(pairs, [2]string{"REPEAT", strconv.Itoa(p.Repeat)})
		}
		return append(pairs, [2]string{"REPEAT AFTER", p.RepeatAfter}, [2]string{"ACK TIMEOUT", p.AckTimeout}, [2]string{"ACK ESCALATE AFTER", p.AckEscalateAfter}, [2]string{"MANAGED BY", p.ManagedBy})
	})
}

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

// PolicyCreateCmd adds a policy.
type PolicyCreateCmd struct {
	PolicyArg
	PolicyFlags
}

// Run asks the server.
func (c PolicyCreateCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.EscalationSpec
	if err := c.into(&spec); err != nil {
		return err
	}
	p, err := g.Client().CreateEscalationPolicy(ctx, c.Policy, spec)
	if err != nil {
		return err
	}
	return printPolicy(g, p)
}

// PolicyUpdateCmd changes a policy.
type PolicyUpdateCmd struct {
	PolicyArg
	PolicyFlags
}

// Run reads the policy and replaces it; another edit meanwhile is a conflict.
func (c PolicyUpdateCmd) Run(ctx context.Context, g *Globals) error {
	p, err := g.Client().EscalationPolicy(ctx, c.Policy)
	if err != nil {
		return err
	}
	if err := c.into(&p.EscalationSpec); err != nil {
		return err
	}
	if p, err = g.Client().UpdateEscalationPolicy(ctx, c.Policy, p.Version, p.EscalationSpec); err != nil {
		return err
	}
	return printPolicy(g, p)
}

// PolicyDeleteCmd deletes a policy.
type PolicyDeleteCmd struct{ PolicyArg }

// Run asks the server.
func (c PolicyDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteEscalationPolicy(ctx, c.Policy)
}

// PolicyPreviewCmd says who would be told when.
type PolicyPreviewCmd struct {
	PolicyArg
	At       time.Time `help:"When it opens, like 2026-03-29T02:10:00+02:00; default: now." format:"2006-01-02T15:04:05Z07:00"`
	Priority string    `help:"P1 to P4." enum:"P1,P2,P3,P4" default:"P1"`
	Team     string    `help:"Team; default: the first that the policy serves."`
	Service  string    `help:"Service."`
	Alerts   int       `help:"Alerts firing; default 1."`
	Try      []string  `help:"Preview these steps in place of the stored ones; as --step of create." sep:"none"`
}

// Run asks the server.
func (c PolicyPreviewCmd) Run(ctx context.Context, g *Globals) error {
	in := client.Suppose{At: c.At, Priority: c.Priority, Team: c.Team, Service: c.Service, Alerts: c.Alerts}
	var f client.Foreseen
	var err error
	if len(c.Try) == 0 {
		f, err = g.Client().PreviewEscalationPolicy(ctx, c.Policy, in)
	} else {
		var p client.EscalationPolicy
		if p, err = g.Client().EscalationPolicy(ctx, c.Policy); err != nil {
			return err
		}
		if err = (PolicyFlags{Step: c.Try}).into(&p.EscalationSpec); err != nil {
			return err
		}
		f, err = g.Client().TryEscalationPolicy(ctx, p.EscalationSpec, in)
	}
	if err != nil {
		return err
	}
	return g.Print(f, func() [][]string { return stageLines(f.Stages) })
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

// PolicyHolesCmd lists holes.
type PolicyHolesCmd struct{}

// Run asks the server.
func (PolicyHolesCmd) Run(ctx context.Context, g *Globals) error {
	list, err := g.Client().EscalationHoles(ctx)
	if err != nil {
		return err
	}
	return g.Print(list, func() [][]string {
		lines := [][]string{{"POLICY", "STEP", "WHY"}}
		for _, h := range list {
			step := strconv.Itoa(h.Step)
			if h.All {
				step = "all"
			}
			lines = append(lines, []string{h.Policy, step, h.Why})
		}
		return lines
	})
}
