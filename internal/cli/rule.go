package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// RuleCmd is the alert rules. What is applied as code is edited there.
type RuleCmd struct {
	List   RuleListCmd   `cmd:"" help:"List rules in the order in which they are tried."`
	Show   RuleShowCmd   `cmd:"" help:"Show a rule."`
	Create RuleCreateCmd `cmd:"" help:"Add a rule."`
	Update RuleUpdateCmd `cmd:"" help:"Change a rule; what is not named stays."`
	Order  RuleOrderCmd  `cmd:"" help:"Give all rules their order."`
	Try    RuleTryCmd    `cmd:"" help:"Say what would happen to an alert, without doing it."`
	Delete RuleDeleteCmd `cmd:"" help:"Delete a rule."`
}

// RuleListCmd lists rules.
type RuleListCmd struct{}

// Run asks the server.
func (RuleListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := g.Client().AlertRules(ctx)
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"POS", "NAME", "MATCHERS", "SERVICE", "PRIORITY", "GROUP BY", "DOES"}}
		for _, r := range all {
			lines = append(lines, []string{strconv.Itoa(r.Position), r.Name, strings.Join(r.Matchers, ", "), r.Service, r.Priority, strings.Join(r.GroupBy, ", "), ruleDoes(r)})
		}
		return lines
	})
}

func ruleDoes(r client.AlertRule) string {
	var does []string
	switch {
	case r.Disabled:
		return "nothing, disabled"
	case r.Quiet:
		return "quiet"
	case r.Page != nil && *r.Page:
		does = append(does, "pages")
	}
	if r.AutoClose != nil && *r.AutoClose {
		does = append(does, "closes itself")
	}
	return strings.Join(does, ", ")
}

// RuleArg names a rule.
type RuleArg struct {
	Name string `arg:"" help:"Name of the rule."`
}

// RuleShowCmd shows a rule.
type RuleShowCmd struct{ RuleArg }

// Run asks the server.
func (c RuleShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printRule(g.Client().AlertRule(ctx, c.Name))
}

func (g *Globals) printRule(r client.AlertRule, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(r, func() [][2]string {
		return [][2]string{{"NAME", r.Name}, {"DESCRIPTION", r.Description}, {"POSITION", strconv.Itoa(r.Position)}, {"MATCHERS", strings.Join(r.Matchers, ", ")},
			{"SERVICE", r.Service}, {"TEAM", r.Team}, {"PRIORITY", r.Priority}, {"GROUP BY", strings.Join(r.GroupBy, ", ")}, {"WINDOW", r.Window}, {"REOPEN", r.Reopen},
			{"DOES", ruleDoes(r)}, {"MANAGED BY", r.ManagedBy}}
	})
}

// RuleFlags are what can be set about a rule.
type RuleFlags struct {
	Description *string        `help:"What it is for."`
	Position    *int           `help:"1 is tried first; default last."`
	Match       []string       `help:"Condition like severity=critical; repeat it, all must hold." sep:"none"`
	Service     *string        `help:"Set the service."`
	Team        *string        `help:"Team when the service has no owner."`
	Priority    *string        `help:"P1 to P4; default by severity and the service's tier."`
	GroupBy     []string       `help:"Labels that join alerts to one incident; ... keeps each alone."`
	Window      *time.Duration `help:"How long after the last alert a new one joins; 0: while it is open."`
	Reopen      *time.Duration `help:"How long after its resolution an incident is reopened."`
	Page        *bool          `help:"Page somebody." negatable:""`
	PageOnJoin  *bool          `help:"Page also for alerts that join an open incident." negatable:""`
	AutoClose   *bool          `help:"Resolve the incident with its last alert." negatable:""`
	Quiet       *bool          `help:"Keep and show, but no incident." negatable:""`
	Disabled    *bool          `help:"Skip this rule." negatable:""`
}

