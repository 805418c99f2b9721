package calendar_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/calendar"
)

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func in(zone, s string) time.Time {
	l, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", s, l)
	if err != nil {
		panic(err)
	}
	return t
}

func compile(t testing.TB, s calendar.Spec) *calendar.Calendar {
	t.Helper()
	c, err := calendar.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// odd are stretches of time with unusual clocks.
var odd = []struct {
	zone, from string
	days       int
}{
	{"UTC", "2026-01-28 00:00", 10},
	{"Europe/Berlin", "2026-03-27 00:00", 5},
	{"Europe/Berlin", "2026-10-23 00:00", 5},
	{"Australia/Lord_Howe", "2026-04-03 00:00", 5}, // half an hour
	{"Australia/Lord_Howe", "2026-10-02 00:00", 5},
	{"Pacific/Apia", "2011-12-28 00:00", 6},      // no 30 December
	{"Africa/Casablanca", "2026-02-13 00:00", 5}, // Ramadan: the clock goes back
	{"Africa/Casablanca", "2026-03-20 00:00", 5}, // and forward again
	{"America/Sao_Paulo", "2018-11-02 00:00", 5}, // no midnight
	{"America/Sao_Paulo", "2018-02-16 00:00", 5}, // 23:00 twice
	{"America/St_Johns", "2007-03-10 00:00", 4},  // changes at 00:01
	{"Africa/Monrovia", "1972-01-05 00:00", 5},   // from -00:44:30
	{"Antarctica/Troll", "2026-03-28 00:00", 4},  // two hours
	{"Asia/Kathmandu", "1985-12-30 00:00", 4},    // +05:30 to +05:45
	{"America/New_York", "2100-03-12 00:00", 4},  // beyond the zone's table
	{"Pacific/Kwajalein", "1993-08-19 00:00", 4}, // skipped a Saturday
}

// specs are weekly hours that touch the hours in which clocks change.
func specs(zone string, from time.Time) []calendar.Spec {
	week := func(list ...string) calendar.Hours {
		var h calendar.Hours
		for _, d := range h.Week() {
			*d = list
		}
		return h
	}
	office := calendar.BusinessSpec
	office.Zone = zone
	office.Holidays = []calendar.Holiday{
		{Date: from.AddDate(0, 0, 3).Format(time.DateOnly), Name: "Founders' day"},
		{Date: from.AddDate(0, 0, -30).Format(time.DateOnly)},
		{Date: from.AddDate(0, 0, 60).Format(time.DateOnly)},
	}
	night := week("00:00-02:30", "02:45-03:15", "23:30-24:00")
	night.Saturday = nil
	return []calendar.Spec{
		office,
		{Zone: zone, Hours: night, Holidays: office.Holidays},
		{Zone: zone, Hours: week("00:00-00:01", "01:30-01:45", "08:15-12:00", "13:00-18:45")},
		{Zone: zone, Hours: week("00:00-24:00"), Holidays: office.Holidays[:1]},
	}
}

// open is the definition, word for word: what a wall clock shows.
func open(s calendar.Spec, loc *time.Location, at time.Time) bool {
	w := at.In(loc)
	date := w.Format(time.DateOnly)
	if slices.ContainsFunc(s.Holidays, func(h calendar.Holiday) bool { return h.Date == date }) {
		return false
	}
	now := w.Format("15:04")
	for _, iv := range *s.Hours.Week()[(w.Weekday()+6)%7] {
		if now >= iv[:5] && now < iv[6:] {
			return true
		}
	}
	return false
}

func TestAgainstMinuteStepper(t *testing.T) {
	const step = 30 * time.Second // old offsets are not whole minutes
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, o := range odd {
		loc, err := time.LoadLocation(o.zone)
		if err != nil {
			t.Fatal(err)
		}
		from := utc(o.from)
		for i, s := range specs(o.zone, from) {
			c := compile(t, s)
			name := fmt.Sprintf("%s %s spec %d", o.zone, o.from, i)
			n := o.days * int(24*time.Hour/step)
			sum := make([]time.Duration, n+1) // open time before each step
			for k := range n {
				at := from.Add(time.Duration(k) * step)
				is := open(s, loc, at)
				sum[k+1] = sum[k]
				if is {
					sum[k+1] += step
				}
				if c.Open(at) != is {
					t.Fatalf("%s: Open(%v) = %v, the wall clock says %v", name, at.In(loc), !is, is)
				}
			}
			for range 400 {
				a, b := rnd.IntN(n), rnd.IntN(n)
				if a > b {
					a, b = b, a
				}
				ta, tb := from.Add(time.Duration(a)*step), from.Add(time.Duration(b)*step)
				want := sum[b] - sum[a]
				if got := c.Between(ta, tb); got != want {
					t.Fatalf("%s: Between(%v, %v) = %v, stepping gives %v", name, ta.In(loc), tb.In(loc), got, want)
				}
				if want > 0 { // Add is the inverse and gives the earliest such instant
					at, ok := c.Add(ta, want)
					if !ok || at.After(tb) || c.Between(ta, at) != want || !c.Open(at.Add(-1)) {
						t.Fatalf("%s: Add(%v, %v) = %v, %v; %v is long enough", name, ta.In(loc), want, at.In(loc), ok, tb.In(loc))
					}
				}
				at, ok := c.NextOpen(ta)
				if !ok || !c.Open(at) || at.Before(ta) || c.Between(ta, at) != 0 {
					t.Fatalf("%s: NextOpen(%v) = %v, %v", name, ta.In(loc), at.In(loc), ok)
				}
			}
		}
	}
}

// Whatever the time, to the nanosecond: durations add up and Add inverts.
func TestLaws(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, o := range odd {
		from := utc(o.from)
		for i, s := range specs(o.zone, from) {
			c := compile(t, s)
			for range 300 {
				pick := func() time.Time { return from.Add(time.Duration(rnd.Int64N(int64(90 * 24 * time.Hour)))) }
				ts := []time.Time{pick(), pick(), pick()}
				slices.SortFunc(ts, time.Time.Compare)
				ab, bc, ac := c.Between(ts[0], ts[1]), c.Between(ts[1], ts[2]), c.Between(ts[0], ts[2])
				if ab+bc != ac {
					t.Fatalf("%s spec %d: %v + %v is not %v", o.zone, i, ab, bc, ac)
				}
				d := time.Duration(rnd.Int64N(int64(40 * time.Hour)))
				at, ok := c.Add(ts[0], d)
				if !ok || c.Between(ts[0], at) != d || d > 0 && !c.Open(at.Add(-1)) {
					t.Fatalf("%s spec %d: Add(%v, %v) = %v, %v, between them %v", o.zone, i, ts[0], d, at, ok, c.Between(ts[0], at))
				}
				due, ok := c.AddDays(ts[0], 1+rnd.IntN(5))
				if !ok || !c.Open(due) && !c.Open(due.Add(-1)) || due.Before(ts[0]) {
					t.Fatalf("%s spec %d: AddDays(%v) = %v, %v", o.zone, i, ts[0], due, ok)
				}
			}
		}
	}
}

func TestBusinessDays(t *testing.T) {
	spec := calendar.Spec{Zone: "Europe/Berlin", Hours: calendar.BusinessSpec.Hours,
		Holidays: []calendar.Holiday{{Date: "2026-10-07"}}} // a Wednesday
	spec.Hours.Thursday = []string{"09:00-12:00", "13:00-17:00"}
	spec.Hours.Friday = []string{"08:00-15:00"}
	c := compile(t, spec)
	apia := calendar.BusinessSpec
	apia.Zone = "Pacific/Apia"
	all := calendar.AlwaysSpec
	all.Zone = "Europe/Berlin"
	for _, x := range []struct {
		c          *calendar.Calendar
		zone, from string
		n          int
		want       string
	}{
		{c, "Europe/Berlin", "2026-10-01 10:30", 0, "2026-10-01 10:30"},
		{c, "Europe/Berlin", "2026-10-01 10:30", 1, "2026-10-02 10:30"},
		{c, "Europe/Berlin", "2026-10-01 16:30", 1, "2026-10-02 15:00"},               // Fridays end early
		{c, "Europe/Berlin", "2026-10-01 16:30", 2, "2026-10-05 16:30"},               // over the weekend
		{c, "Europe/Berlin", "2026-10-05 16:30", 3, "2026-10-09 15:00"},               // over the holiday
		{c, "Europe/Berlin", "2026-10-06 12:30", 1, "2026-10-08 12:00"},               // Thursday's lunch
		{c, "Europe/Berlin", "2026-10-02 08:30", 1, "2026-10-05 09:00"},               // before Monday's opening
		{c, "Europe/Berlin", "2026-10-03 12:00", 1, "2026-10-06 09:00"},               // Saturday counts from Monday's opening
		{c, "Europe/Berlin", "2026-10-05 17:00", 1, "2026-10-08 09:00"},               // closing time counts from the next opening
		{compile(t, apia), "Pacific/Apia", "2011-12-28 10:00", 2, "2012-01-02 10:00"}, // Friday the 30th did not exist
		{compile(t, all), "Europe/Berlin", "2026-03-28 02:30", 1, "2026-03-29 03:00"}, // skipped
		{calendar.Always, "UTC", "2026-03-28 02:30", 3, "2026-03-31 02:30"},
	} {
		got, ok := x.c.AddDays(in(x.zone, x.from), x.n)
		if want := in(x.zone, x.want); !ok || !got.Equal(want) {
			t.Errorf("AddDays(%s, %d) = %v, want %v", x.from, x.n, got.In(want.Location()), want)
		}
	}
	if got := c.Day(); got != (8+8+8+7+7)*time.Hour/5 {
		t.Errorf("Day = %v", got)
	}
	twice := in("Europe/Berlin", "2026-10-24 02:30")
	if got, _ := compile(t, all).AddDays(twice, 1); got.Sub(twice) != 24*time.Hour {
		t.Errorf("a doubled time is due %v later, want the first of the two", got.Sub(twice))
	}
}

// No input makes a function loop, panic or lie.
func TestTotal(t *testing.T) {
	first, last := time.Time{}, time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	beyond := []time.Time{first, last, time.Unix(math.MaxInt64>>8, 0), time.Unix(math.MinInt64>>8, 0), time.Unix(1<<55, 0)}
	rare := calendar.Spec{Zone: "Europe/Berlin", Hours: calendar.Hours{Sunday: []string{"02:59-03:00"}}}
	for _, s := range []calendar.Spec{{Zone: "Europe/Berlin"}, rare, calendar.AlwaysSpec, calendar.BusinessSpec} {
		c := compile(t, s)
		for _, a := range beyond {
			c.Open(a)
			c.NextOpen(a)
			c.AddDays(a, 3)
			c.AddDays(a, math.MaxInt)
			for _, b := range beyond {
				if c.Between(a, b) < 0 {
					t.Errorf("Between(%v, %v) is negative", a, b)
				}
			}
			for _, d := range []time.Duration{math.MinInt64, 0, 1, time.Hour, math.MaxInt64} {
				c.Add(a, d)
			}
		}
		if got := c.Between(first, last); !c.Never() && s.Zone == "UTC" && got != math.MaxInt64 {
			t.Errorf("Between of all time = %v, want the longest duration", got)
		}
	}
	never := compile(t, calendar.Spec{Zone: "UTC"})
	if _, ok := never.Add(utc("2026-01-01 00:00"), 1); ok {
		t.Error("Add ends in a calendar without hours")
	}
	if _, ok := never.NextOpen(utc("2026-01-01 00:00")); ok {
		t.Error("a calendar without hours opens")
	}
}

func BenchmarkBetween(b *testing.B) {
	s := calendar.BusinessSpec
	s.Zone = "Europe/Berlin"
	for i := range 60 {
		s.Holidays = append(s.Holidays, calendar.Holiday{Date: utc("2020-01-01 00:00").AddDate(0, 0, 40*i).Format(time.DateOnly)})
	}
	c := compile(b, s)
	from, to := utc("2026-03-20 10:00"), utc("2026-04-20 10:00")
	for b.Loop() {
		c.Between(from, to)
	}
}

func BenchmarkAdd(b *testing.B) {
	s := calendar.BusinessSpec
	s.Zone = "Europe/Berlin"
	c := compile(b, s)
	for b.Loop() {
		c.Add(utc("2026-03-20 10:00"), 4*time.Hour)
	}
}
