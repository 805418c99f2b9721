package dora

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, time.UTC)
	if err != nil {
		panic(err)
	}
	return t
}

func TestFacts(t *testing.T) {
	const minute = 60_000_000
	base := row{ID: 7, Services: []string{"checkout", "cart"}, Team: "payments", Environment: "production", Kind: "deploy", Artefact: "v2", Previous: "v1",
		Committed: 10 * minute, Started: 70 * minute, Deployed: 75 * minute, Ended: 105 * minute, Risk: 12}
	with := func(edit func(*row)) row { r := base; edit(&r); return r }
	for name, x := range map[string]struct {
		row            row
		ok             bool
		flags          flags
		at             int64
		lead, recovery int64
	}{
		"verified":               {with(func(r *row) { r.State, r.OutcomeBy = "succeeded", "verification" }), true, reached | completed | isNew | hasLead | known, 75, 65, -1},
		"being verified":         {with(func(r *row) { r.State, r.Ended = "verifying", 0 }), true, reached | isNew | hasLead, 75, 65, -1},
		"not there yet":          {with(func(r *row) { r.State = "in progress" }), false, 0, 0, 0, 0},
		"assumed":                {with(func(r *row) { r.State, r.OutcomeBy = "succeeded", Assumed }), true, reached | completed | isNew | hasLead, 75, 65, -1},
		"caused an incident":     {with(func(r *row) { r.State, r.OutcomeBy, r.Caused, r.Recovered = "succeeded", Assumed, true, 95*minute }), true, reached | completed | failed | caused | isNew | hasLead | known | recovered, 75, 65, 20},
		"caused, verifying":      {with(func(r *row) { r.State, r.Caused = "verifying", true }), true, reached | completed | failed | caused | isNew | hasLead | known, 75, 65, -1},
		"rolled back":            {with(func(r *row) { r.State, r.OutcomeBy, r.Recovered = "rolled back", "rollback", 80*minute }), true, reached | completed | failed | isNew | hasLead | known | recovered, 75, 65, 5},
		"failed on the way":      {with(func(r *row) { r.State, r.OutcomeBy, r.Deployed = "failed", "pipeline", 0 }), true, reached | completed | failed | isNew | known, 105, -1, -1},
		"a return":               {with(func(r *row) { r.State, r.OutcomeBy, r.Returns = "succeeded", "pipeline", true }), true, reached | completed | known, 75, -1, -1},
		"called a rollback":      {with(func(r *row) { r.State, r.OutcomeBy, r.Purpose = "succeeded", "pipeline", "rollback" }), true, reached | completed | known, 75, -1, -1},
		"the same again":         {with(func(r *row) { r.State, r.OutcomeBy, r.Previous = "succeeded", "pipeline", "v2" }), true, reached | completed | known, 75, -1, -1},
		"committed afterwards":   {with(func(r *row) { r.State, r.OutcomeBy, r.Committed = "succeeded", "person", 76*minute }), true, reached | completed | isNew | known, 75, -1, -1},
		"rework, nobody allowed": {with(func(r *row) { r.State, r.OutcomeBy, r.Rework, r.Bypass = "succeeded", "person", true, true }), true, reached | completed | isNew | hasLead | known | rework | bypassed, 75, 65, -1},
		"rejected by nobody":     {with(func(r *row) { r.State = "rejected" }), false, 0, 105, 0, 0},
		"rejected": {with(func(r *row) {
			r.State, r.Approvals = "rejected", []approval{{"board", "board", "rejected", 10 * minute, 40 * minute}}
		}), true, 0, 105, -1, -1},
	} {
		f, ok := factOf(x.row)
		if ok != x.ok {
			t.Errorf("%s: %t", name, ok)
			continue
		}
		scale := func(v int64) int64 {
			if v < 0 {
				return v
			}
			return v / minute
		}
		if ok && (f.Flags != x.flags || f.At != x.at*minute || scale(f.Lead) != x.lead || scale(f.Recovery) != x.recovery) {
			t.Errorf("%s: flags %b, want %b; at %d, lead %d, recovery %d", name, f.Flags, x.flags, f.At/minute, scale(f.Lead), scale(f.Recovery))
		}
	}
}

