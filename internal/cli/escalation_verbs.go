package cli

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// IncidentLadderCmd shows the ladder.
type IncidentLadderCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentLadderCmd) Run(ctx context.Context, g *Globals) error {
	return g.printLadder(g.Client().Ladder(ctx, c.Key))
}

func (g *Globals) printLadder(l client.Ladder, err error) error {
	if err != nil {
		return err
	}
	return g.Print(l, func() [][]string {
		lines := stageLines(l.Stages)
		state := l.State
		if state == "" {
			state = "none: its priority pages nobody, or no policy serves it"
		}
		lines = append(lines, nil, []string{"STATE", state, l.Title, l.Cause})
		for _, r := range l.Requests {
			lines = append(lines, []string{"ASKED", r.Person.Name, r.Kind + ", " + r.State, r.Note})
		}
		return lines
	})
}

// IncidentEscalateCmd does the next step now.
type IncidentEscalateCmd struct {
	KeyArg
	Note string `help:"A sentence for the timeline."`
}

// Run asks the server.
func (c IncidentEscalateCmd) Run(ctx context.Context, g *Globals) error {
	return g.printLadder(g.Client().Escalate(ctx, c.Key, c.Note))
}

// IncidentSnoozeCmd holds the ladder back.
type IncidentSnoozeCmd struct {
	KeyArg
	For  time.Duration `arg:"" help:"For so long, 1m to 24h."`
	Note string        `help:"A sentence for the timeline."`
}

// Run asks the server.
func (c IncidentSnoozeCmd) Run(ctx context.Context, g *Globals) error {
	return g.printLadder(g.Client().Snooze(ctx, c.Key, time.Now().Add(c.For).UTC(), c.Note))
}

// IncidentUnsnoozeCmd lets the ladder go on.
type IncidentUnsnoozeCmd struct{ KeyArg }

// Run asks the server.
func (c IncidentUnsnoozeCmd) Run(ctx context.Context, g *Globals) error {
	return g.printLadder(g.Client().Unsnooze(ctx, c.Key))
}

// IncidentResponderCmd asks people to help.
type IncidentResponderCmd struct {
	KeyArg
	Person   string `help:"Handle or key." xor:"who" required:""`
	Schedule string `help:"Who is on call in this schedule." xor:"who" required:""`
	Team     string `help:"Members and leads of this team." xor:"who" required:""`
	Note     string `help:"What is needed."`
}

// Run asks the server.
func (c IncidentResponderCmd) Run(ctx context.Context, g *Globals) error {
	return g.printLadder(g.Client().AddResponder(ctx, c.Key, c.Person, c.Schedule, c.Team, c.Note))
}

// IncidentHandoverCmd asks a person to take it over.
type IncidentHandoverCmd struct {
	KeyArg
	To   string `arg:"" help:"Handle or key of a person."`
	Note string `help:"How it stands."`
}

// Run asks the server.
func (c IncidentHandoverCmd) Run(ctx context.Context, g *Globals) error {
	return g.printLadder(g.Client().HandOver(ctx, c.Key, c.To, c.Note))
}

// IncidentAnswerCmd answers a request.
type IncidentAnswerCmd struct {
	KeyArg
	Answer string `arg:"" help:"accept or decline." enum:"accept,decline"`
	Note   string `help:"A sentence for the timeline."`
}

// Run asks the server.
func (c IncidentAnswerCmd) Run(ctx context.Context, g *Globals) error {
	return g.printLadder(g.Client().AnswerRequest(ctx, c.Key, c.Answer == "accept", c.Note))
}
