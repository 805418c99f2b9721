package escalation

import (
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/timetext"
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
	return timetext.Duration(s)
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
		bad.Add(path, s, fmt.Sprintf("use %s to %s", timetext.ISO(least), timetext.ISO(most)))
	}
	return d.Truncate(time.Second)
}
