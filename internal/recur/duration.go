package recur

import (
	"strconv"
	"strings"
	"time"
)

// Duration reads a DURATION (RFC 5545, 3.3.6): whole days on the wall, and
// exact time.
func Duration(s string) (days int, exact time.Duration, ok bool) {
	s = strings.TrimPrefix(strings.ToUpper(s), "+")
	s, ok = strings.CutPrefix(s, "P")
	if !ok || s == "" {
		return 0, 0, false
	}
	timed := false
	for s != "" {
		if s[0] == 'T' && !timed && len(s) > 1 {
			timed, s = true, s[1:]
			continue
		}
		i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if i < 1 || i > 6 {
			return 0, 0, false
		}
		n, _ := strconv.Atoi(s[:i]) // at most six digits
		switch {
		case s[i] == 'W' && !timed:
			days += 7 * n
		case s[i] == 'D' && !timed:
			days += n
		case s[i] == 'H' && timed:
			exact += time.Duration(n) * time.Hour
		case s[i] == 'M' && timed:
			exact += time.Duration(n) * time.Minute
		case s[i] == 'S' && timed:
			exact += time.Duration(n) * time.Second
		default:
			return 0, 0, false
		}
		s = s[i+1:]
	}
	return days, exact, true
}
