package cli

import (
	"context"
	"strings"

	"github.com/evenkeel/evenkeel/client"
)

// TeamCmd is the teams. What is applied as code is edited there.
type TeamCmd struct {
	List   TeamListCmd   `cmd:"" help:"List teams by name."`
	Show   TeamShowCmd   `cmd:"" help:"Show a team with its members."`
	Create TeamCreateCmd `cmd:"" help:"Add a team."`
	Update TeamUpdateCmd `cmd:"" help:"Change a team; what is not named stays."`
	Delete TeamDeleteCmd `cmd:"" help:"Delete a team that owns nothing."`
}

// TeamListCmd lists teams.
type TeamListCmd struct{}

// Run reads all pages.
func (TeamListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Team], error) { return g.Client().Teams(ctx, cursor, 200) })
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "CALENDAR", "DESCRIPTION"}}
		for _, t := range all {
			lines = append(lines, []string{t.Name, t.Title, t.Calendar, firstLine(t.Description)})
		}
		return lines
	})
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// TeamArg names a team.
type TeamArg struct {
	Team string `arg:"" help:"Name of the team."`
}

// TeamShowCmd shows a team.
type TeamShowCmd struct{ TeamArg }

// Run asks the server.
func (c TeamShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printTeam(g.Client().Team(ctx, c.Team))
}

func (g *Globals) printTeam(t client.Team, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(t, func() [][2]string {
		pairs := [][2]string{{"NAME", t.Name}, {"TITLE", t.Title}, {"DESCRIPTION", t.Description}, {"CALENDAR", t.Calendar}, {"WAR ROOM", t.WarRoom}, {"MANAGED BY", t.ManagedBy}}
		for _, m := range t.Members {
			pairs = append(pairs, [2]string{strings.ToUpper(m.Role), m.Display + " (" + m.Handle + ")"})
		}
		return pairs
	})
}

// TeamFlags are what can be set about a team.
type TeamFlags struct {
	Title       *string  `help:"Title; default: the name."`
	Description *string  `help:"What the team does."`
	Calendar    *string  `help:"Name of its business calendar."`
	WarRoom     *string  `help:"https address of its war room; {key} stands for the incident's key."`
	Member      []string `help:"Member as handle or handle:role (lead, member, manager, executive); repeat it. Replaces all members."`
}

func (f TeamFlags) into(e *client.TeamEdit) {
	for _, p := range []struct{ to, from *string }{{&e.Title, f.Title}, {&e.Description, f.Description}, {&e.Calendar, f.Calendar}, {&e.WarRoom, f.WarRoom}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if f.Member != nil {
		e.Members = nil
	}
	for _, m := range f.Member {
		person, role, _ := strings.Cut(m, ":")
		e.Members = append(e.Members, client.MemberEdit{Person: person, Role: role})
	}
}

// TeamCreateCmd adds a team.
type TeamCreateCmd struct {
	TeamArg
	TeamFlags
}

// Run asks the server.
func (c TeamCreateCmd) Run(ctx context.Context, g *Globals) error {
	var e client.TeamEdit
	c.into(&e)
	return g.printTeam(g.Client().CreateTeam(ctx, c.Team, e))
}

// TeamUpdateCmd changes a team.
type TeamUpdateCmd struct {
	TeamArg
	TeamFlags
}

// Run reads the team, changes what is named, and writes it.
func (c TeamUpdateCmd) Run(ctx context.Context, g *Globals) error {
	t, err := g.Client().Team(ctx, c.Team)
	if err != nil {
		return err
	}
	e := t.Edit()
	c.into(&e)
	return g.printTeam(g.Client().UpdateTeam(ctx, c.Team, t.Version, e))
}

// TeamDeleteCmd deletes a team.
type TeamDeleteCmd struct{ TeamArg }

// Run asks the server.
func (c TeamDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteTeam(ctx, c.Team)
}
