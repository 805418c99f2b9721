package oncall_test

import (
	"archive/zip"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
)

var update = flag.Bool("update", false, "write testdata/zones.txt from the tz database of this Go")

// zones lists every zone of the tz database.
func zones(t testing.TB) []string {
	t.Helper()
	file := filepath.Join("testdata", "zones.txt")
	if *update {
		root, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			t.Fatal(err)
		}
		z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		var names []string
		for _, f := range z.File {
			if !strings.HasSuffix(f.Name, "/") {
				names = append(names, f.Name)
			}
		}
		slices.Sort(names)
		if err := os.WriteFile(file, []byte(strings.Join(names, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// change is one change of a zone's clock.
type change struct {
	at            int64
	before, after int64 // offsets
}

// changes finds every change from 2020 to 2035.
func changes(loc *time.Location) (out []change) {
	end := time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).In(loc); ; {
		_, next := t.ZoneBounds()
		if next.IsZero() || !next.Before(end) {
			return out
		}
		_, before := t.Zone()
		_, after := next.Zone()
		if before != after {
			out = append(out, change{next.Unix(), int64(before), int64(after)})
		}
		t = next
	}
}

func ids(key string) (int64, bool) {
	var id int64
	_, err := fmt.Sscanf(key, "USR-%d", &id)
	return id, err == nil
}

func must(t testing.TB, s oncall.Spec) *oncall.Rota {
	t.Helper()
	r, err := s.Compile(ids)
	if err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	return r
}

func wall(w int64) string  { return time.Unix(w, 0).UTC().Format("2006-01-02T15:04") }
func clock(w int64) string { return time.Unix(w, 0).UTC().Format("15:04") }

var turns = [][]string{{"USR-1"}, {"USR-2"}, {"USR-3", "USR-4"}}

// around returns schedules whose boundaries lie at the wall second w, within
// the odd hour, in the days around it.
func around(zone string, w int64) []oncall.Spec {
	one := func(l ...oncall.LayerSpec) oncall.Spec { return oncall.Spec{Zone: zone, Layers: l} }
	daily := oncall.LayerSpec{Start: wall(w - 9*86400), Every: "P1D", Shifts: turns}
	weekly := oncall.LayerSpec{Start: wall(w - 21*86400), Every: "P1W", Shifts: turns}
	hourly := oncall.LayerSpec{Start: wall(w), Every: "PT1H", Shifts: turns} // begins in the odd hour itself
	from := daily
	from.Only = []oncall.WindowSpec{{From: clock(w), To: clock(w + 3600)}}
	to := weekly
	to.Only = []oncall.WindowSpec{{From: clock(w - 2*3600), To: clock(w)}}
	halves := hourly
	halves.Start, halves.Every = wall(w-50*3600), "PT7H"
	halves.Only = []oncall.WindowSpec{{From: clock(w), To: clock(w - 1800)}}
	// Two layers that share the day at w: together they are always somebody.
	day := daily
	day.Only = []oncall.WindowSpec{{From: clock(w), To: clock(w + 12*3600)}}
	night := weekly
	night.Only = []oncall.WindowSpec{{From: clock(w + 12*3600), To: clock(w)}}
	return []oncall.Spec{one(daily), one(weekly), one(hourly), one(from), one(to), one(halves), one(day, night)}
}

// whole are the indexes of around's schedules that always have somebody once
// they have begun, and of the one that begins in the odd hour.
var whole = []int{0, 1, 6}

const hourlyAt = 2

// Over every change of every zone's clock, with handoffs, starts and
// restrictions in the missing and the doubled time and at its ends: no gap and
// no overlap that the definition does not contain, and the two questions agree.
func TestEveryChangeOfEveryClock(t *testing.T) {
	t.Parallel()
	began := time.Now()
	seen := map[string]bool{}
	all, tried := 0, 0
	for _, zone := range zones(t) {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		list := changes(loc)
		all += len(list)
		key := fmt.Sprint(list)
		first := !seen[key] // other zones of the same rules are tried less thoroughly
		seen[key] = true
		for _, c := range list {
			low, high := c.at+min(c.before, c.after), c.at+max(c.before, c.after)
			boundaries := []int64{low + (high-low)/2/60*60}
			if first {
				boundaries = append(boundaries, low, high)
			}
			for _, w := range boundaries {
				tried++
				for i, spec := range around(zone, w) {
					checkAround(t, spec, i, w, c, loc)
				}
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d changes, %d kinds of zones, %d boundaries in %v", all, len(seen), tried, time.Since(began).Round(time.Millisecond))
	if len(seen) < 40 || all < 3000 {
		t.Errorf("only %d kinds of zones with %d changes: is the tz database there?", len(seen), all)
	}
}

// meaning is what a wall time means, by the definition: the first second at
// which the clock shows it or a later one. c is the only change near it.
func meaning(w int64, c change) int64 {
	if u := w - c.before; u < c.at {
		return u
	}
	return max(c.at, w-c.after)
}

func checkAround(t *testing.T, spec oncall.Spec, i int, w int64, c change, loc *time.Location) {
	r := must(t, spec)
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s, schedule %d, change at %v, boundary %s: %s", loc, i, time.Unix(c.at, 0).In(loc), wall(w), fmt.Sprintf(format, args...))
	}
	a, b := time.Unix(c.at-2*86400, 0).UTC(), time.Unix(c.at+2*86400, 0).UTC()
	duties := r.Between(a, b)
	if len(duties) == 0 || duties[0].From.After(a) || !duties[len(duties)-1].Until.IsZero() && duties[len(duties)-1].Until.Before(b) {
		fail("Between does not cover its time: %v", duties)
		return
	}
	for n, d := range duties {
		if n > 0 && !d.From.Equal(duties[n-1].Until) {
			fail("%v ends at %v, the next begins at %v", duties[n-1].People, duties[n-1].Until, d.From)
		}
		if !d.Until.IsZero() && !d.From.Before(d.Until) {
			fail("a duty of no time at %v", d.From)
		}
		if slices.Contains(whole, i) && d.Gap() {
			fail("a gap from %v to %v", d.From.In(loc), d.Until.In(loc))
		}
		for _, at := range inside(d) {
			if got := r.At(at); !reflect.DeepEqual(got, d) {
				fail("At(%v) = %v, Between has %v", at, got, d)
			}
		}
	}
	// The handoff in the odd hour, and those a day before and after, are where
	// the definition puts them.
	bounds := map[int64]bool{}
	for _, d := range duties {
		bounds[d.From.Unix()] = true
	}
	days := []int64{-1, 0, 1}
	switch {
	case i == 1 || i == hourlyAt:
		days = days[1:2]
	case i == 4 || i == 5:
		return // weekly, or of hours: other boundaries
	}
	for _, day := range days {
		at := meaning(w+day*86400, c)
		if i == 3 && at == meaning(w+day*86400+3600, c) {
			continue // its whole hour is missing that day
		}
		if !bounds[at] {
			fail("no handoff at %v: %v", time.Unix(at, 0).In(loc), duties)
		}
	}
	if i == hourlyAt { // real hours, whatever the clock does
		begin := meaning(w, c)
		for _, d := range duties {
			if !d.Gap() && (d.Until.Sub(d.From) != time.Hour || (d.From.Unix()-begin)%3600 != 0) {
				fail("an hour from %v to %v", d.From, d.Until)
			}
			if d.Gap() && d.Until.Unix() != begin {
				fail("a gap until %v", d.Until)
			}
		}
	}
}

// inside are instants of a duty: its first, its middle, its last.
func inside(d oncall.Duty) (out []time.Time) {
	if !d.From.IsZero() {
		out = append(out, d.From)
	}
	if !d.Until.IsZero() {
		out = append(out, d.Until.Add(-1))
	}
	if len(out) == 2 {
		out = append(out, d.From.Add(d.Until.Sub(d.From)/2))
	}
	return out
}
