package recur

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var weekdays = map[string]time.Weekday{"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday, "TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday}

// MaxCount bounds COUNT and INTERVAL.
const MaxCount = 10_000

// Parse reads the value of an RRULE. loc is the zone of the start, in which an
// UNTIL without a zone is meant. bad is the part that is not understood, empty
// when all is.
func Parse(value string, loc *time.Location) (u Rule, bad string) {
	u = Rule{Interval: 1, Week: time.Monday}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(value, ";") {
		name, v, _ := strings.Cut(part, "=")
		name = strings.ToUpper(strings.TrimSpace(name))
		v = strings.ToUpper(strings.TrimSpace(v))
		if seen[name] || !u.part(name, v, loc) {
			return u, cmp.Or(part, value)
		}
		seen[name] = true
	}
	if bad := u.together(); bad != "" {
		return u, cmp.Or(bad, value)
	}
	slices.Sort(u.Months)
	u.Months = slices.Compact(u.Months)
	return u, ""
}

// part takes over one part; false: it is not understood.
func (u *Rule) part(name, v string, loc *time.Location) (ok bool) {
	switch name {
	case "FREQ":
		u.Freq = Freq(v)
		return slices.Contains([]Freq{Daily, Weekly, Monthly, Yearly}, u.Freq)
	case "INTERVAL":
		u.Interval, ok = number(v, 1, MaxCount)
	case "COUNT":
		u.Count, ok = number(v, 1, MaxCount)
	case "UNTIL":
		u.Until, ok = until(v, loc)
	case "WKST":
		u.Week, ok = weekdays[v]
	case "BYMONTH":
		u.Months, ok = numbers(v, 1, 12, false)
	case "BYMONTHDAY":
		u.MonthDays, ok = numbers(v, 1, 31, true)
	case "BYSETPOS":
		u.SetPos, ok = numbers(v, 1, 366, true)
	case "BYDAY":
		for s := range strings.SplitSeq(v, ",") {
			d, known := day(s)
			if !known || len(u.Days) == 60 {
				return false
			}
			u.Days = append(u.Days, d)
		}
		return true
	}
	return ok
}

// together returns what of the parts does not go with the others.
func (u *Rule) together() string {
	large := u.Freq == Monthly || u.Freq == Yearly
	switch {
	case u.Freq == "":
		return "no FREQ"
	case u.Count > 0 && !u.Until.IsZero():
		return "COUNT with UNTIL"
	case u.numbered() && !large:
		return "BYDAY with a number, not monthly or yearly"
	case len(u.Days) > 0 && u.Freq == Yearly && len(u.Months) == 0:
		return "BYDAY in years, without BYMONTH"
	case len(u.MonthDays) > 0 && u.Freq == Weekly:
		return "BYMONTHDAY in weeks"
	case len(u.SetPos) > 0 && (!large || len(u.Days) == 0 && len(u.MonthDays) == 0):
		return "BYSETPOS without days of a month"
	}
	return ""
}

// day reads "TU", "2TU" or "-1FR".
func day(s string) (Day, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 2 {
		return Day{}, false
	}
	w, ok := weekdays[s[len(s)-2:]]
	d := Day{Weekday: w}
	if n := s[:len(s)-2]; n != "" && ok {
		var list []int
		if list, ok = numbers(n, 1, 5, true); ok {
			d.N = list[0]
		}
	}
	return d, ok
}

func number(s string, low, high int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= low && n <= high
}

// numbers reads a list; minus allows those below 0 too.
func numbers(s string, low, high int, minus bool) (out []int, ok bool) {
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if size := max(n, -n); err != nil || size < low || size > high || n < 0 && !minus || len(out) == 400 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// until reads UNTIL: an instant, or a local time or date of the start's zone;
// a date counts to its end.
func until(v string, loc *time.Location) (time.Time, bool) {
	form, whole, zone := "20060102T150405", false, loc
	switch {
	case strings.HasSuffix(v, "Z"):
		form, zone = "20060102T150405Z", time.UTC
	case len(v) == 8:
		form, whole = "20060102", true
	}
	t, err := time.Parse(form, v)
	if err != nil || t.Year() < 1900 || t.Year() > 2199 {
		return time.Time{}, false
	}
	if whole {
		return Instant(t.AddDate(0, 0, 1), zone).Add(-time.Second), true
	}
	return Instant(t, zone), true
}