func (f RuleFlags) into(e *client.AlertRuleEdit) {
	for _, p := range []struct{ to, from *string }{{&e.Description, f.Description}, {&e.Service, f.Service}, {&e.Team, f.Team}, {&e.Priority, f.Priority}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if f.Position != nil {
		e.Position = *f.Position
	}
	if f.Match != nil {
		e.Matchers = f.Match
	}
	if f.GroupBy != nil {
		e.GroupBy = f.GroupBy
	}
	if f.Window != nil {
		e.Window = f.Window.String()
	}
	if f.Reopen != nil {
		e.Reopen = f.Reopen.String()
	}
	if f.Page != nil {
		e.Page = f.Page
	}
	if f.PageOnJoin != nil {
		e.PageOnJoin = *f.PageOnJoin
	}
	if f.AutoClose != nil {
		e.AutoClose = f.AutoClose
	}
	if f.Quiet != nil {
		if e.Quiet = *f.Quiet; e.Quiet && f.Page == nil {
			e.Page = nil // a quiet rule pages nobody
		}
	}
	if f.Disabled != nil {
		e.Disabled = *f.Disabled
	}
}

// RuleCreateCmd adds a rule.
type RuleCreateCmd struct {
	RuleArg
	RuleFlags
}

// Run asks the server.
func (c RuleCreateCmd) Run(ctx context.Context, g *Globals) error {
	var e client.AlertRuleEdit
	c.into(&e)
	return g.printRule(g.Client().CreateAlertRule(ctx, c.Name, e))
}

// RuleUpdateCmd changes a rule.
type RuleUpdateCmd struct {
	RuleArg
	RuleFlags
}

// Run reads the rule, changes what is named, and writes it.
func (c RuleUpdateCmd) Run(ctx context.Context, g *Globals) error {
	r, err := g.Client().AlertRule(ctx, c.Name)
	if err != nil {
		return err
	}
	e := r.AlertRuleEdit
	c.into(&e)
	return g.printRule(g.Client().UpdateAlertRule(ctx, c.Name, r.Version, e))
}

// RuleOrderCmd orders rules.
type RuleOrderCmd struct {
	Names []string `arg:"" help:"All rules, the first one tried first."`
}

// Run asks the server.
func (c RuleOrderCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().OrderAlertRules(ctx, c.Names)
}

// RuleTryCmd tries the rules.
type RuleTryCmd struct {
	Integration string            `arg:"" help:"Integration the alert would come from."`
	Severity    string            `help:"Its severity." default:"warning"`
	Service     string            `help:"Its service."`
	Summary     string            `help:"Its summary."`
	Label       map[string]string `help:"Its labels: name=value; repeat it."`
}

// Run asks the server.
func (c RuleTryCmd) Run(ctx context.Context, g *Globals) error {
	t, err := g.Client().TryAlertRules(ctx, client.TrialEvent{Integration: c.Integration, Severity: c.Severity, Service: c.Service, Summary: c.Summary, Labels: c.Label})
	if err != nil {
		return err
	}
	return g.PrintOne(t, func() [][2]string {
		var pairs [][2]string
		for _, k := range t.Checks {
			why := k.Why
			if k.Matched {
				why = "matches"
			}
			pairs = append(pairs, [2]string{k.Rule, why})
		}
		if t.Rule == "" {
			pairs = append(pairs, [2]string{"catch-all", "no rule matches"})
		}
		result := "is shown, opens no incident"
		if t.Opens {
			result = "opens or joins the incident of " + t.Group
			if t.Page {
				result += ", pages"
			}
		}
		if t.Silence != "" {
			result = "is held back by " + t.Silence
		}
		return append(pairs, [2]string{"SERVICE", t.Service}, [2]string{"RESULT", result})
	})
}

// RuleDeleteCmd deletes a rule.
type RuleDeleteCmd struct{ RuleArg }

// Run asks the server.
func (c RuleDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteAlertRule(ctx, c.Name)
}
