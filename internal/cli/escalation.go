package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// PolicyCmd is the escalation policies, and the policy of changes.
type PolicyCmd struct {
	List    PolicyListCmd    `cmd:"" help:"List escalation policies by name, or with --change the versions of the policy of changes."`
	Show    PolicyShowCmd    `cmd:"" help:"Show an escalation policy, or a version of the policy of changes."`
	Create  PolicyCreateCmd  `cmd:"" help:"Add a policy."`
	Update  PolicyUpdateCmd  `cmd:"" help:"Change a policy; what is not named stays."`
	Delete  PolicyDeleteCmd  `cmd:"" help:"Delete a policy that no other one names."`
	Preview PolicyPreviewCmd `cmd:"" help:"Say who would be told when, if an incident opened and nobody acknowledged."`
	Holes   PolicyHolesCmd   `cmd:"" help:"List policies and steps that would reach nobody now."`

	ChangePolicyCmds `embed:""`
}

// PolicyListCmd lists policies.
type PolicyListCmd struct {
	Change bool `help:"The versions of the policy that decides about changes, instead."`
}

// Run reads all pages.
func (c PolicyListCmd) Run(ctx context.Context, g *Globals) error {
	if c.Change {
		return listVersions(ctx, g)
	}
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
type PolicyShowCmd struct {
	Policy string `arg:"" help:"Name of an escalation policy, or a version of the policy of changes, like POLICY-3."`
	Into   string `help:"Write the modules of the version into this directory." placeholder:"DIR" type:"path"`
}

// Run asks the server.
func (c PolicyShowCmd) Run(ctx context.Context, g *Globals) error {
	if strings.HasPrefix(c.Policy, "POLICY-") { // no name of an escalation policy begins so
		return showVersion(ctx, g, c.Policy, c.Into)
	}
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
