package health

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

var (
	berlin = must(time.LoadLocation("Europe/Berlin"))
	lima   = must(time.LoadLocation("America/Lima"))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func at(text string) time.Time { return must(time.ParseInLocation("2006-01-02 15:04", text, time.UTC)) }

func TestPeriods(t *testing.T) {
	now := at("2026-11-20 14:00") // a Friday
	for name, want := range map[string][2]string{
		"":        {"2026-08-24 00:00 CEST", "2026-11-20 15:00 CET"}, // 13 weeks across the end of summer time
		"1w":      {"2026-11-16 00:00 CET", "2026-11-20 15:00 CET"},
		"2026-10": {"2026-10-01 00:00 CEST", "2026-11-01 00:00 CET"},
		"2026-11": {"2026-11-01 00:00 CET", "2026-11-20 15:00 CET"},
	} {
		p, err := ParsePeriod(name, berlin, now)
		got := [2]string{p.From.In(berlin).Format("2006-01-02 15:04 MST"), p.To.In(berlin).Format("2006-01-02 15:04 MST")}
		if err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", name, got, err, want)
		}
	}
	for _, bad := range []string{"0w", "53w", "w", "-1w", "01w", "2026-13", "2026-12", "1999-01", "2026", "yesterday", "2026-10-01"} {
		if p, err := ParsePeriod(bad, berlin, now); err == nil {
			t.Errorf("%q was taken as %v", bad, p)
		}
	}
}

func TestWeeks(t *testing.T) {
	weeks := weeksUntil(at("2026-11-20 14:00"), at("2026-09-09 12:00"), berlin)
	var known, whole int
	for i, w := range weeks {
		if i > 0 && !w.From.Equal(weeks[i-1].To) || w.From.Weekday() != time.Monday || w.From.Hour() != 0 {
			t.Errorf("week %d begins %s and the one before ends %s", i, w.From, weeks[max(0, i-1)].To)
		}
		known += one(w.Known)
		whole += one(w.Whole)
	}
	// 24 Aug to 22 Nov; of the 13, two lie before 9 Sep, its own and the last are parts
	if len(weeks) != 13 || known != 11 || whole != 9 {
		t.Errorf("%d weeks, %d known, %d whole", len(weeks), known, whole)
	}
}

func TestSpread(t *testing.T) {
	minutes := func(list ...int) (out []time.Duration) {
		for _, n := range list {
			out = append(out, time.Duration(n)*time.Minute)
		}
		return out
	}
	m := time.Minute
	for _, x := range []struct {
		list []time.Duration
		want Spread
	}{
		{nil, Spread{}},
		{minutes(7), Spread{1, 7 * m, 7 * m, 7 * m}},
		{minutes(4, 2), Spread{2, 3 * m, 2 * m, 4 * m}},
		{minutes(10, 1, 2, 3, 4, 5, 6, 7, 8, 9), Spread{10, 5*m + 30*time.Second, 5 * m, 9 * m}},
		{minutes(11, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9), Spread{11, 6 * m, 6 * m, 10 * m}},
		{[]time.Duration{1, 2}, Spread{2, 1, 1, 2}},
	} {
		if got := spreadOf(x.list); got != x.want {
			t.Errorf("%v: %+v, want %+v", x.list, got, x.want)
		}
	}
	if s := spreadOf([]time.Duration{1 << 62, 1 << 62, 1 << 62}); s.Mean <= 0 {
		t.Errorf("the sum overflowed: %v", s.Mean)
	}
}

func TestNights(t *testing.T) {
	for _, x := range []struct {
		utc   string
		zone  *time.Location
		night string
	}{
		{"2026-10-20 19:59", berlin, ""},           // 21:59
		{"2026-10-20 20:00", berlin, "2026-10-20"}, // 22:00
		{"2026-10-21 04:59", berlin, "2026-10-20"}, // 06:59
		{"2026-10-21 05:00", berlin, ""},           // 07:00
		{"2026-10-20 12:30", lima, ""},             // 07:30: the same instant is somebody else's morning
		{"2026-10-20 11:30", lima, "2026-10-19"},
		{"2026-10-25 00:30", berlin, "2026-10-24"}, // 02:30 the first time, …
		{"2026-10-25 01:30", berlin, "2026-10-24"}, // … and the second: one night
		{"2026-03-29 01:30", berlin, "2026-03-28"}, // 03:30, the hour before was skipped
		{"2027-01-01 02:00", berlin, "2026-12-31"},
		{"2026-03-01 02:00", berlin, "2026-02-28"},
	} {
		got, ok := night(at(x.utc).In(x.zone))
		if got != x.night || ok != (x.night != "") {
			t.Errorf("%s in %s: %q, want %q", x.utc, x.zone, got, x.night)
		}
	}
}

