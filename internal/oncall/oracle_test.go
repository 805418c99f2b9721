package oncall_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
)

// oracle answers who is on call by stepping through every minute, word for word
// as the definition says.
type oracle struct {
	spec   oncall.Spec
	covers []oncall.Cover
	gone   map[int64]bool
	from   int64              // Unix second of the first minute
	shown  map[string][]int64 // zone → by minute: the highest wall time shown so far
	meant  map[string]int64   // instants of wall times, found so far
}

// warm is for how long before from the highest wall time is watched.
const warm = 3 * 24 * 60

func newOracle(spec oncall.Spec, covers []oncall.Cover, gone map[int64]bool, from int64, minutes int) *oracle {
	o := &oracle{spec, covers, gone, from, map[string][]int64{}, map[string]int64{}}
	zones := []string{spec.Zone}
	for _, l := range spec.Layers {
		for _, w := range l.Only {
			zones = append(zones, w.Zone)
		}
	}
	for _, z := range zones {
		if z == "" || o.shown[z] != nil {
			continue
		}
		loc, _ := time.LoadLocation(z)
		best := int64(-1 << 62)
		for m := -warm; m < minutes; m++ {
			t := from + int64(m)*60
			_, off := time.Unix(t, 0).In(loc).Zone()
			best = max(best, t+int64(off))
			if m >= 0 {
				o.shown[z] = append(o.shown[z], best)
			}
		}
	}
	return o
}

