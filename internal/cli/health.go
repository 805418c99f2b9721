package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// OnCallHealthCmd is what on-call does to a team.
type OnCallHealthCmd struct {
	Team   string `arg:"" help:"Name of the team."`
	Month  string `help:"A month, like 2026-10." placeholder:"YYYY-MM" xor:"period"`
	Weeks  int    `help:"So many weeks up to now; without --month, 13." xor:"period"`
	Pages  bool   `help:"List the pages that the figures count, instead of the figures."`
	Person string `help:"With --pages: only of this person (handle)."`
	Only   string `help:"With --pages: words that all hold, of own, elsewhere, sleep, weekend, night and a date like 2026-10-25."`
}

// Run asks the server.
func (c OnCallHealthCmd) Run(ctx context.Context, g *Globals) error {
	period := c.Month
	if c.Weeks != 0 {
		period = strconv.Itoa(c.Weeks) + "w"
	}
	if !c.Pages && c.Person+c.Only != "" {
		return errs.BadField("pages", "false", "--person and --only choose among the pages: add --pages")
	}
	if c.Pages {
		return c.pages(ctx, g, period)
	}
	h, err := g.Client().OnCallHealth(ctx, c.Team, period)
	if err != nil {
		return err
	}
	if g.Output == "table" {
		return c.table(g, h)
	}
	return g.Print(h, nil)
}

func (c OnCallHealthCmd) pages(ctx context.Context, g *Globals, period string) error {
	all, err := everyPage(func(cursor string) (client.List[client.OnCallPage], error) {
		return g.Client().OnCallPages(ctx, c.Team, period, c.Person, c.Only, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"AT", "WHO", "INCIDENT", "PRIORITY", "WHY", "SLEEP", "TITLE"}}
		for _, p := range all {
			lines = append(lines, []string{when(p.At), p.Person.Handle, p.Incident, p.Priority, p.Reason, yes(p.Sleep), p.Title})
		}
		return lines
	})
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// figure writes a number, and what is unknown as that.
func figure(n *int) string {
	if n == nil {
		return "unknown"
	}
	return strconv.Itoa(*n)
}

func decimal(f *float64) string {
	if f == nil {
		return "unknown"
	}
	return strconv.FormatFloat(*f, 'f', 1, 64)
}

func took(s *client.HealthSpread) string {
	if s == nil {
		return "unknown"
	}
	part := func(sec int64) string {
		if sec >= 60 {
			sec -= sec % 60 // whole minutes, as the lines above say them
		}
		return long(time.Duration(sec) * time.Second)
	}
	return fmt.Sprintf("%s / %s / %s (%d)", part(s.MeanSeconds), part(s.MedianSeconds), part(s.P90Seconds), s.Count)
}

func (c OnCallHealthCmd) table(g *Globals, h client.OnCallHealth) error {
	known := ""
	if h.Known != "all" {
		known = "; known only since " + when(h.KnownSince)
	}
	g.Say("%s, %s%s", h.Title, h.Period.Title, known)
	for _, line := range h.Summary {
		g.Say("- %s", line)
	}
	if h.Known == "nothing" {
		return nil
	}
	g.Say("")
	err := g.Print(nil, func() [][]string {
		lines := [][]string{{"WHO", "PAGES", "ELSEWHERE", "SLEEP", "NIGHTS", "WEEKEND", "ON CALL (H)", "MOST IN 12 H", "ACKNOWLEDGED IN: MEAN / MEDIAN / P90 (N)"}}
		for _, p := range h.People {
			lines = append(lines, []string{p.Person.Handle, figure(p.Pages), figure(p.Elsewhere), figure(p.Sleep), strconv.Itoa(len(p.Nights)), figure(p.Weekend), decimal(p.OnCallHours), figure(p.MostInShift), took(p.Acknowledge)})
		}
		return append(lines, []string{"team", figure(h.Pages), "", figure(h.SleepPages), figure(h.InterruptedNights), figure(h.WeekendPages), "", figure(h.Guide.Most), took(h.Acknowledge)})
	})
	if err != nil {
		return err
	}
	g.Say("")
	err = g.Print(nil, func() [][]string {
		lines := [][]string{{"WEEK OF", "PAGES", "IN SLEEP HOURS"}}
		for _, w := range h.Weeks {
			from := w.From.Format(time.DateOnly)
			if !w.Whole {
				from += " (part)"
			}
			lines = append(lines, []string{from, figure(w.Pages), figure(w.Sleep)})
		}
		return lines
	})
	if err != nil {
		return err
	}
	if len(h.Alerts) > 0 {
		g.Say("")
		err = g.Print(nil, func() [][]string {
			lines := [][]string{{"ALERT", "RULE", "INCIDENTS", "ACTED UPON", "NOISE", "WHAT TO DO"}}
			for _, a := range h.Alerts[:min(10, len(h.Alerts))] {
				lines = append(lines, []string{strings.TrimSpace(errs.Short(a.Summary)), a.Rule, strconv.Itoa(a.Incidents), strconv.Itoa(a.Acted), strconv.Itoa(a.Noise), a.Advice})
			}
			return lines
		})
	}
	g.Say("")
	g.Say("Guide value: %s.", h.Guide.Source)
	return err
}
