package escalation

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// parseDuration reads ISO 8601 ("PT5M", "PT1H30M") or Go's form ("5m").
// Days are 24 hours; weeks, months and years are not read: their length is not
// fixed, and nobody waits for months to be told.
func parseDuration(s string) (time.Duration, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if !strings.HasPrefix(s, "P") {
		d, err := time.ParseDuration(strings.ToLower(s))
		return d, err == nil && d >= 0
	}
	date, clock, timed := strings.Cut(s[1:], "T")
	if date == "" && clock == "" || timed && clock == "" {
		return 0, false
	}
	var sum time.Duration
	read := func(part, units string, sizes ...time.Duration) bool {
		for part != "" {
			i := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
			if i <= 0 || i > 6 {
				return false
			}
			u := strings.IndexByte(units, part[i])
			if u < 0 {
				return false
			}
			n, _ := strconv.ParseInt(part[:i], 10, 64) // at most six digits
			sum += time.Duration(n) * sizes[u]
			units, sizes, part = units[u+1:], sizes[u+1:], part[i+1:]
		}
		return true
	}
	return sum, read(date, "D", 24*time.Hour) && read(clock, "HMS", time.Hour, time.Minute, time.Second)
}

// iso writes a duration of whole seconds as ISO 8601.
func iso(d time.Duration) string {
	s := int64(d / time.Second)
	if s <= 0 {
		return "PT0S"
	}
	var b strings.Builder
	b.WriteString("PT")
	for _, u := range []struct {
		n    int64
		unit byte
	}{{s / 3600, 'H'}, {s / 60 % 60, 'M'}, {s % 60, 'S'}} {
		if u.n > 0 {
			b.WriteString(strconv.FormatInt(u.n, 10))
			b.WriteByte(u.unit)
		}
	}
	return b.String()
}

// spoken is a duration as people say it: "5 min", "1 h 30 min", "45 s".
func spoken(d time.Duration) string {
	h, m, s := int(d/time.Hour), int(d/time.Minute)%60, int(d/time.Second)%60
	var parts []string
	for _, u := range []struct {
		n    int
		unit string
	}{{h, "h"}, {m, "min"}, {s, "s"}} {
		if u.n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", u.n, u.unit))
		}
	}
	if len(parts) == 0 {
		return "at once"
	}
	return strings.Join(parts, " ")
}

// wait reads one duration of a spec within bounds; empty is its default.
func wait(path, s string, def, least, most time.Duration, bad *errs.Fields) time.Duration {
	if s == "" {
		return def
	}
	d, ok := parseDuration(s)
	switch {
	case !ok:
		bad.Add(path, s, "write a time like PT5M or PT1H30M")
	case d < least || d > most:
		bad.Add(path, s, fmt.Sprintf("use %s to %s", iso(least), iso(most)))
	}
	return d.Truncate(time.Second)
}