func seconds(t testing.TB, s string) int64 {
	at, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

// instant is the first minute at which the wall showed w or more, found by
// stepping; it lies anywhere.
func (o *oracle) instant(zone string, w int64) int64 {
	key := fmt.Sprint(zone, w)
	if t, ok := o.meant[key]; ok {
		return t
	}
	t := step(zone, w)
	o.meant[key] = t
	return t
}

func step(zone string, w int64) int64 {
	loc, _ := time.LoadLocation(zone)
	for t := w - 26*3600; ; t += 60 {
		if _, off := time.Unix(t, 0).In(loc).Zone(); t+int64(off) >= w {
			return t
		}
	}
}

func length(every string) (seconds int64, elapsed bool) {
	var n int64
	var unit byte
	if _, err := fmt.Sscanf(every, "PT%d%c", &n, &unit); err == nil {
		return n * 3600, true
	}
	fmt.Sscanf(every, "P%d%c", &n, &unit)
	return n * map[byte]int64{'D': 86400, 'W': 7 * 86400}[unit], false
}

func (o *oracle) at(t testing.TB, m int) []int64 {
	now := o.from + int64(m)*60
	in := func(c oncall.Cover) bool { return c.From.Unix() <= now && now < c.To.Unix() }
	away := func(p, said int64) bool {
		return o.gone[p] || slices.ContainsFunc(o.covers, func(c oncall.Cover) bool {
			return c.Kind == oncall.Absence && c.Instead == p && c.ID > said && in(c)
		})
	}
	follow := func(p, said int64) (int64, int64) {
		for _, c := range o.covers { // by number
			if c.Kind != oncall.Absence && c.Instead == p && c.ID > said && in(c) && !away(c.Person, c.ID) {
				p, said = c.Person, c.ID
			}
		}
		return p, said
	}
	for _, c := range slices.Backward(o.covers) {
		if c.Kind != oncall.Absence && c.Instead == 0 && in(c) && !away(c.Person, c.ID) {
			p, _ := follow(c.Person, c.ID)
			return []int64{p}
		}
	}
	var out []int64
	for _, l := range slices.Backward(o.spec.Layers) {
		w := o.shown[o.spec.Zone][m]
		start := seconds(t, l.Start)
		if w < start || l.End != "" && w >= seconds(t, l.End) || !o.open(l, m) {
			continue
		}
		every, elapsed := length(l.Every)
		n := (w - start) / every
		if elapsed {
			n = (now - o.instant(o.spec.Zone, start)) / every
		}
		had := false
		for _, key := range l.Shifts[n%int64(len(l.Shifts))] {
			id, _ := ids(key)
			p, said := follow(id, 0)
			if away(p, said) {
				continue
			}
			had = true
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
		if had && !l.Beside {
			break
		}
	}
	return out
}

func (o *oracle) open(l oncall.LayerSpec, m int) bool {
	if len(l.Only) == 0 {
		return true
	}
	for _, w := range l.Only {
		zone := w.Zone
		if zone == "" {
			zone = o.spec.Zone
		}
		at := time.Unix(o.shown[zone][m], 0).UTC()
		hm := at.Format("15:04")
		on := func(t time.Time) bool {
			return len(w.Days) == 0 || slices.Contains(w.Days, oncall.Days[(t.Weekday()+6)%7])
		}
		if w.From < w.To {
			if on(at) && hm >= w.From && hm < w.To {
				return true
			}
		} else if on(at) && hm >= w.From || on(at.AddDate(0, 0, -1)) && hm < w.To {
			return true
		}
	}
	return false
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// odd are days with unusual clocks.
var odd = []struct{ zone, day string }{
	{"UTC", "2026-06-01"},
	{"Europe/Berlin", "2026-03-28"}, {"Europe/Berlin", "2026-10-24"},
	{"America/New_York", "2026-03-07"}, {"America/New_York", "2026-10-31"},
	{"Australia/Lord_Howe", "2026-04-04"}, {"Australia/Lord_Howe", "2026-10-03"}, // half an hour
	{"Antarctica/Troll", "2026-03-28"}, {"Antarctica/Troll", "2026-10-24"}, // two hours
	{"Pacific/Apia", "2011-12-29"},      // a date that did not exist
	{"Pacific/Kwajalein", "1993-08-20"}, // another one
	{"America/Sao_Paulo", "2018-11-03"}, // no midnight
	{"Africa/Casablanca", "2026-02-14"},
	{"America/Godthab", "2024-03-30"},
}

func randomSpec(r *rand.Rand, zone string, day time.Time) oncall.Spec {
	s := oncall.Spec{Zone: zone}
	for range 1 + r.IntN(4) {
		l := oncall.LayerSpec{Every: pick(r, "PT1H", "PT5H", "PT12H", "PT24H", "P1D", "P1D", "P2D", "P1W"), Beside: r.IntN(4) == 0,
			Start: day.AddDate(0, 0, -r.IntN(20)).Add(time.Duration(r.IntN(30*4)) * 15 * time.Minute).Format("2006-01-02T15:04")}
		if r.IntN(5) == 0 {
			l.End = day.Add(time.Duration(24+r.IntN(40)) * time.Hour).Format("2006-01-02T15:04")
		}
		for range 1 + r.IntN(4) {
			shift := []string{fmt.Sprintf("USR-%d", 1+r.IntN(4))}
			if r.IntN(3) == 0 {
				shift = append(shift, fmt.Sprintf("USR-%d", 5+r.IntN(3)))
			}
			l.Shifts = append(l.Shifts, shift)
		}
		for range r.IntN(3) {
			hm := func() string {
				return fmt.Sprintf("%02d:%02d", pick(r, 0, 1, 2, 2, 3, 8, 20, 23), pick(r, 0, 0, 15, 30))
			}
			w := oncall.WindowSpec{From: hm(), To: hm(), Zone: pick(r, "", "", "America/New_York", "Asia/Kolkata")}
			for _, d := range oncall.Days {
				if r.IntN(3) == 0 {
					w.Days = append(w.Days, d)
				}
			}
			l.Only = append(l.Only, w)
		}
		s.Layers = append(s.Layers, l)
	}
	return s
}

func randomCovers(r *rand.Rand, from int64) (out []oncall.Cover) {
	for id := range int64(r.IntN(7)) {
		a := from + int64(r.IntN(60))*3600
		c := oncall.Cover{ID: id + 1, Kind: oncall.Override, Person: int64(1 + r.IntN(9)), Instead: int64(r.IntN(8)),
			From: time.Unix(a, 0), To: time.Unix(a+int64(1+r.IntN(40))*1800, 0)}
		if r.IntN(3) == 0 {
			c.Kind, c.Person, c.Instead = oncall.Absence, 0, int64(1+r.IntN(8))
		}
		if c.Person != c.Instead {
			out = append(out, c)
		}
	}
	return out
}

// The compiled rota says what stepping through the definition says, minute by
// minute, with every kind of layer, restriction and cover, on odd days.
func TestAgainstMinuteStepper(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	const minutes = 66 * 60
	specs, gaps := 0, 0
	for round := range 5 {
		for _, day := range odd {
			noon, _ := time.Parse(time.DateOnly, day.day)
			from := noon.Unix()
			spec := randomSpec(r, day.zone, noon)
			base, err := spec.Compile(ids)
			if err != nil {
				continue // a restriction that never matches, or the like
			}
			specs++
			gone := map[int64]bool{}
			if round%3 == 2 {
				gone[int64(1+r.IntN(4))] = true
			}
			covers := randomCovers(r, from)
			rota := base.With(covers, func(p int64) bool { return gone[p] })
			o := newOracle(spec, covers, gone, from, minutes)
			duties := rota.Between(time.Unix(from, 0), time.Unix(from+minutes*60, 0))
			quick := oncall.Gapless(rota, from, from+minutes*60)
			n := 0
			for m := range minutes {
				at := time.Unix(from+int64(m)*60, 0)
				want := o.at(t, m)
				for !duties[n].Until.IsZero() && !duties[n].Until.After(at) {
					n++
				}
				who, until := rota.Who(at)
				if !slices.Equal(who, want) || !slices.Equal(duties[n].People, want) || !until.IsZero() && !until.After(at) {
					t.Fatalf("%s %v: Who %v, Between %v, stepping %v\n%+v\n%+v\ngone %v", day.zone, at.UTC(), who, duties[n], want, spec, covers, gone)
				}
				if len(want) == 0 {
					gaps++
					if quick {
						t.Fatalf("%s: nobody at %v in what was said to have no gaps", day.zone, at)
					}
				}
			}
			for i, d := range duties {
				if i > 0 && !d.From.Equal(duties[i-1].Until) {
					t.Fatalf("%s: %v does not adjoin %v", day.zone, duties[i-1], d)
				}
				if got := rota.At(d.From); !d.From.IsZero() && (!got.From.Equal(d.From) || !got.Until.Equal(d.Until) || !slices.Equal(got.People, d.People)) {
					t.Fatalf("%s: At has %v, Between %v", day.zone, got, d)
				}
				if i > 0 && d.Gap() && duties[i-1].Gap() {
					t.Fatalf("%s: one gap in two parts: %v %v", day.zone, duties[i-1], d)
				}
			}
		}
	}
	if specs < 40 || gaps == 0 {
		t.Errorf("only %d schedules, %d minutes of gaps", specs, gaps)
	}
}
