package dora

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Period is the time that figures are about.
type Period struct {
	Name     string // "30d", "12m", "2026-10", "2026-Q3", "2026"
	Title    string
	From, To time.Time // To is now at most
	Ends     time.Time // when it is over; To, unless that is still to come
}

// Days is the length in days as they pass: a day is 24 hours.
func (p Period) Days() float64 { return p.To.Sub(p.From).Hours() / 24 }

var periodText = regexp.MustCompile(`^(?:([1-9]\d{0,3})([dwm])|(\d{4})(?:-(\d{2})|-Q([1-4]))?)$`)

// longest bounds a period: five years.
const longest = 5 * 366 * 24 * time.Hour

// ParsePeriod reads a number of days, weeks or months that end today ("30d",
// "12w", "12m"; the present day, week or month is the last one), a month
// ("2026-10"), a quarter ("2026-Q3") or a year ("2026") in a zone, and returns
// the period before it too, which is as long. Of a period that is not over, the
// one before is cut to the same part. Empty is "30d".
func ParsePeriod(name string, zone *time.Location, now time.Time) (p, before Period, err error) {
	if name == "" {
		name = "30d"
	}
	m := periodText.FindStringSubmatch(name)
	if m == nil {
		return p, before, badPeriod(name)
	}
	today := midnight(now.In(zone))
	var years, months, days int // the length
	var from time.Time
	switch {
	case m[2] != "":
		n, _ := strconv.Atoi(m[1])
		switch m[2] {
		case "d":
			days, from = n, today.AddDate(0, 0, 1-n)
		case "w":
			days, from = 7*n, monday(today).AddDate(0, 0, 7-7*n)
		default:
			months, from = n, monthOf(today).AddDate(0, 1-n, 0)
		}
		unit := map[string]string{"d": "day", "w": "week", "m": "month"}[m[2]]
		p.Title = fmt.Sprintf("Last %d %ss", n, unit)
		if n == 1 {
			p.Title = map[string]string{"d": "Today", "w": "This week", "m": "This month"}[m[2]]
		}
	default:
		year, _ := strconv.Atoi(m[3])
		month := 1
		switch {
		case m[4] != "":
			month, _ = strconv.Atoi(m[4])
			months, p.Title = 1, time.Month(month).String()+" "+m[3]
		case m[5] != "":
			quarter, _ := strconv.Atoi(m[5])
			month, months, p.Title = 3*quarter-2, 3, "Q"+m[5]+" "+m[3]
		default:
			years, p.Title = 1, m[3]
		}
		if month < 1 || month > 12 || year < 1970 {
			return p, before, badPeriod(name)
		}
		from = time.Date(year, time.Month(month), 1, 0, 0, 0, 0, zone)
	}
	to := from.AddDate(years, months, days)
	if !from.Before(now) {
		return p, before, errs.BadField("period", name, "it has not begun; give an earlier one")
	}
	if to.UTC().Year() > lastYear {
		return p, before, badPeriod(name)
	}
	if to.Sub(from) > longest {
		return p, before, errs.BadField("period", name, "give at most five years")
	}
	p.Name, p.From, p.Ends, p.To = name, from, to, to
	before = Period{Name: name, Title: "the same time before", From: from.AddDate(-years, -months, -days), To: from, Ends: from}
	if now.Before(to) {
		p.To = now
		if cut := before.From.Add(now.Sub(from)); cut.Before(before.To) {
			before.To = cut
		}
	}
	return p, before, nil
}

func badPeriod(name string) error {
	return errs.BadField("period", name, "give a number of days, weeks or months like 30d, 12w or 12m, a month like 2026-10, a quarter like 2026-Q3, or a year like 2026")
}

// Between is a period of any two times, not more than five years apart.
func Between(from, to, now time.Time) (p, before Period, err error) {
	switch {
	case !to.After(from):
		err = errs.BadField("to", to.Format(time.RFC3339), "give a time after from")
	case to.Sub(from) > longest:
		err = errs.BadField("from", from.Format(time.RFC3339), "give at most five years")
	case to.UTC().Year() > lastYear:
		err = errs.BadField("to", errs.Short(to.Format(time.RFC3339)), "give an earlier year")
	case from.UTC().Year() < 1970:
		err = errs.BadField("from", errs.Short(from.Format(time.RFC3339)), "give a year from 1970 on")
	case !from.Before(now):
		err = errs.BadField("from", from.Format(time.RFC3339), "it has not begun; give an earlier one")
	}
	if err != nil {
		return p, before, err
	}
	p = Period{Title: from.Format("2 Jan 2006") + " to " + to.Format("2 Jan 2006"), From: from, To: to, Ends: to}
	if now.Before(to) {
		p.To = now
	}
	return p, Period{Title: "the same time before", From: from.Add(-p.To.Sub(from)), To: from, Ends: from}, nil
}

// Width is the width of a trend's points.
type Width string

// The widths.
const (
	Day   Width = "day"
	Week  Width = "week"
	Month Width = "month"
)

// lastYear is the last that times are written with, on both sides of midnight.
const lastYear = 9998

// maxPoints bounds a trend.
const maxPoints = 400

// pointsOf cuts [from, to) into days, weeks or months of a zone. Empty chooses
// by length: days up to five weeks, weeks up to half a year.
func pointsOf(width Width, from, to time.Time, zone *time.Location) (Width, []Period, error) {
	if width == "" {
		switch length := to.Sub(from); {
		case length <= 35*24*time.Hour:
			width = Day
		case length <= 190*24*time.Hour:
			width = Week
		default:
			width = Month
		}
	}
	at := midnight(from.In(zone))
	next := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	switch width {
	case Day:
	case Week:
		at = monday(at)
		next = func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }
	case Month:
		at = monthOf(at)
		next = func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	default:
		return width, nil, errs.BadField("by", string(width), "use day, week or month")
	}
	var out []Period
	for at.Before(to) {
		end := next(at)
		p := Period{Name: at.Format("2006-01-02"), From: at, To: end, Ends: end}
		if to.Before(end) {
			p.To = to
		}
		if out = append(out, p); len(out) > maxPoints {
			return width, nil, errs.BadField("by", string(width), "that is too many points; use week or month, or a shorter time")
		}
		at = end
	}
	return width, out, nil
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// monday is the beginning of the week that t is in, in t's zone.
func monday(t time.Time) time.Time {
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, t.Location())
}

func monthOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, t.Location())
}
