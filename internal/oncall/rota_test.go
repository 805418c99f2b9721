package oncall_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// say writes duties as people read them, in UTC.
func say(list []oncall.Duty) string {
	var b strings.Builder
	for _, d := range list {
		from, until := "always", "for ever"
		if !d.From.IsZero() {
			from = d.From.Format("02 15:04")
		}
		if !d.Until.IsZero() {
			until = d.Until.Format("02 15:04")
		}
		fmt.Fprintf(&b, "%s–%s %v %s\n", from, until, d.People, d.Layer)
	}
	return b.String()
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%swant\n%s", what, got, want)
	}
}

// The table of docs/practice/oncall.md.
func TestDaylightSavingOfTheManual(t *testing.T) {
	daily := func(start string) oncall.Spec {
		return oncall.Spec{Zone: "Europe/Berlin", Layers: []oncall.LayerSpec{{Start: start, Every: "P1D", Shifts: [][]string{{"USR-1"}, {"USR-2"}}}}}
	}
	for _, x := range []struct{ start, from, until, want string }{
		{"2026-03-01T02:30", "2026-03-28 00:00", "2026-03-30 02:00", // missing: at 03:00 summer time
			"27 01:30–28 01:30 [1] layer 1\n28 01:30–29 01:00 [2] layer 1\n29 01:00–30 00:30 [1] layer 1\n30 00:30–31 00:30 [2] layer 1\n"},
		{"2026-10-01T02:30", "2026-10-24 01:00", "2026-10-26 02:00", // doubled: the first of the two
			"24 00:30–25 00:30 [2] layer 1\n25 00:30–26 01:30 [1] layer 1\n26 01:30–27 01:30 [2] layer 1\n"},
		{"2026-03-01T09:00", "2026-03-28 08:00", "2026-03-30 07:00", // a day of 23 hours
			"28 08:00–29 07:00 [2] layer 1\n29 07:00–30 07:00 [1] layer 1\n"},
	} {
		same(t, x.start, say(must(t, daily(x.start)).Between(utc(x.from), utc(x.until))), x.want)
	}
	same(t, "a day of 25 hours", say(must(t, daily("2026-10-01T09:00")).Between(utc("2026-10-24 08:00"), utc("2026-10-26 07:00"))),
		"24 07:00–25 08:00 [2] layer 1\n25 08:00–26 08:00 [1] layer 1\n")
	for _, x := range []struct{ start, from, until, want string }{
		{"2026-03-01T00:00", "2026-03-28 12:00", "2026-03-29 12:00", "28 02:00–30 00:00 [] \n"},
		{"2026-10-01T00:00", "2026-10-24 22:00", "2026-10-25 12:00", "24 01:00–25 00:00 [] \n25 00:00–25 02:00 [1] layer 1\n25 02:00–26 01:00 [] \n"},
	} {
		only := daily(x.start)
		only.Layers[0].Only = []oncall.WindowSpec{{From: "02:00", To: "03:00"}}
		same(t, "only the odd hour", say(must(t, only).Between(utc(x.from), utc(x.until))), x.want)
	}
	hours := daily("2026-03-28T09:00")
	hours.Layers[0].Every = "PT12H"
	same(t, "hours are hours", say(must(t, hours).Between(utc("2026-03-28 08:00"), utc("2026-03-29 08:00"))),
		"28 08:00–28 20:00 [1] layer 1\n28 20:00–29 08:00 [2] layer 1\n")
}

