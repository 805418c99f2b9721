package timetext

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	for s, want := range map[string]int64{"00:00": 0, "09:30": 34200, "23:59": 86340, "24:00": 86400,
		"24:01": -1, "9:30": -1, "12:60": -1, "": -1, "12-00": -1, "1a:00": -1} {
		got, ok := Clock(s)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("Clock(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	const no = -1
	for s, want := range map[string]time.Duration{
		"PT5M": 5 * time.Minute, " pt1h30m ": 90 * time.Minute, "P1D": 24 * time.Hour, "P1DT12H": 36 * time.Hour, "PT0S": 0,
		"": no, "P": no, "PT": no, "P1DT": no, "P1W": no, "P1M": no, "PT5": no, "PT5M5M": no, "PT1S1M": no, "PT1.5H": no, "PT-5M": no, "5m": no, "PT1234567890S": no, "PT999999999H": no,
	} {
		got, ok := Duration(s)
		if !ok {
			got = no
		}
		if got != want {
			t.Errorf("Duration(%q) = %s, want %s", s, got, want)
		}
	}
}

// What is written is read back.
func FuzzDuration(f *testing.F) {
	f.Add("PT1H30M")
	f.Add("P1DT999999999S")
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := Duration(s)
		if d < 0 {
			t.Fatalf("%q is %s", s, d)
		}
		if again, _ := Duration(ISO(d)); ok && again != d {
			t.Errorf("%q is %s, written as %s", s, d, ISO(d))
		}
	})
}
