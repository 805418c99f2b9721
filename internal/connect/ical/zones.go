package ical

import (
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/recur"
)

// windows are the names that Outlook and Exchange write for zones, from the
// Unicode CLDR's windowsZones (territory 001).
var windows = map[string]string{
	"utc": "UTC", "gmt standard time": "Europe/London", "greenwich standard time": "Atlantic/Reykjavik", "w. europe standard time": "Europe/Berlin",
	"central europe standard time": "Europe/Budapest", "romance standard time": "Europe/Paris", "central european standard time": "Europe/Warsaw",
	"fle standard time": "Europe/Kyiv", "gtb standard time": "Europe/Bucharest", "e. europe standard time": "Europe/Chisinau", "turkey standard time": "Europe/Istanbul",
	"israel standard time": "Asia/Jerusalem", "south africa standard time": "Africa/Johannesburg", "russian standard time": "Europe/Moscow",
	"arabian standard time": "Asia/Dubai", "india standard time": "Asia/Kolkata", "china standard time": "Asia/Shanghai", "singapore standard time": "Asia/Singapore",
	"tokyo standard time": "Asia/Tokyo", "korea standard time": "Asia/Seoul", "w. australia standard time": "Australia/Perth",
	"aus eastern standard time": "Australia/Sydney", "new zealand standard time": "Pacific/Auckland", "e. south america standard time": "America/Sao_Paulo",
	"atlantic standard time": "America/Halifax", "eastern standard time": "America/New_York", "central standard time": "America/Chicago",
	"mountain standard time": "America/Denver", "us mountain standard time": "America/Phoenix", "pacific standard time": "America/Los_Angeles",
	"alaskan standard time": "America/Anchorage", "hawaiian standard time": "Pacific/Honolulu",
}

// zone returns the zone that a TZID names: "Europe/Berlin", "/prefix/Europe/Berlin",
// the location a VTIMEZONE gives for it, or a name of Windows.
func (r *reader) zone(tzid string) (*time.Location, bool) {
	if loc, known := r.zones[tzid]; known {
		return loc, loc != nil
	}
	names := []string{r.located[tzid], tzid, windows[strings.ToLower(tzid)]}
	for rest := tzid; strings.Contains(rest, "/"); {
		_, rest, _ = strings.Cut(rest, "/")
		names = append(names, rest)
	}
	for _, n := range names {
		if n == "" || n == "Local" || len(n) > 64 {
			continue
		}
		if loc, err := time.LoadLocation(n); err == nil {
			r.zones[tzid] = loc
			return loc, true
		}
	}
	r.zones[tzid] = nil
	return nil, false
}

// moment is a DATE or DATE-TIME: a wall time with what turns it into an
// instant.
type moment struct {
	wall time.Time // fields as written
	loc  *time.Location
	day  bool // a date without a time
}

func (m moment) at() time.Time { return recur.Instant(m.wall, m.loc) }

// on returns the moment at another wall time.
func (m moment) on(wall time.Time) moment { m.wall = wall; return m }

// moment reads a value with the parameters of its line.
func (r *reader) moment(value string, params map[string]string) (moment, string) {
	m := moment{loc: r.local}
	if tzid := params["TZID"]; tzid != "" {
		loc, ok := r.zone(tzid)
		if !ok {
			return m, "its time zone “" + short(tzid) + "” is not known; use an IANA name like Europe/Berlin"
		}
		m.loc = loc
	}
	form := "20060102T150405"
	switch {
	case strings.HasSuffix(value, "Z"):
		form, m.loc = utcForm, time.UTC
	case len(value) == 8:
		form, m.day = "20060102", true
	}
	t, err := time.Parse(form, value)
	if err != nil || t.Year() < 1900 || t.Year() > 2199 {
		return m, "“" + short(value) + "” is no time like 20261224T090000Z"
	}
	m.wall = t
	return m, ""
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
