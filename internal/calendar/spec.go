package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/timetext"
)

// Spec is a calendar as people write it, in a file, a form or the API.
type Spec struct {
	Title    string    `json:"title,omitempty" doc:"What people call it, at most 100 characters"`
	Zone     string    `json:"zone" doc:"IANA time zone, like Europe/Berlin"`
	Hours    Hours     `json:"hours,omitzero" doc:"Hours of each weekday; a weekday that is left out is closed"`
	Holidays []Holiday `json:"holidays,omitempty" doc:"Dates on which it is closed"`
}

// Hours holds the intervals of each weekday, written "09:00-17:00". They may
// not overlap or pass midnight; "24:00" ends a day.
type Hours struct {
	Monday    []string `json:"monday,omitempty"`
	Tuesday   []string `json:"tuesday,omitempty"`
	Wednesday []string `json:"wednesday,omitempty"`
	Thursday  []string `json:"thursday,omitempty"`
	Friday    []string `json:"friday,omitempty"`
	Saturday  []string `json:"saturday,omitempty"`
	Sunday    []string `json:"sunday,omitempty"`
}

// Weekdays names the days in the order of Hours.Week.
var Weekdays = [7]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// Week returns the hours as a list that starts on Monday.
func (h *Hours) Week() [7]*[]string {
	return [7]*[]string{&h.Monday, &h.Tuesday, &h.Wednesday, &h.Thursday, &h.Friday, &h.Saturday, &h.Sunday}
}

// Holiday is a date without hours.
type Holiday struct {
	Date string `json:"date" doc:"YYYY-MM-DD"`
	Name string `json:"name,omitempty" doc:"What is celebrated, at most 100 characters"`
}

// Names of the two calendars that always exist.
const (
	Business = "business"
	Forever  = "always"
)

// BusinessSpec is the calendar "business" until somebody edits it.
var BusinessSpec = Spec{Title: "Office hours", Zone: "UTC", Hours: Hours{
	Monday: []string{"09:00-17:00"}, Tuesday: []string{"09:00-17:00"}, Wednesday: []string{"09:00-17:00"},
	Thursday: []string{"09:00-17:00"}, Friday: []string{"09:00-17:00"},
}}

// AlwaysSpec is the calendar "always".
var AlwaysSpec = Spec{Title: "Around the clock", Zone: "UTC", Hours: Hours{
	Monday: []string{"00:00-24:00"}, Tuesday: []string{"00:00-24:00"}, Wednesday: []string{"00:00-24:00"},
	Thursday: []string{"00:00-24:00"}, Friday: []string{"00:00-24:00"}, Saturday: []string{"00:00-24:00"},
	Sunday: []string{"00:00-24:00"},
}}

const (
	maxIntervals = 24
	maxHolidays  = 2000
	maxText      = 100
)

// Compile checks a spec and prepares it for computing. Wrong values come back
// all at once as an Invalid error whose fields are paths like
// "hours.monday[0]".
func Compile(spec Spec) (*Calendar, error) {
	var bad errs.Fields
	c := &Calendar{spec: spec}
	if len([]rune(spec.Title)) > maxText {
		bad.Add("title", spec.Title, "use at most 100 characters")
	}
	c.loc = zone(spec.Zone, &bad)
	for i, list := range spec.Hours.Week() {
		c.hours[i] = parseDay("hours."+Weekdays[i], *list, &bad)
		for _, iv := range c.hours[i] {
			c.total[i] += iv.to - iv.from
		}
		c.before[i+1] = c.before[i] + c.total[i]
	}
	c.parseHolidays(spec.Holidays, &bad)
	// A day that is shown twice or skipped is open all the same.
	c.always = c.before[7] == 7*daySeconds && len(c.off) == 0
	if err := bad.Err(); err != nil {
		return nil, errs.Wrap("calendar.compile", err)
	}
	return c, nil
}

func zone(name string, bad *errs.Fields) *time.Location {
	const remedy = `use an IANA time zone like "Europe/Berlin" or "UTC"`
	if name == "" || name == "Local" {
		bad.Add("zone", name, remedy)
		return time.UTC
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		bad.Add("zone", name, remedy)
		return time.UTC
	}
	return loc
}

func parseDay(field string, list []string, bad *errs.Fields) []interval {
	if len(list) > maxIntervals {
		bad.Add(field, fmt.Sprint(len(list)), "use at most 24 intervals a day")
		return nil
	}
	var out []interval
	for i, s := range list {
		iv, ok := parseInterval(s)
		switch at := fmt.Sprintf("%s[%d]", field, i); {
		case !ok:
			bad.Add(at, s, `write hours like "09:00-17:00", the end after the start and at most 24:00`)
		case slices.ContainsFunc(out, func(o interval) bool { return iv.from < o.to && o.from < iv.to }):
			bad.Add(at, s, "it overlaps another interval of the day; join them or move one")
		default:
			out = append(out, iv)
		}
	}
	slices.SortFunc(out, func(a, b interval) int { return int(a.from - b.from) })
	return out
}

func parseInterval(s string) (interval, bool) {
	a, b, ok := strings.Cut(s, "-")
	from, ok1 := timetext.Clock(strings.TrimSpace(a))
	to, ok2 := timetext.Clock(strings.TrimSpace(b))
	return interval{from, to}, ok && ok1 && ok2 && from < to
}

func (c *Calendar) parseHolidays(list []Holiday, bad *errs.Fields) {
	if len(list) > maxHolidays {
		bad.Add("holidays", fmt.Sprint(len(list)), "use at most 2000 holidays; drop years long past")
		return
	}
	seen := make(map[int64]bool, len(list))
	for i, h := range list {
		at := fmt.Sprintf("holidays[%d]", i)
		if len([]rune(h.Name)) > maxText {
			bad.Add(at+".name", h.Name, "use at most 100 characters")
		}
		t, err := time.Parse(time.DateOnly, h.Date)
		if err != nil || t.Year() < 1 {
			bad.Add(at+".date", h.Date, "use a date like 2026-12-25")
			continue
		}
		d, _ := day(t.Unix())
		if seen[d] {
			bad.Add(at+".date", h.Date, "this date is there twice; keep one")
			continue
		}
		seen[d] = true
		c.off = append(c.off, holiday{day: d})
	}
	slices.SortFunc(c.off, func(a, b holiday) int { return int(a.day - b.day) })
	for i := 1; i < len(c.off); i++ {
		_, wd := week(c.off[i-1].day)
		c.off[i].lost = c.off[i-1].lost + c.total[wd]
	}
}
