package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ChangeMoreCmds are what is around single changes: when, how well, why.
type ChangeMoreCmds struct {
	Calendar   ChangeCalendarCmd   `cmd:"" help:"Show what is planned and under way, freezes, and what collides."`
	Collisions ChangeCollisionsCmd `cmd:"" help:"Say what stands in the way of a planned change, and when it fits; nothing is kept."`
	Window     ChangeWindowCmd     `cmd:"" help:"Freezes, change windows, maintenance, release trains."`
	Feed       ChangeFeedCmd       `cmd:"" help:"Feeds of the calendar for calendar programs."`

	Measures ChangeMeasuresCmd `cmd:"" help:"Measure changes by DORA's definitions, with the records behind each figure."`
	Ledger   ChangeLedgerCmd   `cmd:"" help:"Say what each approval step cost, and whether it helps."`
	Import   ChangeImportCmd   `cmd:"" help:"Take in deployments of before, as CSV."`

	Risk         ChangeRiskCmd         `cmd:"" help:"The weights of the risk score: how good they are, and better ones."`
	Verification ChangeVerificationCmd `cmd:"" help:"Show how a service fared after a change."`
	Suspects     ChangeSuspectsCmd     `cmd:"" help:"List the changes that may have caused an incident; say which one did."`
	Incidents    ChangeIncidentsCmd    `cmd:"" help:"List the incidents that a change caused, or is suspected of."`
	Packet       ChangePacketCmd       `cmd:"" help:"Write the evidence packet of a change."`
}

// read reads a file, or standard input for "-".
func (g *Globals) read(flag, name string) ([]byte, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(g.In)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, errs.BadField(flag, name, "it cannot be read: "+err.Error())
	}
	return text, nil
}

// ChangeCalendarCmd shows the time line.
type ChangeCalendarCmd struct {
	SpanFlags
	Team        string `help:"Only of this team's services."`
	Service     string `help:"Only of this service."`
	Environment string `help:"Only of this environment."`
	Quiet       bool   `help:"Leave out routine changes."`
}

// Run asks the server.
func (c ChangeCalendarCmd) Run(ctx context.Context, g *Globals) error {
	from, to := c.times()
	v, err := g.Client().ChangeCalendar(ctx, client.CalendarAsk{From: from, To: to, Team: c.Team, Service: c.Service, Environment: c.Environment, Quiet: c.Quiet})
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(v, nil)
	}
	for _, w := range v.Warnings {
		g.Say("! %s", warningText(w))
	}
	return g.Print(nil, func() [][]string {
		lines := [][]string{{"FROM", "TO", "WHAT", "STATE", "FOR", "TITLE"}}
		for _, w := range v.Windows {
			on := strings.Join(w.Covers, ", ")
			if w.All {
				on = "all"
			}
			lines = append(lines, []string{when(w.From), when(deref(w.To)), w.Name, w.Kind, on, w.Title})
		}
		for _, m := range v.Marks {
			lines = append(lines, []string{when(m.From), when(deref(m.To)), m.Key, "", strings.Join(m.Services, ", "), m.Title})
		}
		for _, l := range v.Lanes {
			for _, b := range l.Changes {
				lines = append(lines, []string{when(b.From), when(deref(b.To)), b.Change, b.State, l.Service, b.Title})
			}
		}
		return lines
	})
}

// warningText is a warning as one line.
func warningText(w client.CalendarWarning) string {
	what := "it"
	if w.Change != nil {
		what = w.Change.Change
	}
	switch w.Kind {
	case "collision":
		what += " collides"
		if w.Other != nil {
			what += " with " + w.Other.Change
		}
		if w.Service != "" {
			what += " on " + w.Service
		}
	case "freeze":
		what += " is held by the freeze " + w.Window
	default:
		what += " lies outside of the window " + w.Window
	}
	if w.Move != nil {
		what += "; it fits at " + when(*w.Move)
	}
	return what
}