func TestLayersAndCovers(t *testing.T) {
	s := oncall.Spec{Zone: "UTC", Layers: []oncall.LayerSpec{
		{Name: "manager", Start: "2026-06-01T00:00", Every: "P1W", Shifts: [][]string{{"USR-9"}}},
		{Name: "day", Start: "2026-06-01T08:00", Every: "P1D", Shifts: [][]string{{"USR-1"}, {"USR-2"}}, Only: []oncall.WindowSpec{{From: "08:00", To: "20:00"}}},
		{Name: "second", Start: "2026-06-03T10:00", End: "2026-06-03T12:00", Every: "P1D", Shifts: [][]string{{"USR-5"}}, Beside: true},
	}}
	base := must(t, s)
	ask := func(r *oncall.Rota) string { return say(r.Between(utc("2026-06-03 07:00"), utc("2026-06-03 21:00"))) }
	same(t, "plain", ask(base), "02 20:00–03 08:00 [9] manager\n03 08:00–03 10:00 [1] day\n03 10:00–03 12:00 [5 1] second\n"+
		"03 12:00–03 20:00 [1] day\n03 20:00–04 08:00 [9] manager\n")
	cover := func(id int64, kind oncall.CoverKind, person, instead int64, from, to string) oncall.Cover {
		return oncall.Cover{ID: id, Kind: kind, Person: person, Instead: instead, From: utc("2026-06-03 " + from), To: utc("2026-06-03 " + to)}
	}
	for _, x := range []struct {
		what   string
		covers []oncall.Cover
		gone   int64
		want   string
	}{
		{"an override for everybody", []oncall.Cover{cover(1, oncall.Override, 7, 0, "09:00", "11:00")}, 0,
			"02 20:00–03 08:00 [9] manager\n03 08:00–03 09:00 [1] day\n03 09:00–03 11:00 [7] \n03 11:00–03 12:00 [5 1] second\n03 12:00–03 20:00 [1] day\n03 20:00–04 08:00 [9] manager\n"},
		{"instead of one", []oncall.Cover{cover(1, oncall.Swap, 7, 1, "09:00", "18:00")}, 0,
			"02 20:00–03 08:00 [9] manager\n03 08:00–03 09:00 [1] day\n03 09:00–03 10:00 [7] day\n03 10:00–03 12:00 [5 7] second\n03 12:00–03 18:00 [7] day\n03 18:00–03 20:00 [1] day\n03 20:00–04 08:00 [9] manager\n"},
		{"away: the layer below shows through", []oncall.Cover{cover(1, oncall.Absence, 0, 1, "00:00", "23:00")}, 0,
			"02 20:00–03 10:00 [9] manager\n03 10:00–03 12:00 [5 9] second\n03 12:00–04 08:00 [9] manager\n"},
		{"away, and somebody stands in", []oncall.Cover{cover(1, oncall.Absence, 0, 1, "00:00", "23:00"), cover(2, oncall.Override, 7, 1, "12:00", "23:00")}, 0,
			"02 20:00–03 10:00 [9] manager\n03 10:00–03 12:00 [5 9] second\n03 12:00–03 20:00 [7] day\n03 20:00–04 08:00 [9] manager\n"},
		{"the one who stands in is away, too: said last", []oncall.Cover{cover(1, oncall.Override, 7, 1, "12:00", "23:00"), cover(2, oncall.Absence, 0, 7, "00:00", "23:00")}, 0,
			"02 20:00–03 08:00 [9] manager\n03 08:00–03 10:00 [1] day\n03 10:00–03 12:00 [5 1] second\n03 12:00–03 20:00 [1] day\n03 20:00–04 08:00 [9] manager\n"},
		{"a gap", []oncall.Cover{cover(1, oncall.Absence, 0, 1, "00:00", "23:00"), cover(2, oncall.Absence, 0, 9, "13:00", "22:00")}, 0,
			"02 20:00–03 10:00 [9] manager\n03 10:00–03 12:00 [5 9] second\n03 12:00–03 13:00 [9] manager\n03 13:00–03 22:00 [] \n"},
		{"gone for good", nil, 9, "02 20:00–03 08:00 [] \n03 08:00–03 10:00 [1] day\n03 10:00–03 12:00 [5 1] second\n03 12:00–03 20:00 [1] day\n03 20:00–04 08:00 [] \n"},
	} {
		r := base.With(x.covers, func(p int64) bool { return p == x.gone })
		same(t, x.what, ask(r), x.want)
	}
	if d, ok := base.Next(utc("2026-06-03 11:00")); !ok || fmt.Sprint(d.People) != "[1]" || d.From != utc("2026-06-03 12:00") {
		t.Errorf("next: %v %v", d, ok)
	}
	if at := base.With([]oncall.Cover{cover(1, oncall.Override, 9, 0, "09:00", "10:00")}, nil).Stay(utc("2026-06-03 09:30")); at != utc("2026-06-03 10:00") {
		t.Errorf("one who covers stays until the cover ends: %v", at)
	}
	if at := base.With([]oncall.Cover{cover(1, oncall.Override, 9, 0, "17:00", "20:00")}, nil).Stay(utc("2026-06-03 18:00")); at != utc("2026-06-04 08:00") {
		t.Errorf("one whose own shift follows the cover stays through it: %v", at)
	}
	alone := must(t, oncall.Spec{Zone: "UTC", Layers: []oncall.LayerSpec{s.Layers[0]}})
	if d, ok := alone.Next(utc("2026-06-03 11:00")); ok {
		t.Errorf("one person has a next one: %v", d)
	}
	if at := alone.Stay(utc("2026-06-03 11:00")); !at.IsZero() {
		t.Errorf("one person stays for good: %v", at)
	}
	gone := alone.With(nil, func(int64) bool { return true })
	if d := gone.At(utc("2026-06-03 11:00")); !d.Gap() || !d.From.IsZero() || !d.Until.IsZero() {
		t.Errorf("nobody for ever: %v", d)
	}
	if d := alone.At(utc("2026-05-03 11:00")); !d.Gap() || !d.From.IsZero() || d.Until != utc("2026-06-01 00:00") {
		t.Errorf("before the beginning: %v", d)
	}
	loads := base.Loads(utc("2026-06-01 00:00"), utc("2026-06-08 00:00")) // Monday to Monday
	same(t, "loads", fmt.Sprint(loads), "[{9 84h0m0s 8 8 1 -1} {1 48h0m0s 6 0 1 -1} {2 36h0m0s 3 0 1 -1} {5 2h0m0s 1 0 0 -1}]")
}

