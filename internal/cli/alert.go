package cli

import (
	"cmp"
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// AlertCmd is the alerts.
type AlertCmd struct {
	List     AlertListCmd     `cmd:"" help:"List alerts: firing first, by severity and newest."`
	Show     AlertShowCmd     `cmd:"" help:"Show an alert with its episodes."`
	Episodes AlertEpisodesCmd `cmd:"" help:"List all episodes of an alert, newest first."`
	Count    AlertCountCmd    `cmd:"" help:"Count alerts, up to 1,000."`
	Link     AlertLinkCmd     `cmd:"" help:"Put an alert into an incident by hand."`
}

// AlertFlags select alerts.
type AlertFlags struct {
	Status      string   `help:"firing or resolved." enum:"firing,resolved,all" default:"firing"`
	Severity    []string `help:"critical, error, warning, info; one or several."`
	Service     []string `help:"Service; one or several."`
	Integration string   `help:"Name of the integration."`
	Incident    string   `help:"Key of the incident." placeholder:"INC-1"`
	NoIncident  bool     `help:"Only those that are in no incident."`
	Unrouted    bool     `help:"Only those that no rule matched."`
	Silenced    bool     `help:"Only silenced ones."`
	Flapping    bool     `help:"Only flapping ones."`
	Label       []string `help:"Matcher on labels, like env=prod or 'job=~\"api|web\"'; repeat it." sep:"none"`
	Text        string   `help:"Text in summary, source, service or dedup key." short:"q"`
}

func (f AlertFlags) filter() client.AlertFilter {
	if f.Status == "all" {
		f.Status = ""
	}
	return client.AlertFilter{Status: f.Status, Severity: f.Severity, Service: f.Service, Integration: f.Integration, Incident: f.Incident,
		NoIncident: f.NoIncident, Unrouted: f.Unrouted, Silenced: f.Silenced, Flapping: f.Flapping, Labels: f.Label, Text: f.Text}
}

// AlertListCmd lists alerts.
type AlertListCmd struct {
	AlertFlags
	Max int `help:"At most so many." default:"200"`
}

// Run follows pages until there are enough.
func (c AlertListCmd) Run(ctx context.Context, g *Globals) error {
	all := []client.Alert{}
	for cursor := ""; len(all) < c.Max; {
		list, err := g.Client().Alerts(ctx, c.filter(), cursor, min(200, c.Max-len(all)))
		if err != nil {
			return err
		}
		all = append(all, list.Items...)
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"KEY", "STATUS", "SEVERITY", "SUMMARY", "SERVICE", "SINCE", "TIMES", "INCIDENT"}}
		for _, a := range all {
			lines = append(lines, []string{a.Key, a.Status, a.Severity, firstLine(a.Summary), a.Service, when(a.StartsAt), strconv.FormatInt(a.Count, 10), alertPlace(a)})
		}
		return lines
	})
}

// alertPlace says where an alert went.
func alertPlace(a client.Alert) string {
	switch {
	case a.Incident != "":
		return a.Incident
	case a.Silence != "":
		return "silenced by " + a.Silence
	case a.Quiet:
		return "quiet by rule " + a.Rule
	case a.Unrouted:
		return "unrouted"
	}
	return ""
}

// AlertCountCmd counts alerts.
type AlertCountCmd struct{ AlertFlags }

// Run asks the server.
func (c AlertCountCmd) Run(ctx context.Context, g *Globals) error {
	n, more, err := g.Client().CountAlerts(ctx, c.filter())
	if err != nil {
		return err
	}
	text := strconv.Itoa(n)
	if more {
		text += "+"
	}
	return g.PrintOne(map[string]any{"count": n, "more": more}, func() [][2]string { return [][2]string{{"COUNT", text}} })
}

// AlertShowCmd shows an alert.
type AlertShowCmd struct {
	Key string `arg:"" help:"Key of the alert." placeholder:"ALR-1"`
}

// Run asks the server.
func (c AlertShowCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.Client().Alert(ctx, c.Key)
	if err != nil {
		return err
	}
	return printAlert(g, a)
}

// AlertEpisodesCmd lists the whole history of an alert; show has the latest.
type AlertEpisodesCmd struct {
	Key   string `arg:"" help:"Key of the alert." placeholder:"ALR-1"`
	Limit int    `help:"At most so many." default:"100"`
}

// Run reads as many pages as it takes.
func (c AlertEpisodesCmd) Run(ctx context.Context, g *Globals) error {
	var all []client.Episode
	for cursor := ""; len(all) < c.Limit; {
		l, err := g.Client().Episodes(ctx, c.Key, cursor, min(c.Limit-len(all), 200))
		if err != nil {
			return err
		}
		all = append(all, l.Items...)
		if cursor = l.Next; cursor == "" {
			break
		}
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"FROM", "UNTIL", "SEVERITY", "EVENTS", "SUMMARY", "RULE", "WENT TO"}}
		for _, e := range all {
			lines = append(lines, []string{when(e.StartsAt), when(deref(e.EndsAt)), e.Severity, strconv.FormatInt(e.Count, 10), firstLine(e.Summary), e.Rule, cmp.Or(e.Incident, e.Silence)})
		}
		return lines
	})
}

// AlertLinkCmd puts an alert into an incident.
type AlertLinkCmd struct {
	Key      string `arg:"" help:"Key of the alert." placeholder:"ALR-1"`
	Incident string `arg:"" help:"Key of the incident." placeholder:"INC-1"`
}

