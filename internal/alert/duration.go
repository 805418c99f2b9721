package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration that is written as ISO 8601 ("PT2H30M") in JSON
// and YAML, and also read as Go writes it, with days ("2h30m", "7d"). Days are 24 hours; weeks,
// months and years are not read, because their length is not fixed.
type Duration time.Duration

// MarshalText writes ISO 8601.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the ISO 8601 form, whole seconds.
func (d Duration) String() string {
	s := int64(time.Duration(d) / time.Second)
	if s <= 0 {
		return "PT0S"
	}
	var b strings.Builder
	b.WriteByte('P')
	if n := s / 86400; n > 0 {
		fmt.Fprintf(&b, "%dD", n)
	}
	if s %= 86400; s > 0 {
		b.WriteByte('T')
		for _, u := range []struct {
			n    int64
			unit byte
		}{{s / 3600, 'H'}, {s / 60 % 60, 'M'}, {s % 60, 'S'}} {
			if u.n > 0 {
				b.WriteString(strconv.FormatInt(u.n, 10))
				b.WriteByte(u.unit)
			}
		}
	}
	return b.String()
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
	date, clock, _ := strings.Cut(s[1:], "T")
	var sum time.Duration
	read := func(part string, units string, sizes ...time.Duration) bool {
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
			sum += time.Duration(n) * sizes[u]
			units, sizes, part = units[u+1:], sizes[u+1:], part[i+1:]
		}
		return true
	}
	if len(s) < 3 || !read(date, "D", 24*time.Hour) || !read(clock, "HMS", time.Hour, time.Minute, time.Second) || sum < 0 {
		return fault
	}
	*d = Duration(sum)
	return nil
}