func TestCompileNamesEveryFault(t *testing.T) {
	many := make([][]string, 0, 201)
	for i := range 201 {
		many = append(many, []string{fmt.Sprintf("USR-%d", i+1)})
	}
	good := oncall.LayerSpec{Start: "2026-01-05T09:00", Every: "P1W", Shifts: [][]string{{"USR-1"}}}
	with := func(change func(*oncall.LayerSpec)) oncall.Spec {
		l := good
		change(&l)
		return oncall.Spec{Zone: "UTC", Layers: []oncall.LayerSpec{l}}
	}
	for want, s := range map[string]oncall.Spec{
		"layers":                  {Zone: "UTC"},
		"zone":                    {Zone: "Europe/Brelin", Layers: []oncall.LayerSpec{good}},
		"title":                   {Title: strings.Repeat("é", 101), Zone: "UTC", Layers: []oncall.LayerSpec{good}},
		"layers 51":               {Zone: "UTC", Layers: make([]oncall.LayerSpec, 51)},
		"layers 201 people":       with(func(l *oncall.LayerSpec) { l.Shifts = many }),
		"layers[0].shifts":        with(func(l *oncall.LayerSpec) { l.Shifts = nil }),
		"layers[0].shifts[1]":     with(func(l *oncall.LayerSpec) { l.Shifts = [][]string{{"USR-1"}, {}} }),
		"layers[0].shifts[0][0]":  with(func(l *oncall.LayerSpec) { l.Shifts = [][]string{{"nobody"}} }),
		"layers[0].shifts[0][1]":  with(func(l *oncall.LayerSpec) { l.Shifts = [][]string{{"USR-1", "USR-1"}} }),
		"layers[0].start":         with(func(l *oncall.LayerSpec) { l.Start = "tomorrow" }),
		"layers[0].start 0001":    with(func(l *oncall.LayerSpec) { l.Start = "0001-01-01T00:00" }),
		"layers[0].end":           with(func(l *oncall.LayerSpec) { l.End = "2026-01-05T09:00" }),
		"layers[0].every P0D":     with(func(l *oncall.LayerSpec) { l.Every = "P0D" }),
		"layers[0].every":         with(func(l *oncall.LayerSpec) { l.Every = "" }),
		"layers[0].every P1M":     with(func(l *oncall.LayerSpec) { l.Every = "P1M" }),
		"layers[0].every P367D":   with(func(l *oncall.LayerSpec) { l.Every = "P367D" }),
		"layers[0].every P1DT12H": with(func(l *oncall.LayerSpec) { l.Every = "P1DT12H" }),
		"layers[0].every PT30M":   with(func(l *oncall.LayerSpec) { l.Every = "PT30M" }),
		"layers[0].only[0].from":  with(func(l *oncall.LayerSpec) { l.Only = []oncall.WindowSpec{{From: "24:00", To: "08:00"}} }),
		"layers[0].only[0].to":    with(func(l *oncall.LayerSpec) { l.Only = []oncall.WindowSpec{{From: "08:00", To: "8pm"}} }),
		"layers[0].only[0].days[1]": with(func(l *oncall.LayerSpec) {
			l.Only = []oncall.WindowSpec{{Days: []string{"mon", "someday"}, From: "08:00", To: "09:00"}}
		}),
		"layers[0].only[0].zone": with(func(l *oncall.LayerSpec) { l.Only = []oncall.WindowSpec{{From: "08:00", To: "09:00", Zone: "Mars"}} }),
		"layers[0].only": with(func(l *oncall.LayerSpec) { // Monday to Tuesday, only on Sundays
			l.End, l.Only = "2026-01-06T09:00", []oncall.WindowSpec{{Days: []string{"sun"}, From: "08:00", To: "20:00"}}
		}),
		"layers[0].shifts[0] never": with(func(l *oncall.LayerSpec) { // seven in turn, only on Tuesdays: six never
			l.Every, l.Only = "P1D", []oncall.WindowSpec{{Days: []string{"tue"}, From: "09:00", To: "17:00"}}
			l.Shifts = many[:7]
		}),
	} {
		_, err := s.Compile(ids)
		f := errs.As(err).Fields
		field, value, _ := strings.Cut(want, " ")
		if !errs.Is(err, errs.Invalid) || len(f) == 0 || f[0].Name != field || f[0].Remedy == "" || !strings.Contains(f[0].Value+f[0].Remedy, value) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzSpec(f *testing.F) {
	f.Add("Europe/Berlin", "2026-03-28T02:30", "", "P1D", "02:00", "03:00", "sun", int64(1774746000))
	f.Add("Australia/Lord_Howe", "2026-04-01T01:45", "2026-05-01T00:00", "PT7H", "22:00", "06:00", "mon", int64(1775314800))
	f.Add("UTC", "1970-01-01T00:00", "2199-12-31T23:59", "P366D", "00:00", "24:00", "", int64(-62135596800))
	f.Fuzz(func(t *testing.T, zone, start, end, every, from, to, day string, at int64) {
		s := oncall.Spec{Zone: zone, Layers: []oncall.LayerSpec{
			{Start: start, End: end, Every: every, Shifts: [][]string{{"USR-1"}, {"USR-2", "USR-3"}}, Only: []oncall.WindowSpec{{From: from, To: to}}},
			{Start: start, Every: every, Shifts: [][]string{{"USR-4"}}, Only: []oncall.WindowSpec{{Days: []string{day}, From: to, To: from, Zone: zone}}, Beside: true},
		}}
		r, err := s.Compile(ids)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			for _, f := range errs.As(err).Fields {
				if f.Remedy == "" {
					t.Fatalf("%s has no remedy", f.Name)
				}
			}
			return
		}
		now := time.Unix(at%(1<<33), 0).UTC()
		d := r.At(now)
		if d.From.After(now) || !d.Until.IsZero() && !d.Until.After(now) {
			t.Fatalf("At(%v) = %v", now, d)
		}
		list := r.Between(now, now.Add(72*time.Hour))
		if list[0].From != d.From || list[0].Until != d.Until {
			t.Fatalf("Between begins with %v, At has %v", list[0], d)
		}
		for i := 1; i < len(list); i++ {
			if list[i].From != list[i-1].Until {
				t.Fatalf("%v does not adjoin %v", list[i], list[i-1])
			}
		}
	})
}
