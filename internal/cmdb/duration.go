package cmdb

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/timetext"
)

// Duration is a time.Duration that is written as ISO 8601 ("P30D", "PT2H") in
// JSON and YAML. Days are 24 hours; weeks, months and years are not read.
type Duration time.Duration

// Day is 24 hours.
const Day = 24 * time.Hour

// String is the ISO 8601 form, whole seconds.
func (d Duration) String() string {
	if d < Duration(Day) {
		return timetext.ISO(time.Duration(d))
	}
	out := "P" + strconv.FormatInt(int64(d)/int64(Day), 10) + "D"
	if rest := time.Duration(d) % Day; rest >= time.Second {
		out += strings.TrimPrefix(timetext.ISO(rest), "P")
	}
	return out
}

// MarshalText writes ISO 8601.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads ISO 8601.
func (d *Duration) UnmarshalText(text []byte) error {
	v, ok := timetext.Duration(strings.ToUpper(strings.TrimSpace(string(text))))
	if !ok {
		return fmt.Errorf("%q is no duration; write it like P30D or PT12H", string(text))
	}
	*d = Duration(v)
	return nil
}