// ChangeCollisionsCmd looks at a planned change.
type ChangeCollisionsCmd struct {
	Services    []string      `arg:"" help:"Services that it touches, the main one first."`
	From        Moment        `help:"When it shall start." required:""`
	For         time.Duration `help:"How long it takes." default:"1h"`
	Environment string        `help:"Default: production."`
	Type        string        `help:"standard, normal or emergency."`
	Purpose     string        `help:"feature, fix, security, reliability, rollback."`
	Kind        string        `help:"deploy, config, infrastructure, schema, flag."`
	Change      string        `help:"The change that it is, if there is one." placeholder:"CHG-7"`
}

// Run asks the server.
func (c ChangeCollisionsCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.Client().CheckPlannedChange(ctx, client.PlannedChange{
		Services: c.Services, From: c.From.Time, To: c.From.Add(c.For), Environment: c.Environment, Type: c.Type, Purpose: c.Purpose, Kind: c.Kind, Change: c.Change,
	})
	if err != nil {
		return err
	}
	if g.Output != "table" {
		return g.Print(a, nil)
	}
	for _, f := range a.Windows.Freezes {
		g.Say("freeze %s until %s; allows %s", f.Name, when(f.Until), orNone(strings.Join(f.Allows, ", ")))
	}
	if a.Windows.Required != "" && !a.Windows.Inside {
		g.Say("it must start inside the window %s, which opens at %s", a.Windows.Required, when(a.Windows.Next))
	}
	for _, w := range a.Warnings {
		g.Say("%s", warningText(w))
	}
	switch {
	case a.Free == nil:
		g.Say("no time that suits is known")
	case a.Free.Equal(c.From.Time):
		g.Say("nothing is in the way")
	default:
		g.Say("the first time that suits: %s", when(*a.Free))
	}
	return nil
}

func orNone(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// ChangeWindowCmd is freezes and windows.
type ChangeWindowCmd struct {
	List    WindowListCmd    `cmd:"" default:"1" help:"List freezes and windows, with what is on now."`
	Show    WindowShowCmd    `cmd:"" help:"Show one."`
	Preview WindowPreviewCmd `cmd:"" help:"Say when one in a file would take place; nothing is kept."`
	Create  WindowCreateCmd  `cmd:"" help:"Add one from a file."`
	Update  WindowUpdateCmd  `cmd:"" help:"Replace one by what is in a file."`
	Delete  WindowDeleteCmd  `cmd:"" help:"Take one away."`
}

// WindowListCmd lists windows.
type WindowListCmd struct {
	Kind string `help:"Only of this kind." enum:"freeze,change-window,maintenance,release-train," default:""`
}

// Run reads all pages.
func (c WindowListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := pages(0, func(cursor string, n int) (client.List[client.ChangeWindow], error) {
		return g.Client().ChangeWindows(ctx, c.Kind, cursor, n)
	})
	if err != nil {
		return err
	}
	now, err := g.Client().WindowStandings(ctx)
	if err != nil {
		return err
	}
	standing := map[string]client.WindowStanding{}
	for _, s := range now.Items {
		standing[s.Name] = s
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "KIND", "NOW", "UNTIL", "TITLE", "MANAGED BY"}}
		for _, w := range all {
			s := standing[w.Name]
			lines = append(lines, []string{w.Name, w.Kind, map[bool]string{true: "on", false: "off"}[s.On], when(deref(s.Until)), w.Title, w.ManagedBy})
		}
		return lines
	})
}

// WindowArg names a window.
type WindowArg struct {
	Name string `arg:"" help:"Name of the window."`
}

// WindowShowCmd shows one.
type WindowShowCmd struct{ WindowArg }

// Run asks the server.
func (c WindowShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printWindow(g.Client().ChangeWindow(ctx, c.Name))
}

func (g *Globals) printWindow(w client.ChangeWindow, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(w, func() [][2]string {
		scope, _ := json.Marshal(w.Scope)
		return [][2]string{{"NAME", w.Name}, {"KIND", w.Kind}, {"TITLE", w.Title}, {"REASON", w.Reason}, {"SCOPE", string(scope)}, {"ALLOWS", strings.Join(w.Allows, ", ")}, {"ZONE", w.Zone}, {"START", w.Start}, {"END", w.End},
			{"DURATION", w.Duration}, {"REPEAT", w.Repeat}, {"ALSO", strings.Join(w.Also, ", ")}, {"EXCEPT", strings.Join(w.Except, ", ")}, {"CALENDAR", w.Calendar}, {"HOURS", w.Hours}, {"VERSION", fmt.Sprint(w.Version)}, {"MANAGED BY", w.ManagedBy}}
	})
}

