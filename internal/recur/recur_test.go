package recur_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/evenkeel/evenkeel/internal/recur"
)

func wall(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// What people write, with the dates that a calendar program shows for it.
func TestWalk(t *testing.T) {
	for _, c := range []struct{ start, rule, want string }{
		{"2026-11-03T22:00", "FREQ=DAILY;COUNT=3", "11-03 11-04 11-05"},
		{"2026-11-03T22:00", "freq=weekly;interval=2;byday=tu,su;count=4", "11-03 11-08 11-17 11-22"},
		{"2026-11-03T22:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4", "11-03 11-15 11-17 11-29"},
		{"2026-01-31T09:00", "FREQ=MONTHLY;COUNT=3", "01-31 03-31 05-31"},
		{"2026-01-30T09:00", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "01-30 02-27 03-27"},
		{"2026-01-13T09:00", "FREQ=MONTHLY;BYDAY=2TU;COUNT=3", "01-13 02-10 03-10"},
		{"2026-01-31T09:00", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "01-31 02-28 03-31"},
		{"2026-01-30T09:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "01-30 02-27 03-31"},
		{"2026-02-13T09:00", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", "02-13 03-13 11-13"},
		{"2026-11-27T18:00", "FREQ=YEARLY;BYMONTH=11;BYDAY=4FR;COUNT=2", "11-27 11-26"},
		{"2024-02-29T00:00", "FREQ=YEARLY;COUNT=2", "02-29 02-29"},
		{"2026-12-20T00:00", "FREQ=YEARLY;BYMONTH=12,6;COUNT=3", "12-20 06-20 12-20"},
		{"2026-02-28T00:00", "FREQ=DAILY;BYMONTH=2;COUNT=2", "02-28 02-01"},
		{"2026-02-28T00:00", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", ""},
	} {
		u, bad := recur.Parse(c.rule, time.UTC)
		if bad != "" {
			t.Errorf("%s: %q is not understood", c.rule, bad)
			continue
		}
		var got []string
		u.Walk(wall(c.start), wall(c.start), nil, func(w time.Time) bool {
			got = append(got, w.Format("01-02"))
			return len(got) < 10
		})
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s from %s gives %s, want %s", c.rule, c.start, s, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for rule, want := range map[string]string{
		"": "", "FREQ=HOURLY": "FREQ=HOURLY", "INTERVAL=2": "no FREQ", "FREQ=DAILY;INTERVAL=0": "INTERVAL=0", "FREQ=DAILY;COUNT=99999": "COUNT=99999",
		"FREQ=DAILY;COUNT=2;UNTIL=20270101": "COUNT with UNTIL", "FREQ=WEEKLY;BYDAY=1MO": "BYDAY with a number, not monthly or yearly",
		"FREQ=YEARLY;BYDAY=MO": "BYDAY in years, without BYMONTH", "FREQ=MONTHLY;BYSETPOS=1": "BYSETPOS without days of a month", "FREQ=DAILY;FREQ=DAILY": "FREQ=DAILY",
		"FREQ=MONTHLY;BYDAY=6MO": "BYDAY=6MO", "FREQ=MONTHLY;BYDAY=XX": "BYDAY=XX", "FREQ=DAILY;BYHOUR=2": "BYHOUR=2", "FREQ=DAILY;UNTIL=tomorrow": "UNTIL=tomorrow", "FREQ=MONTHLY;BYMONTHDAY=0": "BYMONTHDAY=0",
	} {
		if _, bad := recur.Parse(rule, time.UTC); bad == "" && rule != "" || want != "" && bad != want {
			t.Errorf("%q: %q is named, want %q", rule, bad, want)
		}
	}
}

// UNTIL is an instant, or a time or whole date where the rule lives.
func TestUntil(t *testing.T) {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for v, want := range map[string]string{"20261224T090000Z": "2026-12-24T09:00:00Z", "20261224T090000": "2026-12-24T08:00:00Z", "20261224": "2026-12-24T22:59:59Z"} {
		u, bad := recur.Parse("FREQ=DAILY;UNTIL="+v, berlin)
		if got := u.Until.UTC().Format(time.RFC3339); bad != "" || got != want {
			t.Errorf("UNTIL=%s is %s (%s), want %s", v, got, bad, want)
		}
	}
}

// naive reads the RFC day by day: is there a repetition on this date?
func naive(text string, start, day time.Time) bool {
	p := map[string]string{"INTERVAL": "1", "WKST": "MO"}
	for part := range strings.SplitSeq(text, ";") {
		k, v, _ := strings.Cut(part, "=")
		p[k] = v
	}
	if day.Before(start) {
		return false
	}
	names := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	every, _ := strconv.Atoi(p["INTERVAL"])
	days := int(day.Sub(start) / (24 * time.Hour))
	length := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	monday := func(t time.Time) time.Time {
		for names[t.Weekday()] != p["WKST"] {
			t = t.AddDate(0, 0, -1)
		}
		return t
	}
	switch p["FREQ"] {
	case "DAILY":
		if days%every != 0 {
			return false
		}
	case "WEEKLY":
		if int(monday(day).Sub(monday(start))/(7*24*time.Hour))%every != 0 {
			return false
		}
		if p["BYDAY"] == "" && day.Weekday() != start.Weekday() {
			return false
		}
	case "MONTHLY":
		if (12*(day.Year()-start.Year())+int(day.Month())-int(start.Month()))%every != 0 {
			return false
		}
	case "YEARLY":
		if (day.Year()-start.Year())%every != 0 || p["BYMONTH"] == "" && p["BYMONTHDAY"] == "" && day.Month() != start.Month() {
			return false
		}
	}
	if m := p["BYMONTH"]; m != "" && !slices.Contains(strings.Split(m, ","), strconv.Itoa(int(day.Month()))) {
		return false
	}
	if d := p["BYMONTHDAY"]; d != "" && !slices.Contains(strings.Split(d, ","), strconv.Itoa(day.Day())) && !slices.Contains(strings.Split(d, ","), strconv.Itoa(day.Day()-length-1)) {
		return false
	}
	if d := p["BYDAY"]; d != "" {
		name := names[day.Weekday()]
		fits := []string{name, fmt.Sprint((day.Day()+6)/7, name), fmt.Sprint(-(length-day.Day()+7)/7, name)}
		for i := range fits {
			fits[i] = strings.ReplaceAll(fits[i], " ", "")
		}
		if !slices.ContainsFunc(strings.Split(d, ","), func(s string) bool { return slices.Contains(fits, s) }) {
			return false
		}
	}
	if (p["FREQ"] == "MONTHLY" || p["FREQ"] == "YEARLY") && p["BYMONTHDAY"] == "" && p["BYDAY"] == "" && day.Day() != start.Day() {
		return false
	}
	return true
}

// random is a rule without limits.
func random(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	freq := pick("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
	text := "FREQ=" + freq + ";INTERVAL=" + strconv.Itoa(1+r.IntN(4))
	if r.IntN(3) == 0 {
		text += ";WKST=" + pick("SU", "MO", "WE")
	}
	month := r.IntN(3) == 0
	if month {
		text += ";BYMONTH=" + pick("2", "1,7", "3,10,12")
	}
	switch kind := r.IntN(3); {
	case kind == 0 && freq != "WEEKLY":
		text += ";BYMONTHDAY=" + pick("1", "31", "-1", "13,-2", "29")
	case kind == 1 && (freq == "MONTHLY" || freq == "YEARLY" && month):
		text += ";BYDAY=" + pick("2TU", "-1FR", "MO,-1SU", "5WE", "SA,SU")
	case kind == 1 && freq != "YEARLY":
		text += ";BYDAY=" + pick("TU", "MO,TU,WE,TH,FR", "SA,SU")
	}
	return text
}

// A walk agrees with the day-by-day reading, from wherever it begins, and COUNT
// counts from the start.
func TestWalkAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 20))
	for range 400 {
		text := random(r)
		start := wall("2020-01-01T02:30").AddDate(0, 0, r.IntN(2000))
		from := start.Add(time.Duration(r.IntN(3000*24)-200) * time.Hour)
		until := from.AddDate(3, 0, 0)
		u, bad := recur.Parse(text, time.UTC)
		if bad != "" {
			t.Fatalf("%s: %q is not understood", text, bad)
		}
		var want, got, all []time.Time
		for d := start; d.Before(until); d = d.AddDate(0, 0, 1) {
			if naive(text, start, d) {
				if all = append(all, d); !d.Before(from) {
					want = append(want, d)
				}
			}
		}
		u.Walk(start, from, nil, func(w time.Time) bool {
			if w.Before(until) {
				got = append(got, w)
			}
			return w.Before(until)
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%s from %s, asked from %s:\ngot  %v\nwant %v", text, start, from, got, want)
		}
		if len(all) == 0 {
			continue
		}
		n := 1 + r.IntN(min(len(all), 50))
		counted, _ := recur.Parse(text+";COUNT="+strconv.Itoa(n), time.UTC)
		for _, v := range []recur.Rule{counted, counted.Bounded(start)} {
			got = nil
			v.Walk(start, all[n/2], nil, func(w time.Time) bool { got = append(got, w); return true })
			if !slices.Equal(got, all[n/2:n]) {
				t.Fatalf("%s, %d times, from the %dth:\ngot  %v\nwant %v", text, n, n/2+1, got, all[n/2:n])
			}
		}
	}
}

// Instant is what RFC 5545, 3.3.5 says, at every change of the clock of every
// zone of the tz database from 2020 to 2035, and at the one that skipped a date.
func TestInstantOverChanges(t *testing.T) {
	list, err := os.ReadFile("../oncall/testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, name := range strings.Fields(string(list)) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		from := 2020
		if name == "Pacific/Apia" {
			from = 2011
		}
		for at := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).In(loc); at.Year() < 2036; {
			_, next := at.ZoneBounds()
			if next.IsZero() {
				break
			}
			_, before := at.Zone()
			_, after := next.Zone()
			for _, near := range []time.Duration{-25 * time.Hour, -90 * time.Minute, -30 * time.Minute, -time.Second, 0, time.Second, 15 * time.Minute, 45 * time.Minute, 2 * time.Hour, 23 * time.Hour} {
				w := next.UTC().Add(time.Duration(before)*time.Second + near)
				got, first := recur.Instant(w, loc), time.Time{}
				for _, off := range []int{max(before, after), min(before, after)} { // the larger offset gives the earlier instant
					if at := w.Add(-time.Duration(off) * time.Second); first.IsZero() && recur.Wall(at, loc).Equal(w) {
						first = at
					}
				}
				if first.IsZero() { // skipped
					first = w.Add(-time.Duration(before) * time.Second)
				}
				if !got.Equal(first) {
					t.Errorf("%s: the wall's %s is %s, want %s", name, w.Format(time.DateTime), got, first)
				}
				checked++
			}
			at = next
		}
	}
	if checked < 10_000 {
		t.Errorf("only %d checked", checked)
	}
}

// No text makes it stumble, and what it understands it can walk.
func FuzzParse(f *testing.F) {
	f.Add("FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1;COUNT=3")
	f.Add("FREQ=YEARLY;INTERVAL=10000;BYMONTH=2;BYMONTHDAY=30")
	f.Fuzz(func(t *testing.T, s string) {
		u, bad := recur.Parse(s, time.UTC)
		if bad != "" {
			return
		}
		last, n := time.Time{}, 0
		u.Walk(wall("2026-01-31T22:00"), wall("2030-01-01T00:00"), nil, func(w time.Time) bool {
			if !w.After(last) {
				t.Fatalf("%q: %s comes after %s", s, w, last)
			}
			last, n = w, n+1
			return n < 20
		})
	})
}