func woke(id, person int64, key, when string, incident int64, carrier int64) notify.Woke {
	return notify.Woke{ID: id, Person: person, Key: key, At: at(when), Record: ref.N(ref.Incident, incident), Carrier: carrier, Reason: "paged"}
}

func TestPages(t *testing.T) {
	known := map[int64]Incident{1: {ID: 1, Team: "payments"}, 2: {ID: 2, Team: "search"}, 3: {ID: 3, Team: "payments"}}
	list := []notify.Woke{
		woke(11, 7, "a", "2026-10-20 10:02", 1, 0), // the text two minutes after …
		woke(10, 7, "a", "2026-10-20 10:00", 1, 0), // … the push: one page, at 10:00
		woke(12, 8, "a", "2026-10-20 10:00", 1, 0), // somebody else
		woke(13, 7, "b", "2026-10-20 11:00", 2, 0), // of another team
		woke(20, 7, "c", "2026-10-20 12:00", 1, 20),
		woke(21, 7, "d", "2026-10-20 12:00", 3, 20), // gathered with the one before
		woke(22, 7, "e", "2026-10-20 12:00", 9, 0),  // an incident not to be seen
		{ID: 23, Person: 7, Key: "f", At: at("2026-10-20 13:00"), Record: ref.N(ref.Person, 7)},
		woke(24, 7, "g", "2026-10-24 20:30", 3, 0), // Saturday, 22:30 in Berlin
	}
	got := pagesOf(list, known, "payments", func(p int64) *time.Location {
		if p == 8 {
			return lima
		}
		return berlin
	})
	var text []string
	for _, p := range got {
		text = append(text, fmt.Sprintf("%d to %d own=%t sleep=%t weekend=%t %s", p.ID, p.Person, p.Own, p.Sleep, p.Weekend, p.Night))
	}
	want := []string{
		"10 to 7 own=true sleep=false weekend=false ",
		"12 to 8 own=true sleep=true weekend=false 2026-10-19",
		"13 to 7 own=false sleep=false weekend=false ",
		"20 to 7 own=true sleep=false weekend=false ",
		"24 to 7 own=true sleep=true weekend=true 2026-10-24",
	}
	if d := cmp.Diff(want, text); d != "" {
		t.Error(d)
	}
}

func TestBurden(t *testing.T) {
	for name, x := range map[string]struct {
		pages      []Page // at hours after a start
		most, over int
	}{
		"none":                     {nil, 0, 0},
		"one incident, many pages": {pagesAt(1, 0, 1, 1, 1, 2), 1, 0},
		"two is allowed":           {pagesAt(1, 0, 2, 11), 2, 0},
		"three":                    {pagesAt(1, 0, 2, 5, 3, 11), 3, 1},
		"twelve hours apart":       {pagesAt(1, 0, 2, 5, 3, 12), 2, 0},
		"one long night, not two":  {pagesAt(1, 0, 2, 1, 3, 2, 4, 3, 5, 4), 5, 1},
		"two nights":               {pagesAt(1, 0, 2, 1, 3, 2, 4, 24, 5, 25, 6, 26), 3, 2},
	} {
		if most, over := burden(x.pages); most != x.most || over != x.over {
			t.Errorf("%s: most %d, over %d; want %d, %d", name, most, over, x.most, x.over)
		}
	}
}

// pagesAt makes pages of pairs: incident, hour.
func pagesAt(pairs ...int) (out []Page) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Page{Incident: int64(pairs[i]), At: at("2026-10-20 00:00").Add(time.Duration(pairs[i+1]) * time.Hour)})
	}
	return out
}

func TestHours(t *testing.T) {
	list := []Duty{
		{[]int64{1, 2}, at("2026-10-01 00:00"), at("2026-10-02 00:00")},
		{[]int64{1}, at("2026-10-01 12:00"), at("2026-10-02 12:00")}, // on a second schedule at the same time
		{[]int64{2}, at("2026-10-05 00:00"), at("2026-10-05 06:00")},
		{[]int64{1}, at("2026-10-01 13:00"), at("2026-10-01 14:00")}, // within another
	}
	h := time.Hour
	if got := hours(list, at("2026-09-01 00:00")); got[1] != 36*h || got[2] != 30*h {
		t.Errorf("%v", got)
	}
	if got := hours(list, at("2026-10-01 18:00")); got[1] != 18*h || got[2] != 12*h {
		t.Errorf("known since the evening: %v", got)
	}
}