// WindowFile names a window and a file with it.
type WindowFile struct {
	WindowArg
	File string `arg:"" help:"YAML or JSON: a document of kind ChangeWindow, its spec alone, or what show -o yaml printed; - reads standard input."`
}

// spec reads the file; the server checks it.
func (f WindowFile) spec(g *Globals) (s client.ChangeWindowSpec, err error) {
	text, err := g.read("file", f.File)
	if err != nil {
		return s, err
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
		return s, errs.BadField("file", f.File, "it is no window: "+err.Error())
	}
	return s, nil
}

// WindowPreviewCmd says when a window would take place.
type WindowPreviewCmd struct {
	WindowFile
	Max int `help:"At most so many times, up to 50." default:"10"`
}

// Run asks the server.
func (c WindowPreviewCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	list, err := g.Client().PreviewChangeWindow(ctx, c.Name, spec, c.Max)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"FROM", "TO"}}
		for _, s := range list.Items {
			lines = append(lines, []string{when(s.From), when(deref(s.To))})
		}
		return lines
	})
}

// WindowCreateCmd adds one.
type WindowCreateCmd struct{ WindowFile }

// Run asks the server.
func (c WindowCreateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	return g.printWindow(g.Client().CreateChangeWindow(ctx, c.Name, spec))
}

// WindowUpdateCmd replaces one.
type WindowUpdateCmd struct {
	WindowFile
	Revision int64 `help:"The version that is edited; default the present one."`
}

// Run asks the server.
func (c WindowUpdateCmd) Run(ctx context.Context, g *Globals) error {
	spec, err := c.spec(g)
	if err != nil {
		return err
	}
	if c.Revision == 0 {
		now, err := g.Client().ChangeWindow(ctx, c.Name)
		if err != nil {
			return err
		}
		c.Revision = now.Version
	}
	return g.printWindow(g.Client().UpdateChangeWindow(ctx, c.Name, c.Revision, spec))
}

// WindowDeleteCmd takes one away.
type WindowDeleteCmd struct{ WindowArg }

// Run asks the server.
func (c WindowDeleteCmd) Run(ctx context.Context, g *Globals) error {
	if err := g.Client().DeleteChangeWindow(ctx, c.Name); err != nil {
		return err
	}
	g.Say("%s is gone", c.Name)
	return nil
}

// ChangeFeedCmd is calendar feeds.
type ChangeFeedCmd struct {
	Team    string `help:"Only of this team."`
	Service string `help:"Only of this service."`
	New     bool   `help:"Make the address of a feed; an earlier one of the same choice stops working." xor:"do"`
	End     bool   `help:"End a feed." xor:"do"`
}

// Run asks the server.
func (c ChangeFeedCmd) Run(ctx context.Context, g *Globals) error {
	switch {
	case c.New:
		f, err := g.Client().CreateChangeFeed(ctx, c.Team, c.Service)
		if err != nil {
			return err
		}
		return g.PrintOne(f, func() [][2]string {
			return [][2]string{{"ADDRESS", strings.TrimSuffix(g.Server, "/") + f.Path}}
		})
	case c.End:
		if err := g.Client().DeleteChangeFeed(ctx, c.Team, c.Service); err != nil {
			return err
		}
		g.Say("the feed ended")
		return nil
	}
	list, err := g.Client().ChangeFeeds(ctx)
	if err != nil {
		return err
	}
	return g.Print(list.Items, func() [][]string {
		lines := [][]string{{"TEAM", "SERVICE", "MADE"}}
		for _, f := range list.Items {
			lines = append(lines, []string{f.Team, f.Service, when(deref(f.Created))})
		}
		return lines
	})
}
