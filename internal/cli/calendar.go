package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// CalendarCmd is the business calendars.
type CalendarCmd struct {
	List   CalendarListCmd   `cmd:"" help:"List calendars by name."`
	Show   CalendarShowCmd   `cmd:"" help:"Show a calendar."`
	Create CalendarCreateCmd `cmd:"" help:"Add a calendar."`
	Update CalendarUpdateCmd `cmd:"" help:"Change a calendar; what is not named stays."`
	Delete CalendarDeleteCmd `cmd:"" help:"Delete a calendar that nothing uses."`
}

// CalendarListCmd lists calendars.
type CalendarListCmd struct{}

// Run reads all pages.
func (CalendarListCmd) Run(ctx context.Context, g *Globals) error {
	all, err := everyPage(func(cursor string) (client.List[client.Calendar], error) {
		return g.Client().Calendars(ctx, cursor, 200)
	})
	if err != nil {
		return err
	}
	return g.Print(all, func() [][]string {
		lines := [][]string{{"NAME", "TITLE", "ZONE", "HOLIDAYS", "MANAGED BY"}}
		for _, c := range all {
			lines = append(lines, []string{c.Name, c.Title, c.Zone, strconv.Itoa(len(c.Holidays)), c.ManagedBy})
		}
		return lines
	})
}

// CalendarArg names a calendar.
type CalendarArg struct {
	Calendar string `arg:"" help:"Name of the calendar."`
}

// CalendarShowCmd shows a calendar.
type CalendarShowCmd struct{ CalendarArg }

// Run asks the server.
func (c CalendarShowCmd) Run(ctx context.Context, g *Globals) error {
	cal, err := g.Client().Calendar(ctx, c.Calendar)
	if err != nil {
		return err
	}
	return printCalendar(g, cal)
}

func printCalendar(g *Globals, cal client.Calendar) error {
	return g.PrintOne(cal, func() [][2]string {
		pairs := [][2]string{{"NAME", cal.Name}, {"TITLE", cal.Title}, {"ZONE", cal.Zone}, {"MANAGED BY", cal.ManagedBy}}
		for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
			pairs = append(pairs, [2]string{strings.ToUpper(day), strings.Join(cal.Hours[day], ", ")})
		}
		for _, h := range cal.Holidays {
			pairs = append(pairs, [2]string{"HOLIDAY", strings.TrimSpace(fmt.Sprintf("%s %s", h.Date, h.Name))})
		}
		return pairs
	})
}

// CalendarFlags are what can be set about a calendar.
type CalendarFlags struct {
	Title   *string  `help:"Title; default: the name."`
	Zone    *string  `help:"IANA time zone, like Europe/Berlin."`
	Hours   []string `help:"Hours of a weekday as monday=09:00-12:00; repeat it, also for more hours of one day. Replaces all hours." sep:"none"`
	Holiday []string `help:"A date without hours as 2026-12-25 or 2026-12-25=Christmas Day; repeat it. Replaces all holidays." sep:"none"`
}

// into changes what is named.
func (f CalendarFlags) into(spec *client.CalendarSpec) error {
	if f.Title != nil {
		spec.Title = *f.Title
	}
	if f.Zone != nil {
		spec.Zone = *f.Zone
	}
	if len(f.Hours) > 0 {
		spec.Hours = map[string][]string{}
	}
	for _, h := range f.Hours {
		day, hours, ok := strings.Cut(h, "=")
		if !ok {
			return errs.BadField("hours", h, "write a weekday and its hours, like monday=09:00-17:00")
		}
		spec.Hours[strings.ToLower(day)] = append(spec.Hours[strings.ToLower(day)], hours)
	}
	if len(f.Holiday) > 0 {
		spec.Holidays = nil
	}
	for _, h := range f.Holiday {
		date, name, _ := strings.Cut(h, "=")
		spec.Holidays = append(spec.Holidays, client.Holiday{Date: date, Name: name})
	}
	return nil
}

// CalendarCreateCmd adds a calendar.
type CalendarCreateCmd struct {
	CalendarArg
	CalendarFlags
}

// Run asks the server.
func (c CalendarCreateCmd) Run(ctx context.Context, g *Globals) error {
	var spec client.CalendarSpec
	if err := c.into(&spec); err != nil {
		return err
	}
	cal, err := g.Client().CreateCalendar(ctx, c.Calendar, spec)
	if err != nil {
		return err
	}
	return printCalendar(g, cal)
}

// CalendarUpdateCmd changes a calendar, a built-in one too.
type CalendarUpdateCmd struct {
	CalendarArg
	CalendarFlags
}

// Run reads the calendar and replaces it; another edit meanwhile is a conflict.
func (c CalendarUpdateCmd) Run(ctx context.Context, g *Globals) error {
	cal, err := g.Client().Calendar(ctx, c.Calendar)
	if err != nil {
		return err
	}
	if err := c.into(&cal.CalendarSpec); err != nil {
		return err
	}
	if cal, err = g.Client().UpdateCalendar(ctx, c.Calendar, cal.Version, cal.CalendarSpec); err != nil {
		return err
	}
	return printCalendar(g, cal)
}

// CalendarDeleteCmd deletes a calendar.
type CalendarDeleteCmd struct{ CalendarArg }

// Run asks the server.
func (c CalendarDeleteCmd) Run(ctx context.Context, g *Globals) error {
	return g.Client().DeleteCalendar(ctx, c.Calendar)
}
