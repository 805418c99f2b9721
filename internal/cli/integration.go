package cli

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// IntegrationCmd is the senders of alerts. What is applied as code is edited
// there.
type IntegrationCmd struct {
	List   IntegrationListCmd   `cmd:"" help:"List integrations by name."`
	Show   IntegrationShowCmd   `cmd:"" help:"Show an integration."`
	Create IntegrationCreateCmd `cmd:"" help:"Add an integration and print its token, once."`
	Update IntegrationUpdateCmd `cmd:"" help:"Change an integration; what is not named stays."`
	Rotate IntegrationRotateCmd `cmd:"" help:"Make a new token; the old one keeps working for a while."`
	Delete IntegrationDeleteCmd `cmd:"" help:"Delete an integration that never made an alert."`
}

// IntegrationListCmd lists integrations.
type IntegrationListCmd struct{}

// Run reads all pages.
func (IntegrationListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Integration], error) {
		return g.Client().Integrations(ctx, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "KIND", "SERVICE", "TEAM", "LAST SEEN", "STATE"}}
		for _, in := range all {
			lines = append(lines, []string{in.Name, in.Kind, in.Service, in.Team, seen(in.LastSeen), integrationState(in)})
		}
		return lines
	})
}

func seen(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return when(*t)
}

func integrationState(in client.Integration) string {
	switch {
	case in.Disabled:
		return "disabled"
	case in.Silent:
		return "silent"
	}
	return "on"
}

// IntegrationArg names an integration.
type IntegrationArg struct {
	Name string `arg:"" help:"Name of the integration."`
}

// IntegrationShowCmd shows an integration.
type IntegrationShowCmd struct{ IntegrationArg }

// Run asks the server.
func (c IntegrationShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printIntegration(g.Client().Integration(ctx, c.Name))
}

func (g *Globals) printIntegration(in client.Integration, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(in, func() [][2]string {
		return [][2]string{{"NAME", in.Name}, {"KIND", in.Kind}, {"TITLE", in.Title}, {"SERVICE", in.Service}, {"TEAM", in.Team}, {"INTERVAL", in.Interval},
			{"GRACE", in.Grace}, {"SEVERITY", in.Severity}, {"STATE", integrationState(in)}, {"LAST SEEN", seen(in.LastSeen)}, {"MANAGED BY", in.ManagedBy},
			{"TOKEN", in.Token}}
	})
}

// IntegrationFlags are what can be set about an integration.
type IntegrationFlags struct {
	Title    *string        `help:"Title for people."`
	Service  *string        `help:"Service of alerts that name none."`
	Team     *string        `help:"Team that gets alerts without a service."`
	Interval *time.Duration `help:"Heartbeat: how often it beats."`
	Grace    *time.Duration `help:"Heartbeat: how late a beat may be."`
	Severity *string        `help:"Heartbeat: severity of its silence."`
	Disabled *bool          `help:"Refuse its token." negatable:""`
}

func (f IntegrationFlags) into(e *client.IntegrationEdit) {
	for _, p := range []struct{ to, from *string }{{&e.Title, f.Title}, {&e.Service, f.Service}, {&e.Team, f.Team}, {&e.Severity, f.Severity}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if f.Interval != nil {
		e.Interval = f.Interval.String()
	}
	if f.Grace != nil {
		e.Grace = f.Grace.String()
	}
	if f.Disabled != nil {
		e.Disabled = *f.Disabled
	}
}

// IntegrationCreateCmd adds an integration.
type IntegrationCreateCmd struct {
	IntegrationArg
	Kind string `help:"alertmanager, prometheus, pagerduty, opsgenie, grafana, generic or heartbeat." required:"" enum:"alertmanager,prometheus,pagerduty,opsgenie,grafana,generic,heartbeat"`
	IntegrationFlags
}

// Run asks the server.
func (c IntegrationCreateCmd) Run(ctx context.Context, g *Globals) error {
	var e client.IntegrationEdit
	c.into(&e)
	in, err := g.Client().CreateIntegration(ctx, c.Name, c.Kind, e)
	if err == nil {
		g.Say("The token is shown this once; the integration's page has the set-up to copy.")
	}
	return g.printIntegration(in, err)
}

// IntegrationUpdateCmd changes an integration.
type IntegrationUpdateCmd struct {
	IntegrationArg
	IntegrationFlags
}

// Run reads the integration, changes what is named, and writes it.
func (c IntegrationUpdateCmd) Run(ctx context.Context, g *Globals) error {
	in, err := g.Client().Integration(ctx, c.Name)
	if err != nil {
		return err
	}
	e := in.IntegrationEdit
	c.into(&e)
	return g.printIntegration(g.Client().UpdateIntegration(ctx, c.Name, in.Version, e))
}

// IntegrationRotateCmd makes a new token.
type IntegrationRotateCmd struct {
	IntegrationArg
	Overlap time.Duration `help:"How long the old token keeps working; 0 ends it at once." default:"24h"`
}

// Run asks the server.
func (c IntegrationRotateCmd) Run(ctx context.Context, g *Globals) error {
	token, err := g.Client().RotateToken(ctx, c.Name, c.Overlap)
	if err != nil {
		return err
	}
	return g.PrintOne(map[string]string{"token": token}, func() [][2]string { return [][2]string{{"TOKEN", token}} })
}

// IntegrationDeleteCmd deletes an integration.
type IntegrationDeleteCmd struct{ IntegrationArg }

// Run asks the server.
func (c IntegrationDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteIntegration(ctx, c.Name)
}
