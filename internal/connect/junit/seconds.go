package junit

import (
	"math"
	"strconv"
	"strings"
)

// seconds reads the time of a test case; runners write "1.5", and some "1,234.5".
// What cannot be read, is negative or not finite is 0: a report is not refused
// for it.
func seconds(s string) float64 {
	f, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 64)
	if err != nil || f < 0 || math.IsNaN(f) || f > 1e9 {
		return 0
	}
	return f
}
