package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
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

// ScheduleCmd is the schedules.
type ScheduleCmd struct {
	List     ScheduleListCmd     `cmd:"" help:"List schedules by name."`
	Show     ScheduleShowCmd     `cmd:"" help:"Show a schedule."`
	Create   ScheduleCreateCmd   `cmd:"" help:"Add a schedule from a file."`
	Update   ScheduleUpdateCmd   `cmd:"" help:"Replace a schedule by what is in a file."`
	Delete   ScheduleDeleteCmd   `cmd:"" help:"Delete a schedule that nothing uses."`
	Shifts   ScheduleShiftsCmd   `cmd:"" help:"List shifts, gaps included."`
	Preview  SchedulePreviewCmd  `cmd:"" help:"Show what saving a file would do."`
	Fairness ScheduleFairnessCmd `cmd:"" help:"Who carried how much."`
}

// ScheduleArg names a schedule.
type ScheduleArg struct {
	Schedule string `arg:"" help:"Name of the schedule."`
}

// ScheduleListCmd lists schedules.
type ScheduleListCmd struct {
	Team string `help:"Only this team's."`
}

// Run reads all pages.
func (c ScheduleListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Schedule], error) {
		return g.Client().Schedules(ctx, c.Team, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "TEAM", "ZONE", "LAYERS", "MANAGED BY"}}
		for _, s := range all {
			lines = append(lines, []string{s.Name, s.Title, s.Team, s.Zone, strconv.Itoa(len(s.Layers)), s.ManagedBy})
		}
		return lines
	})
}

// ScheduleShowCmd shows a schedule.
type ScheduleShowCmd struct{ ScheduleArg }

// Run asks the server.
func (c ScheduleShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSchedule(g.Client().Schedule(ctx, c.Schedule))
}

func (g *Globals) printSchedule(s client.Schedule, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(s, func() [][2]string {
		pairs := [][2]string{{"NAME", s.Name}, {"TITLE", s.Title}, {"TEAM", s.Team}, {"ZONE", s.Zone}, {"VERSION", strconv.FormatInt(s.Version, 10)},
			{"MANAGED BY", s.ManagedBy}, {"DESCRIPTION", s.Description}}
		for i := len(s.Layers) - 1; i >= 0; i-- { // the top one first
			l := s.Layers[i]
			turns := make([]string, len(l.Shifts))
			for j, t := range l.Shifts {
				turns[j] = strings.Join(t, "+")
			}
			text := fmt.Sprintf("%s every %s from %s: %s", cmp.Or(l.Name, fmt.Sprintf("layer %d", i+1)), l.Every, l.Start, strings.Join(turns, ", "))
			if l.End != "" {
				text += ", until " + l.End
			}
			for _, w := range l.Only {
				text += fmt.Sprintf(", only %s %s-%s %s", cmp.Or(strings.Join(w.Days, "+"), "daily"), w.From, w.To, w.Zone)
			}
			if l.Beside {
				text += ", beside those below"
			}
			pairs = append(pairs, [2]string{"LAYER", strings.TrimSpace(text)})
		}
		return pairs
	})
}

// FileArg names a file with a schedule.
type FileArg struct {
	File string `arg:"" help:"YAML or JSON: a document of kind Schedule, its spec alone, or what show -o yaml printed; - reads standard input."`
}

// spec reads the file; unknown fields are refused by the server, which names
// them.
func (f FileArg) spec(g *Globals) (s client.ScheduleSpec, err error) {
	var text []byte
	if f.File == "-" {
		text, err = io.ReadAll(g.In)
	} else {
		text, err = os.ReadFile(f.File)
	}
	if err != nil {
		return s, errs.BadField("file", f.File, "it cannot be read: "+err.Error())
	}
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return s, errs.BadField("file", f.File, yaml.FormatError(err, false, true))
	}
	var doc struct {
		Spec json.RawMessage `json:"spec"`
	}
	if json.Unmarshal(data, &doc) == nil && len(doc.Spec) > 0 {
		data = doc.Spec
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, errs.BadField("file", f.File, "it is no schedule: "+err.Error())
	}
	return s, nil
}

// ScheduleCreateCmd adds a schedule.
type ScheduleCreateCmd struct {
	ScheduleArg
	FileArg
}

// Run asks the server.
func (c ScheduleCreateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	return g.printSchedule(g.Client().CreateSchedule(ctx, c.Schedule, spec))
}

// ScheduleUpdateCmd replaces a schedule.
type ScheduleUpdateCmd struct {
	ScheduleArg
	FileArg
}

// Run reads the version and replaces it; another edit meanwhile is a conflict.
func (c ScheduleUpdateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	s, err := g.Client().Schedule(ctx, c.Schedule)
	if err != nil {
		return err
	}
	return g.printSchedule(g.Client().UpdateSchedule(ctx, c.Schedule, s.Version, spec))
}

// ScheduleDeleteCmd deletes a schedule.
type ScheduleDeleteCmd struct{ ScheduleArg }

// Run asks the server.
func (c ScheduleDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteSchedule(ctx, c.Schedule)
}

func duties(list []client.Duty) [][]string {
	lines := [][]string{{"FROM", "UNTIL", "ON CALL", "LAYER", "COVER"}}
	for _, d := range list {
		lines = append(lines, []string{cmp.Or(when(d.From), "always"), cmp.Or(when(d.Until), "for ever"), handles(d.People), d.Layer, d.Cover})
	}
	return lines
}

// ScheduleShiftsCmd lists shifts.
type ScheduleShiftsCmd struct {
	ScheduleArg
	SpanFlags
}

// Run asks the server.
func (c ScheduleShiftsCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	list, err := g.Client().Shifts(ctx, c.Schedule, from, to)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string { return duties(list.Items) })
}

// SchedulePreviewCmd shows what saving would do.
type SchedulePreviewCmd struct {
	FileArg
	Schedule string `help:"The schedule that it is for; default: a new one."`
	SpanFlags
}

// Run asks the server.
func (c SchedulePreviewCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	from, to := c.times()
	p, err := g.Client().PreviewSchedule(ctx, c.Schedule, spec, from, to)
	if err != nil {
		return err
	}
	if g.Output == "table" {
		for _, x := range p.Changes {
			g.Say("%s: %.1f h, was %.1f h", x.Person.Handle, x.After, x.Before)
		}
		for _, d := range p.NewGaps {
			g.Say("new gap: nobody from %s to %s", when(d.From), when(d.Until))
		}
	}
	return g.Print(p, func() [][]string { return duties(p.New) })
}

// ScheduleFairnessCmd shows who carried how much.
type ScheduleFairnessCmd struct {
	ScheduleArg
	SpanFlags
}

// Run asks the server.
func (c ScheduleFairnessCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	list, err := g.Client().ScheduleFairness(ctx, c.Schedule, from, to)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"PERSON", "HOURS", "SHIFTS", "NIGHTS", "WEEKENDS", "PAGES"}}
		for _, l := range list.Items {
			pages := ""
			if l.Pages != nil {
				pages = strconv.Itoa(*l.Pages)
			}
			lines = append(lines, []string{handles([]client.OnCallPerson{l.Person}), strconv.FormatFloat(l.Hours, 'f', 1, 64), strconv.Itoa(l.Shifts),
				strconv.Itoa(l.Nights), strconv.Itoa(l.Weekends), pages})
		}
		return lines
	})
}
