package oncallweb

import (
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Days adjoin and begin with their own date in every kind of zone, also where
// midnight is skipped or comes twice.
func TestDays(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "America/Havana", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "Atlantic/Azores", "Pacific/Apia", "Asia/Kathmandu"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for year := 2024; year <= 2028; year++ {
			s := span{from: midnight(year, 1, 1, loc), to: midnight(year+1, 1, 1, loc), loc: loc}
			last, n := s.from, 0
			s.eachDay(func(from, to time.Time) {
				long := to.Sub(from)
				if !from.Equal(last) || long < 22*time.Hour || long > 26*time.Hour {
					t.Fatalf("%s: a day from %s to %s", name, from, to)
				}
				if a, b := from.In(loc).YearDay(), from.Add(-time.Second).In(loc).YearDay(); a == b {
					t.Fatalf("%s: %s is not the first instant of its date", name, from.In(loc))
				}
				last, n = to, n+1
			})
			if n != 365 && n != 366 || !last.Equal(s.to) {
				t.Errorf("%s %d: %d days", name, year, n)
			}
		}
	}
	loc, _ := time.LoadLocation("Europe/Berlin")
	for view, want := range map[string]string{"day": "Wednesday, 18 November 2026 2026-11-17 2026-11-19", "week": "16–22 November 2026 2026-11-09 2026-11-23", "month": "November 2026 2026-10-01 2026-12-01"} {
		s := spanOf(view, time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC), loc)
		if got := s.title() + " " + s.move(-1) + " " + s.move(1); got != want {
			t.Errorf("%s: %s, want %s", view, got, want)
		}
	}
}

// What a form shows of a schedule is what it makes of it.
func TestDraftRoundTrip(t *testing.T) {
	spec := oncall.Spec{Title: "Payments", Description: "Cards", Team: "payments", Zone: "Europe/Berlin", Layers: []oncall.LayerSpec{
		{Name: "weeks", Start: "2026-01-05T09:00", End: "2026-12-31T09:00", Every: "P2W", Shifts: [][]string{{"mara"}, {"jonas", "priya"}}},
		{Start: "2026-01-05T20:00", Every: "PT12H", Shifts: [][]string{{"tom"}}, Beside: true, Only: []oncall.WindowSpec{
			{Days: []string{"mon", "tue", "wed", "fri", "sun"}, From: "20:00", To: "08:00"}, {From: "12:00", To: "13:00", Zone: "Asia/Tokyo"}}},
		{Start: "2026-01-05T20:00", Every: "P3D", Shifts: [][]string{{"lena"}}, Only: []oncall.WindowSpec{{Days: []string{"sat", "sun"}, From: "00:00", To: "24:00"}}},
	}}
	d := draftOf(oncall.Schedule{Name: "payments", Spec: spec, Version: 3})
	if got := readDraft(&web.Form{Values: d.values()}).spec(); !reflect.DeepEqual(got, spec) {
		t.Errorf("got  %+v\nwant %+v", got, spec)
	}
	for text, want := range map[string]oncall.WindowSpec{
		"Mon–Fri 08:00 - 20:00":      {Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", To: "20:00"},
		"fri-mon 9-5":                {Days: []string{"fri", "sat", "sun", "mon"}, From: "9", To: "5"},
		"monday, sunday 08:00-20:00": {Days: []string{"mon", "sun"}, From: "08:00", To: "20:00"},
		"someday 08:00-20:00":        {Days: []string{"someday"}, From: "08:00", To: "20:00"},
		"always":                     {From: "always"},
	} {
		if got := windowsOf(text); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: %+v", text, got)
		}
	}
	for iso, want := range map[string]string{"P1W": "1 w", "P14D": "2 w", "P1W1D": "8 d", "PT36H": "36 h", "PT90M": "90 m", "": " ", "P1Y": "P1Y "} {
		if n, unit := splitEvery(iso); n+" "+unit != want {
			t.Errorf("%s: %s %s", iso, n, unit)
		}
	}
	if got := readDraft(&web.Form{Values: url.Values{"layers": {"999999999"}}}); len(got.layers) != mostLayers {
		t.Errorf("%d layers", len(got.layers))
	}
}

// People keep their colours, and only the ninth shares one.
func TestHues(t *testing.T) {
	eight := huesOf([]int64{1, 2, 3, 4, 5, 6, 7, 8})
	seen := map[int]bool{}
	for id, h := range eight {
		if h < 1 || h > 8 || seen[h] {
			t.Errorf("%d has %d", id, h)
		}
		seen[h] = true
	}
	more := huesOf([]int64{8, 7, 6, 5, 4, 3, 2, 1}, 0, 12, 3)
	for id, h := range eight {
		if more[id] != h {
			t.Errorf("%d changed from %d to %d", id, h, more[id])
		}
	}
	if more[12] < 9 || more[12] > 16 || more[0] != 0 {
		t.Errorf("the ninth has %d, nobody has %d", more[12], more[0])
	}
}
