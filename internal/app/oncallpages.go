package app

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/connect/ical"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/oncall/oncallweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// suggested bounds how many people and teams forms suggest; any other one can
// be typed.
const suggested = 200

// onCallPages are the pages of schedules.
func (a *App) onCallPages() *oncallweb.Pages {
	return &oncallweb.Pages{
		Shell: a.shell, Oncall: a.OnCall, URL: a.cfg.PublicURL, Read: readCalendar,
		More: onCallTabs[3:], // behind its own
		People: func(ctx context.Context) ([]oncall.Who, error) {
			list, _, err := a.People.People(ctx, auth.PeopleFilter{}, auth.Page{Limit: suggested})
			var out []oncall.Who
			for _, p := range list {
				if p.Enabled() {
					out = append(out, oncall.Who{ID: p.ID, Handle: p.Handle, Display: p.Display})
				}
			}
			return out, err
		},
		Teams: func(ctx context.Context) ([]web.Option, error) {
			list, _, err := a.People.Teams(ctx, auth.Page{Limit: suggested})
			out := make([]web.Option, len(list))
			for i, t := range list {
				out[i] = web.Option{Value: t.Name, Title: t.Title}
			}
			return out, err
		},
	}
}

// feeds serves calendars; each address holds its own secret.
func (a *App) feeds() *ical.Door {
	return &ical.Door{Feeds: a.OnCall.Feeds(), Base: a.cfg.PublicURL}
}

// readCalendar reads a calendar file for the import page.
func readCalendar(file []byte, zone *time.Location, from, to time.Time) (out []oncallweb.Event, left []string, err error) {
	events, notes, err := ical.Read(file, zone, from, to)
	for _, e := range events {
		out = append(out, oncallweb.Event{From: e.From, To: e.To, Summary: e.Summary, People: e.People})
	}
	for _, n := range notes {
		left = append(left, fmt.Sprintf("Line %d: %s", n.Line, n.Text))
	}
	return out, left, err
}