func TestSteps(t *testing.T) {
	got := stepsOf([]approval{
		{"peer-review", "peer", "approved", 100, 160},
		{"board", "board", "approved", 100, 200}, {"board", "board", "approved", 100, 500}, // two people
		{"owner", "owner", "waiting", 100, 0},
		{"late", "owner", "expired", 100, 900}, {"late", "owner", "approved", 950, 990},
		{"no", "manager", "expired", 1, 2}, {"no", "manager", "rejected", 1, 3},
	})
	want := []taken{{"peer-review", "peer", "approved", 60}, {"board", "board", "approved", 400}, {"late", "owner", "expired", 890}, {"no", "manager", "rejected", 2}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Selection gives what sorting gives.
func TestSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for n := range 400 {
		list := make([]int64, n)
		for i := range list {
			list[i] = r.Int64N(1 + int64(n/(1+n%7)))
		}
		if n%5 == 0 {
			slices.Sort(list)
		}
		sorted := slices.Clone(list)
		slices.Sort(sorted)
		var want Spread
		if want.N = n; n > 0 {
			sum := int64(0)
			for _, v := range list {
				sum += v
			}
			want.Mean = time.Duration(sum * 1000 / int64(n))
			want.P90 = micros(sorted[int(math.Ceil(0.9*float64(n)))-1])
			want.Median = (micros(sorted[(n-1)/2]) + micros(sorted[n/2])) / 2
		}
		if got := spreadOf(list); got != want {
			t.Fatalf("%d: %+v, want %+v", n, got, want)
		}
	}
	if s := spreadOf([]int64{1 << 52, 1 << 52, 1 << 52}); s.Mean != micros(1<<52) {
		t.Errorf("%v", s)
	}
}

func TestRates(t *testing.T) {
	for want, r := range map[string]Rate{
		"0.000 0.000 0.278": rateOf(0, 10), // Brown, Cai, DasGupta 2001 give Wilson's limits
		"0.100 0.055 0.174": rateOf(10, 100),
		"1.000 0.722 1.000": rateOf(10, 10),
		"0.000 0.000 0.000": rateOf(0, 0),
	} {
		if got := fmt.Sprintf("%.3f %.3f %.3f", r.Share, r.Low, r.High); got != want {
			t.Errorf("%d of %d: %s, want %s", r.N, r.Of, got, want)
		}
	}
}

func TestPeriods(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := at("2026-11-20 14:00") // a Friday
	for name, want := range map[string]string{
		"":        "2026-10-22 00:00 CEST to 2026-11-20 15:00 CET, before 2026-09-22 00:00 CEST to 2026-10-21 16:00 CEST",
		"1d":      "2026-11-20 00:00 CET to 2026-11-20 15:00 CET, before 2026-11-19 00:00 CET to 2026-11-19 15:00 CET",
		"2w":      "2026-11-09 00:00 CET to 2026-11-20 15:00 CET, before 2026-10-26 00:00 CET to 2026-11-06 15:00 CET",
		"12m":     "2025-12-01 00:00 CET to 2026-11-20 15:00 CET, before 2024-12-01 00:00 CET to 2025-11-20 15:00 CET",
		"2026-10": "2026-10-01 00:00 CEST to 2026-11-01 00:00 CET, before 2026-09-01 00:00 CEST to 2026-10-01 00:00 CEST",
		"2026-Q1": "2026-01-01 00:00 CET to 2026-04-01 00:00 CEST, before 2025-10-01 00:00 CEST to 2026-01-01 00:00 CET",
		"2025":    "2025-01-01 00:00 CET to 2026-01-01 00:00 CET, before 2024-01-01 00:00 CET to 2025-01-01 00:00 CET",
	} {
		p, before, err := ParsePeriod(name, berlin, now)
		show := func(t time.Time) string { return t.In(berlin).Format("2006-01-02 15:04 MST") }
		if got := show(p.From) + " to " + show(p.To) + ", before " + show(before.From) + " to " + show(before.To); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", name, got, err, want)
		}
	}
	for _, bad := range []string{"0d", "d", "-1d", "9999d", "61m", "2026-13", "2026-00", "2026-12", "2026-Q5", "2027", "1969", "yesterday", "2026-10-01"} {
		if p, _, err := ParsePeriod(bad, berlin, now); err == nil {
			t.Errorf("%q was taken as %v", bad, p)
		}
	}
	for _, x := range []struct {
		width    Width
		from, to string
		points   int
		first    string
	}{
		{"", "2026-10-22 00:00", "2026-11-20 14:00", 30, "2026-10-22"},
		{"", "2026-09-01 00:00", "2026-11-20 14:00", 12, "2026-08-31"},
		{"", "2025-12-01 00:00", "2026-11-20 14:00", 12, "2025-12-01"},
		{Week, "2025-12-01 00:00", "2026-11-20 14:00", 51, "2025-12-01"},
	} {
		_, points, err := pointsOf(x.width, at(x.from), at(x.to), time.UTC)
		if err != nil || len(points) != x.points || points[0].Name != x.first || !points[len(points)-1].To.Equal(at(x.to)) {
			t.Errorf("%v: %d points, %v", x, len(points), err)
		}
	}
	if _, _, err := pointsOf(Day, at("2024-01-01 00:00"), at("2026-01-01 00:00"), time.UTC); err == nil {
		t.Error("two years of days were taken")
	}
	if _, _, err := pointsOf("hour", at("2025-12-31 00:00"), at("2026-01-01 00:00"), time.UTC); err == nil {
		t.Error("hours were taken")
	}
}

