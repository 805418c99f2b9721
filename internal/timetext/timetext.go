// Package timetext reads and writes times of day and lengths of time as files,
// forms and the API hold them: 09:00, PT1H30M. Practices add their own bounds,
// and what else they take.
package timetext

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Clock reads a time of day like "09:00" to its second; "24:00" is the day's
// end. ok is false for anything else.
func Clock(s string) (second int64, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := int64(s[0]-'0')*10+int64(s[1]-'0'), int64(s[3]-'0')*10+int64(s[4]-'0')
	return h*3600 + m*60, m < 60 && (h < 24 || h == 24 && m == 0)
}

// Duration reads a length in ISO 8601 in days, hours, minutes and seconds, each
// a whole number: "PT2M30S", "P1DT12H". Days are 24 hours; weeks, months and
// years are not read, because their length is not fixed. ok is false for
// anything else, and for what no time.Duration can hold.
func Duration(s string) (d time.Duration, ok bool) {
	body, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), "P")
	date, clock, timed := strings.Cut(body, "T")
	if !ok || date == "" && clock == "" || timed && clock == "" {
		return 0, false
	}
	read := func(part, units string, sizes ...time.Duration) bool {
		for part != "" {
			i := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
			if i <= 0 || i > 9 {
				return false
			}
			u := strings.IndexByte(units, part[i])
			if u < 0 {
				return false
			}
			n, _ := strconv.ParseInt(part[:i], 10, 64) // at most nine digits
			if time.Duration(n) > (math.MaxInt64-d)/sizes[u] {
				return false
			}
			d += time.Duration(n) * sizes[u]
			units, sizes, part = units[u+1:], sizes[u+1:], part[i+1:]
		}
		return true
	}
	if !read(date, "D", 24*time.Hour) || !read(clock, "HMS", time.Hour, time.Minute, time.Second) {
		return 0, false
	}
	return d, true
}

// ISO writes a length in ISO 8601 as hours, minutes and whole seconds:
// "PT36H", "PT2M30S"; "PT0S" for less than a second.
func ISO(d time.Duration) string {
	s := int64(d / time.Second)
	if s <= 0 {
		return "PT0S"
	}
	out := "PT"
	for _, u := range []struct {
		n    int64
		unit string
	}{{s / 3600, "H"}, {s / 60 % 60, "M"}, {s % 60, "S"}} {
		if u.n > 0 {
			out += strconv.FormatInt(u.n, 10) + u.unit
		}
	}
	return out
}
