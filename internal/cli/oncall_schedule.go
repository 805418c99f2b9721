package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

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
