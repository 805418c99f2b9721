package calendar_test

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestCompileNamesEveryFault(t *testing.T) {
	_, err := calendar.Compile(calendar.Spec{
		Title: strings.Repeat("x", 101), Zone: "Europe/Brelin",
		Hours: calendar.Hours{
			Monday:  []string{"09:00-12:00", "11:00-13:00"},
			Tuesday: []string{"17:00-09:00", "9-17", "00:00-24:01", "25:00-26:00", "09:60-10:00", ""},
			Sunday:  make([]string, 25),
		},
		Holidays: []calendar.Holiday{{Date: "2026-02-30"}, {Date: "2026-12-25"}, {Date: "2026-12-25"}, {Date: "2026-12-26", Name: strings.Repeat("é", 101)}},
	})
	var got []string
	for _, f := range errs.As(err).Fields {
		got = append(got, f.Name)
		if f.Remedy == "" {
			t.Errorf("%s has no remedy", f.Name)
		}
	}
	want := "title zone hours.monday[1] hours.tuesday[0] hours.tuesday[1] hours.tuesday[2] hours.tuesday[3] hours.tuesday[4] hours.tuesday[5] " +
		"hours.sunday holidays[0].date holidays[2].date holidays[3].name"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("faults\n%s\nwant\n%s", s, want)
	}
	for _, z := range []string{"", "Local", "../etc/passwd", "CET+1", "\x00"} {
		if _, err := calendar.Compile(calendar.Spec{Zone: z}); !errs.Is(err, errs.Invalid) {
			t.Errorf("zone %q is taken: %v", z, err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("Europe/Berlin", "09:00-17:00", "22:00-24:00", "2026-12-25")
	f.Add("UTC", "00:00-24:00", "", "0000-01-01")
	f.Fuzz(func(t *testing.T, zone, a, b, date string) {
		c, err := calendar.Compile(calendar.Spec{Zone: zone, Hours: calendar.Hours{Monday: []string{a, b}}, Holidays: []calendar.Holiday{{Date: date}}})
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		at, ok := c.Add(utc("2026-10-05 10:00"), 1e12)
		if ok && c.Between(utc("2026-10-05 10:00"), at) != 1e12 {
			t.Fatalf("Add and Between disagree: %v", at)
		}
	})
}
