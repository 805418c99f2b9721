package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// OnCallCmd is who is on call, and schedules.
type OnCallCmd struct {
	Now      OnCallNowCmd    `cmd:"" help:"Who is on call, by schedule."`
	Mine     OnCallMineCmd   `cmd:"" help:"List somebody's shifts; without a name one's own."`
	Holes    OnCallHolesCmd  `cmd:"" help:"List times without anybody on call, and people who can no longer be paged."`
	Health   OnCallHealthCmd `cmd:"" help:"What on-call does to a team, and which of its alerts are noise."`
	Schedule ScheduleCmd     `cmd:"" help:"Schedules: layers of rotations."`
	Cover    CoverCmd        `cmd:"" help:"Put somebody in for others."`
	Absence  AbsenceCmd      `cmd:"" help:"Who is away, from every schedule."`
	Swap     SwapCmd         `cmd:"" help:"Offer shifts, and take them over."`
	Feed     OnCallFeedCmd   `cmd:"" help:"Make the address of a calendar feed."`
}

// Moment is a time on the command line: RFC 3339, or local without a zone.
type Moment struct{ time.Time }

// UnmarshalText reads it.
func (m *Moment) UnmarshalText(text []byte) error {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(form, string(text), time.Local); err == nil {
			m.Time = t
			return nil
		}
	}
	return fmt.Errorf("%q is no time; write it like 2026-12-24T09:00 (local) or 2026-12-24T09:00:00+01:00", text)
}

// SpanFlags are a time that is asked about.
type SpanFlags struct {
	From Moment        `help:"From when; default now."`
	To   Moment        `help:"Until when; default --for later."`
	For  time.Duration `help:"How long, when --to is not given." default:"14d"`
}

func (f SpanFlags) times() (from, to time.Time) {
	if from = f.From.Time; from.IsZero() {
		from = time.Now().Truncate(time.Second)
	}
	if to = f.To.Time; to.IsZero() {
		to = from.Add(f.For)
	}
	return from, to
}

func handles(people []client.OnCallPerson) string {
	names := make([]string, len(people))
	for i, p := range people {
		if names[i] = p.Handle; p.Gone {
			names[i] += " (gone)"
		}
	}
	return cmp.Or(strings.Join(names, ", "), "nobody")
}

func handle(p *client.OnCallPerson) string {
	if p == nil {
		return ""
	}
	return handles([]client.OnCallPerson{*p})
}

// OnCallNowCmd shows who is on call.
type OnCallNowCmd struct {
	Team string `help:"Only this team's schedules."`
	At   Moment `help:"At another time."`
}

// Run reads all pages.
func (c OnCallNowCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.OnCallNow], error) {
		return g.Client().OnCall(ctx, c.Team, c.At.Time, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"SCHEDULE", "ON CALL", "UNTIL", "NEXT", "LAYER", "COVER"}}
		for _, n := range all {
			next := ""
			if n.Next != nil {
				next = handles(n.Next.People) + " from " + when(n.Next.From)
			}
			lines = append(lines, []string{n.Schedule, cmp.Or(n.Fault, handles(n.People)), when(n.Until), next, n.Layer, n.Cover})
		}
		return lines
	})
}

// OnCallMineCmd lists shifts of a person.
type OnCallMineCmd struct {
	Person string `arg:"" optional:"" help:"Handle or key; default oneself."`
	SpanFlags
}

// Run asks the server.
func (c OnCallMineCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	list, err := g.Client().PersonShifts(ctx, c.Person, from, to)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"FROM", "UNTIL", "SCHEDULE", "LAYER", "ON CALL", "COVER"}}
		for _, s := range list.Items {
			lines = append(lines, []string{when(s.From), when(s.Until), s.Schedule, s.Layer, handles(s.People), s.Cover})
		}
		return lines
	})
}

// OnCallHolesCmd lists holes.
type OnCallHolesCmd struct {
	Planned bool `help:"Also hours that schedules leave out by design."`
	SpanFlags
}

// Run asks the server.
func (c OnCallHolesCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	list, err := g.Client().Holes(ctx, from, to)
	if err != nil {
		return err
	}
	if !c.Planned {
		list.Items = slices.DeleteFunc(list.Items, func(h client.Hole) bool { return h.Kind == "planned" })
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"SCHEDULE", "FROM", "UNTIL", "KIND", "WHO", "WHAT"}}
		for _, h := range list.Items {
			who := ""
			if len(h.People) > 0 {
				who = handles(h.People)
			}
			lines = append(lines, []string{h.Schedule, cmp.Or(when(h.From), "always"), cmp.Or(when(h.Until), "for ever"), h.Kind, who, h.Text})
		}
		return lines
	})
}

// OnCallFeedCmd makes or ends a calendar feed.
type OnCallFeedCmd struct {
	Schedule string `arg:"" optional:"" help:"Schedule; default one's own shifts."`
	End      bool   `help:"End the feed instead: its address stops working."`
}

// Run asks the server.
func (c OnCallFeedCmd) Run(ctx context.Context, g *Globals) error {
	if c.End {
		return g.Client().DeleteCalendarFeed(ctx, c.Schedule)
	}
	f, err := g.Client().CreateCalendarFeed(ctx, c.Schedule)
	if err != nil {
		return err
	}
	return g.PrintOne(f, func() [][2]string {
		return [][2]string{{"ADDRESS", strings.TrimSuffix(g.Server, "/") + f.Path}, {"NOTE", "whoever has this address can read it; it is shown once"}}
	})
}