// Days are local days, also when a clock is put back.
func TestBusiest(t *testing.T) {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	p, _, err := ParsePeriod("2026-10", berlin, at("2026-12-01 00:00"))
	if err != nil {
		t.Fatal(err)
	}
	var c columns
	for i, text := range []string{"2026-09-30 22:30", "2026-10-24 21:59", "2026-10-24 22:01", "2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 22:59", "2026-10-25 23:01", "2026-10-31 22:59", "2026-10-31 23:01"} {
		c.add(fact{ID: int64(i), At: at(text).UnixMicro(), Lead: -1, Recovery: -1, Flags: reached, Environment: production})
	}
	s := &sight{now: spanOf(p, true, berlin)}
	s.take(&c)
	f := s.now.counter.figures(p)
	if f.Deployments != 8 || f.ActiveDays != 5 || f.Busiest != 4 || math.Abs(f.Days-31-1.0/24) > 1e-9 {
		t.Errorf("%+v", f)
	}
}

func TestMaturity(t *testing.T) {
	of := func(failed, completed int, mean time.Duration) Figures {
		f := Figures{Completed: completed, Failed: rateOf(failed, completed)}
		if mean > 0 {
			f.Recovery = Spread{N: failed, Mean: mean}
		}
		return f
	}
	for _, x := range []struct {
		f    Figures
		want string
	}{
		{of(0, 19, 0), ""}, {of(0, 20, 0), "optimised"}, {of(4, 100, 59*time.Minute), "optimised"}, {of(4, 100, time.Hour), "managed"}, {of(5, 100, time.Minute), "managed"},
		{of(9, 100, 3*time.Hour), "managed"}, {of(10, 100, time.Hour), "defined"}, {of(20, 100, time.Hour), "defined"}, {of(21, 100, time.Hour), "ad hoc"},
		{of(1, 100, 6*time.Hour), "defined"}, {of(1, 100, 7*time.Hour), "ad hoc"}, {of(1, 100, 0), ""},
	} {
		if m := MaturityOf(x.f); m.Level != x.want || m.Says == "" {
			t.Errorf("%d of %d in %s: %+v, want %q", x.f.Failed.N, x.f.Completed, x.f.Recovery.Mean, m, x.want)
		}
	}
}
