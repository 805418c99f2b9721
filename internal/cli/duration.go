package cli

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/alecthomas/kong"
)

var days = regexp.MustCompile(`^([0-9]{1,5})d(.*)$`)

// duration reads flags like 90m, 7d or 1d12h: what Go reads, and days of 24
// hours, as files and pages take them.
func duration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	d, err := span(text)
	if err != nil {
		return err
	}
	target.SetInt(int64(d))
	return nil
}

func span(text string) (time.Duration, error) {
	rest, sum := text, time.Duration(0)
	if m := days.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1]) // at most five digits
		sum, rest = time.Duration(n)*24*time.Hour, m[2]
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration; write it like 90m, 2h30m or 7d", text)
		}
		sum += d
	}
	return sum, nil
}
