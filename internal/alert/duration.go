package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/timetext"
)

// Duration is a time.Duration that is written as ISO 8601 ("PT2H30M") in JSON
// and YAML, and also read as Go writes it, with days ("2h30m", "7d"). Days are 24 hours; weeks,
// months and years are not read, because their length is not fixed.
type Duration time.Duration

// MarshalText writes ISO 8601.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the ISO 8601 form, whole seconds.
func (d Duration) String() string {
	if d < Duration(24*time.Hour) {
		return timetext.ISO(time.Duration(d))
	}
	out := "P" + strconv.FormatInt(int64(d)/int64(24*time.Hour), 10) + "D"
	if rest := time.Duration(d) % (24 * time.Hour); rest >= time.Second {
		out += strings.TrimPrefix(timetext.ISO(rest), "P")
	}
	return out
}

// UnmarshalText reads ISO 8601 or Go's form.
func (d *Duration) UnmarshalText(text []byte) error {
	s := strings.ToUpper(strings.TrimSpace(string(text)))
	fault := fmt.Errorf("%q is no duration; write it like PT2H30M, 2h30m or 7d", string(text))
	if s == "" {
		*d = 0
		return nil
	}
	if !strings.HasPrefix(s, "P") {
		days, rest, ok := strings.Cut(s, "D") // Go knows no days
		if !ok {
			days, rest = "0", s
		}
		n, err := strconv.ParseUint(days, 10, 16)
		if rest == "" {
			rest = "0"
		}
		v, err2 := time.ParseDuration(strings.ToLower(rest))
		if err != nil || err2 != nil || v < 0 || strings.HasPrefix(rest, "+") {
			return fault
		}
		*d = Duration(time.Duration(n)*24*time.Hour + v)
		return nil
	}
	sum, ok := timetext.Duration(s)
	if !ok {
		return fault
	}
	*d = Duration(sum)
	return nil
}
