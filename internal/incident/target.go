package incident

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Target is how long something may take: wall-clock time (24×7), business
// hours or business days. The zero Target means "no target".
type Target struct {
	Time     time.Duration // wall clock, or business hours when Business is set
	Days     int           // business days; then Time is zero
	Business bool
}

// Zero reports whether there is no target.
func (t Target) Zero() bool { return t.Time == 0 && t.Days == 0 }

// String is how people and files write it: "15m", "4 business hours", "3 business days".
func (t Target) String() string {
	switch {
	case t.Days > 0:
		return plural(int64(t.Days), "business day")
	case t.Time <= 0:
		return "none"
	case t.Business && t.Time%time.Hour == 0:
		return plural(int64(t.Time/time.Hour), "business hour")
	case t.Business:
		return plural(int64(t.Time/time.Minute), "business minute")
	}
	return short(t.Time)
}

func plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// short writes a duration without zero parts: "4h", "1h30m", "7d".
func short(d time.Duration) string {
	if d > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// maxTarget bounds targets so that adding one to a time stays a sane date.
const maxTarget = 365 * 24 * time.Hour

// ParseTarget reads what String writes: "15m", "7d", "4 business hours",
// "3 business days", "none".
func ParseTarget(s string) (Target, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	bad := fmt.Errorf("write it like 15m, 4h, 7d, 4 business hours, 3 business days or none, at most a year")
	if t == "none" {
		return Target{}, nil
	}
	if n, unit, ok := strings.Cut(t, " business "); ok {
		k, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil || k <= 0 || k > 365*24*60 {
			return Target{}, bad
		}
		var out Target
		switch strings.TrimSuffix(strings.TrimSpace(unit), "s") {
		case "day":
			out = Target{Days: k, Business: true}
		case "hour":
			out = Target{Time: time.Duration(k) * time.Hour, Business: true}
		case "minute":
			out = Target{Time: time.Duration(k) * time.Minute, Business: true}
		default:
			return Target{}, bad
		}
		if out.Days > 365 || out.Time > maxTarget {
			return Target{}, bad
		}
		return out, nil
	}
	d, err := parseDays(t)
	if err != nil || d <= 0 || d > maxTarget {
		return Target{}, bad
	}
	return Target{Time: d}, nil
}

// parseDays is time.ParseDuration with days: "7d", "36h".
func parseDays(s string) (time.Duration, error) {
	if n, ok := strings.CutSuffix(s, "d"); ok {
		k, err := strconv.Atoi(n)
		if err != nil || k < 0 || k > 3650 {
			return 0, fmt.Errorf("%q is no number of days", s)
		}
		return time.Duration(k) * 24 * time.Hour, nil
	}
	return time.ParseDuration(s)
}

// from returns when the target is reached, starting at a moment. ok is false
// without a target, or when the calendar never gets there.
func (t Target) from(start time.Time, h Hours) (time.Time, bool) {
	switch {
	case t.Zero():
		return time.Time{}, false
	case t.Days > 0:
		return h.AddDays(start, t.Days)
	}
	return t.add(start, t.Time, h)
}

// add and between count in the target's own kind of time.
func (t Target) add(from time.Time, d time.Duration, h Hours) (time.Time, bool) {
	if t.Business {
		return h.Add(from, d)
	}
	return from.Add(d), true
}

func (t Target) between(from, to time.Time, h Hours) time.Duration {
	if !to.After(from) {
		return 0
	}
	if t.Business {
		return h.Between(from, to)
	}
	return to.Sub(from)
}
