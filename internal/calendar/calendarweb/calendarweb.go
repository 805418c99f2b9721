// Package calendarweb is the pages of business calendars under Settings: the
// list, a calendar with what it means right now, and the form that adds or
// edits one.
//
// Hours are typed as people write them, "09:00-12:00, 13:00-17:00", one line a
// weekday; holidays one a line, the date first. Pages call calendar.Service
// and decide nothing. A calendar that is managed in git shows where instead of
// edit buttons.
package calendarweb

import (
	"embed"
	"strings"

	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the calendars.
type Pages struct {
	Shell     *web.Shell
	Calendars *calendar.Service
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /settings/calendars", p.List)
	add("GET /settings/calendars/new", p.New)
	add("POST /settings/calendars/new", p.Create)
	add("GET /settings/calendars/{name}", p.Show)
	add("GET /settings/calendars/{name}/edit", p.Edit)
	add("POST /settings/calendars/{name}/edit", p.Save)
	add("POST /settings/calendars/{name}/delete", p.Delete)
}

const base = "/settings/calendars"

var crumbs = []web.Crumb{{Title: "Settings", Path: "/settings"}, {Title: "Business calendars", Path: base}}

// title is what a calendar is called.
func title(c calendar.Stored) string {
	if c.Spec.Title != "" {
		return c.Spec.Title
	}
	return c.Name
}

// weekdays are the days as people read them.
func weekday(i int) string {
	d := calendar.Weekdays[i]
	return strings.ToUpper(d[:1]) + d[1:]
}

// summary says the week in short: "Mon–Fri 09:00-17:00".
func summary(s calendar.Spec) string {
	var parts []string
	week := s.Hours.Week()
	for i := 0; i < 7; {
		j := i
		for j+1 < 7 && strings.Join(*week[j+1], ", ") == strings.Join(*week[i], ", ") {
			j++
		}
		if hours := strings.Join(*week[i], ", "); hours != "" {
			days := weekday(i)[:3]
			if j > i {
				days += "–" + weekday(j)[:3]
			}
			parts = append(parts, days+" "+hours)
		}
		i = j + 1
	}
	if len(parts) == 0 {
		return "never open"
	}
	return strings.Join(parts, " · ")
}