// Run asks the server.
func (c AlertLinkCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.Client().LinkAlert(ctx, c.Key, c.Incident)
	if err != nil {
		return err
	}
	return printAlert(g, a)
}

func printAlert(g *Globals, a client.Alert) error {
	return g.PrintOne(a, func() [][2]string {
		pairs := [][2]string{{"KEY", a.Key}, {"SUMMARY", a.Summary}, {"STATUS", a.Status}, {"SEVERITY", a.Severity}, {"SERVICE", a.Service}, {"SOURCE", a.Source},
			{"INTEGRATION", a.Integration}, {"DEDUP", a.Dedup}, {"RULE", a.Rule}, {"WENT TO", alertPlace(a)}, {"SINCE", when(a.StartsAt)}}
		if a.EndsAt != nil {
			pairs = append(pairs, [2]string{"UNTIL", when(*a.EndsAt)})
		}
		if a.Flapping {
			pairs = append(pairs, [2]string{"FLAPPING", "yes"})
		}
		pairs = append(pairs, [2]string{"EVENTS", fmt.Sprintf("%d now, %d ever", a.Count, a.Total)})
		for _, m := range []struct {
			name string
			m    map[string]string
		}{{"LABEL", a.Labels}, {"ANNOTATION", a.Annotations}} {
			for _, k := range sortedKeys(m.m) {
				pairs = append(pairs, [2]string{m.name, k + "=" + m.m[k]})
			}
		}
		for _, l := range a.Links {
			pairs = append(pairs, [2]string{"LINK", strings.TrimSpace(l.Text + " " + l.Href)})
		}
		for _, e := range a.Episodes {
			until := "still firing"
			if e.EndsAt != nil {
				until = "until " + when(*e.EndsAt)
			}
			pairs = append(pairs, [2]string{"EPISODE", strings.TrimSpace(fmt.Sprintf("%s %s, %s %s", e.Severity, when(e.StartsAt), until, e.Incident))})
		}
		return pairs
	})
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// SilenceCmd is the silences.
type SilenceCmd struct {
	List   SilenceListCmd   `cmd:"" help:"List silences by end, latest first."`
	Show   SilenceShowCmd   `cmd:"" help:"Show a silence."`
	Create SilenceCreateCmd `cmd:"" help:"Hold matching alerts back for a while."`
	Expire SilenceExpireCmd `cmd:"" help:"End a silence now; what still fires is routed."`
}

// SilenceListCmd lists silences.
type SilenceListCmd struct {
	Over bool `help:"Also those that are over."`
}

// Run reads all pages.
func (c SilenceListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Silence], error) {
		return g.Client().Silences(ctx, c.Over, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"KEY", "STATE", "KIND", "UNTIL", "MATCHERS", "COMMENT"}}
		for _, s := range all {
			lines = append(lines, []string{s.Key, s.State, s.Kind, when(s.EndsAt), strings.Join(s.Matchers, ", "), firstLine(s.Comment)})
		}
		return lines
	})
}

// SilenceShowCmd shows a silence.
type SilenceShowCmd struct {
	Key string `arg:"" help:"Key of the silence." placeholder:"SIL-1"`
}

// Run asks the server.
func (c SilenceShowCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSilence(g.Client().Silence(ctx, c.Key))
}

// SilenceCreateCmd makes a silence.
type SilenceCreateCmd struct {
	Matchers    []string      `arg:"" help:"Conditions that must all hold, like service=checkout."`
	For         time.Duration `help:"How long." default:"1h"`
	Start       time.Time     `help:"When it begins (RFC 3339); default now."`
	Comment     string        `short:"m" help:"Why."`
	Maintenance bool          `help:"Planned work rather than a known fault."`
	DryRun      bool          `help:"Only show which firing alerts it would hold back."`
}

// Run asks the server.
func (c SilenceCreateCmd) Run(ctx context.Context, g *Globals) error {
	if c.DryRun {
		found, n, more, err := g.Client().PreviewSilence(ctx, c.Matchers)
		if err != nil {
			return err
		}
		plus := ""
		if more {
			plus = "+"
		}
		g.Say("%d%s firing alerts match", n, plus)
		return g.Print(found, func() [][]string {
			lines := [][]string{{"KEY", "SEVERITY", "SUMMARY", "SERVICE"}}
			for _, a := range found {
				lines = append(lines, []string{a.Key, a.Severity, firstLine(a.Summary), a.Service})
			}
			return lines
		})
	}
	in := client.SilenceNew{Matchers: c.Matchers, StartsAt: c.Start, Comment: c.Comment}
	if c.Maintenance {
		in.Kind = "maintenance"
	}
	begin := c.Start
	if begin.IsZero() {
		begin = time.Now()
	}
	in.EndsAt = begin.Add(c.For)
	return g.printSilence(g.Client().CreateSilence(ctx, in))
}

// SilenceExpireCmd ends a silence.
type SilenceExpireCmd struct {
	Key string `arg:"" help:"Key of the silence." placeholder:"SIL-1"`
}

// Run asks the server.
func (c SilenceExpireCmd) Run(ctx context.Context, g *Globals) error {
	return g.printSilence(g.Client().ExpireSilence(ctx, c.Key))
}

func (g *Globals) printSilence(s client.Silence, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(s, func() [][2]string {
		return [][2]string{{"KEY", s.Key}, {"STATE", s.State}, {"KIND", s.Kind}, {"MATCHERS", strings.Join(s.Matchers, ", ")}, {"FROM", when(s.StartsAt)},
			{"UNTIL", when(s.EndsAt)}, {"COMMENT", s.Comment}}
	})
}