func TestAdvice(t *testing.T) {
	for name, x := range map[string]struct {
		a    Alert
		want Advice
	}{
		"acted upon":            {Alert{Incidents: 9, Acted: 8, Noise: 1, Typical: time.Minute}, Keep},
		"once for nothing":      {Alert{Incidents: 1, Noise: 1, Typical: time.Minute}, Keep},
		"mostly acted upon":     {Alert{Incidents: 6, Acted: 3, Noise: 3, Typical: time.Minute}, Keep},
		"short":                 {Alert{Incidents: 4, Acted: 1, Noise: 3, Typical: 10 * time.Minute}, Threshold},
		"heals slowly":          {Alert{Incidents: 4, Acted: 1, Noise: 3, Typical: 11 * time.Minute}, CloseSelf},
		"length unknown":        {Alert{Incidents: 2, Noise: 2, Typical: -1}, CloseSelf},
		"comes again and again": {Alert{Incidents: 4, Acted: 4, Burst: 3, Typical: time.Minute}, Group},
		"never acted upon":      {Alert{Incidents: 12, Noise: 10, Burst: 5, Typical: time.Minute}, Delete},
		"once acted upon":       {Alert{Incidents: 12, Acted: 1, Noise: 11, Typical: time.Hour}, CloseSelf},
	} {
		if got := x.a.advice(); got != x.want || (got == Keep) != (got.Says() == "") {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

func TestAlerts(t *testing.T) {
	start := at("2026-10-20 00:00")
	incidents := map[int64]Incident{
		1: {ID: 1, Triggered: start, Acted: true, Over: true},
		2: {ID: 2, Triggered: start.Add(time.Hour), Over: true},                  // ended without anybody
		3: {ID: 3, Triggered: start.Add(2 * time.Hour), Acted: true, None: true}, // looked at: it was none
		4: {ID: 4, Triggered: start.Add(30 * time.Hour)},                         // open: not known yet
		5: {ID: 5, Triggered: start.Add(60 * time.Hour), Acted: true, Over: true},
	}
	spell := func(incident int64, summary string, firings int, minutes int) Spell {
		s := Spell{Incident: incident, Rule: "r", Summary: summary, Firings: firings, From: start}
		if minutes > 0 {
			s.Until = start.Add(time.Duration(minutes) * time.Minute)
		}
		return s
	}
	got, acted := alertsOf([]Spell{
		spell(1, "disk", 1, 10), spell(2, "disk", 3, 4), spell(3, "disk", 1, 6), spell(4, "disk", 1, 0),
		spell(5, "down", 2, 90), spell(99, "not visible", 1, 1),
	}, incidents)
	want := []Alert{
		{Rule: "r", Summary: "disk", Firings: 6, Incidents: 4, Acted: 1, Noise: 2, Burst: 3, Typical: 6 * time.Minute, Advice: Group},
		{Rule: "r", Summary: "down", Firings: 2, Incidents: 1, Acted: 1, Burst: 1, Typical: 90 * time.Minute},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if acted != (Share{2, 4}) || acted.Percent() != 50 || got[0].Open() != 1 || (Share{}).Percent() != -1 {
		t.Errorf("acted upon: %v", acted)
	}
}

func TestTrend(t *testing.T) {
	for name, x := range map[string]struct {
		t    Trend
		want string
	}{
		"unknown": {Trend{}, "unknown"}, "steady": {Trend{true, 5, 5, 9}, "steady"}, "less than one": {Trend{true, 1.9, 1, 9}, "steady"},
		"a fifth": {Trend{true, 11.9, 10, 9}, "steady"}, "rising": {Trend{true, 12, 10, 9}, "rising"}, "falling": {Trend{true, 2, 10, 9}, "falling"}, "from nothing": {Trend{true, 1, 0, 9}, "rising"},
	} {
		if got := x.t.Word(); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}

func names(list []Load) (out []string) {
	for _, l := range list {
		out = append(out, l.Handle)
	}
	return slices.Clip(out)
}
