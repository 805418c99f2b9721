package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// ServiceCmd is the service catalog. What is applied as code is edited there.
type ServiceCmd struct {
	List   ServiceListCmd   `cmd:"" help:"List services by name."`
	Show   ServiceShowCmd   `cmd:"" help:"Show a service by name or alias."`
	Create ServiceCreateCmd `cmd:"" help:"Add a service."`
	Update ServiceUpdateCmd `cmd:"" help:"Change a service; what is not named stays."`
	Retire ServiceRetireCmd `cmd:"" help:"Take a service out of use; it stays readable."`
}

// ServiceListCmd lists services.
type ServiceListCmd struct {
	Team      string `help:"Owned by this team."`
	Tier      *int   `help:"Of this tier, 0 to 3."`
	Lifecycle string `help:"proposed, live, deprecated or retired; else all that are not retired."`
	Prefix    string `help:"Name begins with."`
	Level     string `help:"Lowest level of its scorecards: none, bronze, silver or gold."`
}

// Run reads all pages.
func (c ServiceListCmd) Run(ctx context.Context, g *Globals) error {
	f := client.ServiceFilter{Team: c.Team, Lifecycle: c.Lifecycle, Prefix: c.Prefix, Level: c.Level, Tier: c.Tier}
	all, err := everyPage(func(cursor string) (client.List[client.Service], error) {
		return g.Client().Services(ctx, f, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "TEAM", "TIER", "LIFECYCLE", "PROMISE"}}
		for _, s := range all {
			lines = append(lines, []string{s.Name, s.Title, s.Team, strconv.Itoa(s.Tier), s.Lifecycle, s.Promise})
		}
		return lines
	})
}

// ServiceArg names a service.
type ServiceArg struct {
	Service string `arg:"" help:"Name of the service."`
}

// ServiceShowCmd shows a service.
type ServiceShowCmd struct{ ServiceArg }

// Run asks the server.
func (c ServiceShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printService(g.Client().Service(ctx, c.Service))
}

func (g *Globals) printService(s client.Service, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(s, func() [][2]string {
		pairs := [][2]string{{"NAME", s.Name}, {"TITLE", s.Title}, {"TEAM", s.Team}, {"TIER", strconv.Itoa(s.Tier)}, {"LIFECYCLE", s.Lifecycle},
			{"PROMISE", s.Promise}, {"ALIASES", strings.Join(s.Aliases, ", ")}, {"MANAGED BY", s.ManagedBy}}
		for _, l := range s.Links {
			text := strings.TrimSpace(l.Title + " " + l.URL)
			if l.Checked != "" {
				text += ", checked " + l.Checked
			}
			pairs = append(pairs, [2]string{strings.ToUpper(l.Kind), text})
		}
		return append(pairs, portfolioPairs(s)...)
	})
}

// ServiceFlags are what can be set about a service.
type ServiceFlags struct {
	Title     *string  `help:"Title; default: the name."`
	Team      *string  `help:"The team that owns it."`
	Tier      *int     `help:"0 carries the business, 3 is internal."`
	Lifecycle *string  `help:"proposed, live, deprecated or retired."`
	Promise   *string  `help:"One sentence that a user understands."`
	Alias     []string `help:"What a monitor calls it; repeat it. Replaces all aliases."`
	Link      []string `help:"A link as URL, kind=URL or kind@2026-03-31=URL, the day on which it was last read (runbook, dashboard, repository, documentation, chat, other); repeat it. Replaces all links."`
	PortfolioFlags
}

func (f ServiceFlags) into(e *client.ServiceEdit) error {
	for _, p := range []struct{ to, from *string }{{&e.Title, f.Title}, {&e.Team, f.Team}, {&e.Lifecycle, f.Lifecycle}, {&e.Promise, f.Promise}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if f.Tier != nil {
		e.Tier = f.Tier
	}
	if f.Alias != nil {
		e.Aliases = f.Alias
	}
	if f.Link != nil {
		e.Links = nil
	}
	for _, l := range f.Link {
		kind, address, ok := strings.Cut(l, "=")
		if !ok || strings.Contains(kind, ":") { // a URL with = in its query
			kind, address = "", l
		}
		kind, day, _ := strings.Cut(kind, "@")
		e.Links = append(e.Links, client.Link{Kind: kind, URL: address, Checked: day})
	}
	return f.PortfolioFlags.into(&e.Portfolio)
}

// ServiceCreateCmd adds a service.
type ServiceCreateCmd struct {
	ServiceArg
	ServiceFlags
}

// Run asks the server.
func (c ServiceCreateCmd) Run(ctx context.Context, g *Globals) error {
	var e client.ServiceEdit
	if err := c.into(&e); err != nil {
		return err
	}
	return g.printService(g.Client().CreateService(ctx, c.Service, e))
}

// ServiceUpdateCmd changes a service.
type ServiceUpdateCmd struct {
	ServiceArg
	ServiceFlags
}

// Run reads the service, changes what is named, and writes it.
func (c ServiceUpdateCmd) Run(ctx context.Context, g *Globals) error {
	s, err := g.Client().Service(ctx, c.Service)
	if err != nil {
		return err
	}
	e := s.Edit()
	if err := c.into(&e); err != nil {
		return err
	}
	return g.printService(g.Client().UpdateService(ctx, s.Name, s.Version, e))
}

// ServiceRetireCmd retires a service.
type ServiceRetireCmd struct{ ServiceArg }

// Run asks the server.
func (c ServiceRetireCmd) Run(ctx context.Context, g *Globals) error {
	return g.printService(g.Client().RetireService(ctx, c.Service))
}
