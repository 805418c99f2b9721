package health

import (
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Period is the time that figures are about.
type Period struct {
	Name     string // "13w", "4w", "2026-10"
	Title    string // "Last 13 weeks", "October 2026"
	From, To time.Time
}

// trendWeeks is how many weeks the pictures and the trend show: a quarter.
const trendWeeks = 13

// maxWeeks bounds a period: a year.
const maxWeeks = 52

// ParsePeriod reads "13w" (the present week and the twelve before it; 1 to 52)
// or a month, "2026-10". Empty is "13w". A period that is not over ends now.
func ParsePeriod(name string, zone *time.Location, now time.Time) (Period, error) {
	if name == "" {
		name = strconv.Itoa(trendWeeks) + "w"
	}
	bad := errs.BadField("period", name, "give a month like "+now.In(zone).Format("2006-01")+", or a number of weeks like 13w (at most 52)")
	if n, ok := strings.CutSuffix(name, "w"); ok {
		weeks, err := strconv.Atoi(n)
		if err != nil || weeks < 1 || weeks > maxWeeks || strconv.Itoa(weeks) != n {
			return Period{}, bad
		}
		title := "Last " + n + " weeks"
		if weeks == 1 {
			title = "This week"
		}
		return Period{name, title, monday(now.In(zone)).AddDate(0, 0, -7*(weeks-1)), now}, nil
	}
	from, err := time.ParseInLocation("2006-01", name, zone)
	if err != nil || from.Year() < 2000 {
		return Period{}, bad
	}
	if from.After(now) {
		return Period{}, errs.BadField("period", name, "that month has not begun; give an earlier one")
	}
	to := from.AddDate(0, 1, 0)
	if to.After(now) {
		to = now
	}
	return Period{name, from.Format("January 2006"), from, to}, nil
}

// Months names the n months before now, the newest first, and the present one
// before them.
func Months(zone *time.Location, now time.Time, n int) (out []Period) {
	local := now.In(zone)
	first := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone)
	for i := range n + 1 {
		if p, err := ParsePeriod(first.AddDate(0, -i, 0).Format("2006-01"), zone, now); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// monday is the beginning of the week that t is in, in t's zone.
func monday(t time.Time) time.Time {
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, t.Location())
}

// Week is one week of the pictures.
type Week struct {
	From, To time.Time // Monday to Monday
	Known    bool      // at least part of it is known
	Whole    bool      // all of it is known and over
	Pages    int       // about the team's incidents
	Sleep    int       // of them in sleep hours
}

// weeksUntil returns the 13 weeks of which the last contains the moment before
// to. Nothing is known before since.
func weeksUntil(to, since time.Time, zone *time.Location) []Week {
	last := monday(to.Add(-time.Microsecond).In(zone))
	out := make([]Week, trendWeeks)
	for i := range out {
		w := &out[i]
		w.From = last.AddDate(0, 0, -7*(trendWeeks-1-i))
		w.To = w.From.AddDate(0, 0, 7)
		w.Known = w.To.After(since) && to.After(since) && w.From.Before(to)
		w.Whole = !w.From.Before(since) && !w.To.After(to)
	}
	return out
}

// weekOf is the index of the week that t is in; -1: none of them.
func weekOf(weeks []Week, t time.Time) int {
	for i, w := range weeks {
		if !t.Before(w.From) && t.Before(w.To) {
			return i
		}
	}
	return -1
}
