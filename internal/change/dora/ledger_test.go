package dora

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// changes adds n changes of a risk, failed of them failed, that went through
// steps.
func changes(c *columns, n, bad, risk int, steps ...taken) {
	for i := range n {
		f := fact{ID: int64(c.len() + 1), At: at("2026-10-01 00:00").Add(time.Duration(c.len()) * time.Second).UnixMicro(), Lead: -1, Recovery: -1, Risk: risk, Flags: reached | completed, Environment: production, Steps: steps}
		if i < bad {
			f.Flags |= failed
		}
		c.add(f)
	}
}

func ledgerOf(c *columns) []Step {
	l := newLedger()
	l.begin(c)
	next := 0
	for i := range c.id {
		from := next
		for next < len(c.steps) && c.steps[next].fact == i {
			next++
		}
		l.take(c, i, c.steps[from:next])
	}
	return l.list()
}

const hour = int64(time.Hour / time.Microsecond)

func TestLedger(t *testing.T) {
	board := taken{"board", "board", "approved", 20 * hour}
	for name, x := range map[string]struct {
		fill func(c *columns)
		want string
	}{
		"nothing gained": {func(c *columns) { changes(c, 125, 6, 75, board); changes(c, 217, 10, 72) },
			"2500h: 4.8 % with 125, 4.6 % without 217, +0.2 pt from -4.5 to +4.9: no measurable benefit"},
		"less fails": {func(c *columns) { changes(c, 300, 3, 75, board); changes(c, 300, 36, 72) },
			"6000h: 1.0 % with 300, 12.0 % without 300, -11.0 pt from -14.8 to -7.2: fewer failures"},
		"more fails": {func(c *columns) { changes(c, 300, 36, 75, board); changes(c, 300, 3, 72) },
			"6000h: 12.0 % with 300, 1.0 % without 300, +11.0 pt from +7.2 to +14.8: more failures"},
		// The step stands before risky changes: it seems to do harm until like is compared with like.
		"riskier ones": {func(c *columns) {
			changes(c, 100, 2, 15, board)
			changes(c, 900, 18, 12)
			changes(c, 900, 180, 85, board)
			changes(c, 100, 20, 81)
		}, "20000h: 11.0 % with 1000, 11.0 % without 1000, +0.0 pt from -4.4 to +4.4: no measurable benefit"},
		"few":              {func(c *columns) { changes(c, 12, 1, 75, board); changes(c, 20, 2, 72) }, "240h: 8.3 % with 12, 10.0 % without 20, -1.7 pt from -22.1 to +18.8: too little data"},
		"wide":             {func(c *columns) { changes(c, 40, 4, 75, board); changes(c, 40, 4, 72) }, "800h: 10.0 % with 40, 10.0 % without 40, +0.0 pt from -13.1 to +13.1: too little data"},
		"nothing failed":   {func(c *columns) { changes(c, 50, 0, 75, board); changes(c, 50, 0, 72) }, "1000h: 0.0 % with 50, 0.0 % without 50, +0.0 pt from -6.0 to +6.0: too little data"},
		"many, none fails": {func(c *columns) { changes(c, 200, 0, 75, board); changes(c, 200, 0, 72) }, "4000h: 0.0 % with 200, 0.0 % without 200, +0.0 pt from -1.5 to +1.5: no measurable benefit"},
		"nothing alike":    {func(c *columns) { changes(c, 200, 9, 75, board); changes(c, 200, 9, 12) }, "4000h: 0.0 % with 0, 0.0 % without 0, +0.0 pt from +0.0 to +0.0: too little data"},
		"unknown risk":     {func(c *columns) { changes(c, 200, 9, -1, board); changes(c, 200, 9, -1); changes(c, 500, 0, 5) }, "4000h: 4.5 % with 200, 4.5 % without 200, +0.0 pt from -4.1 to +4.1: no measurable benefit"},
	} {
		var c columns
		x.fill(&c)
		s := ledgerOf(&c)[0]
		got := fmt.Sprintf("%.0fh: %s with %d, %s without %d, %+.1f pt from %+.1f to %+.1f: %s", s.Waited.Hours(), percent(s.RateWith), s.EqualWith, percent(s.RateWithout), s.EqualWithout,
			100*s.Difference, 100*s.DifferenceLow, 100*s.DifferenceHigh, s.Verdict)
		if got != x.want || s.Says == "" {
			t.Errorf("%s:\n got %s\nwant %s\n%s", name, got, x.want, s.Says)
		}
	}
}

// What was rejected or expired was waited for, and is in no failure rate.
func TestLedgerStops(t *testing.T) {
	var c columns
	changes(&c, 3, 1, 75, taken{"board", "board", "approved", hour}, taken{"peer-review", "peer", "approved", 2 * hour})
	c.add(fact{ID: 9, At: at("2026-10-02 00:00").UnixMicro(), Lead: -1, Recovery: -1, Risk: 75, Environment: production, Steps: []taken{{"board", "board", "rejected", 7 * hour}}})
	c.add(fact{ID: 10, At: at("2026-10-02 00:00").UnixMicro(), Lead: -1, Recovery: -1, Risk: 75, Environment: production, Steps: []taken{{"board", "board", "expired", 168 * hour}}})
	list := ledgerOf(&c)
	s := list[0]
	if len(list) != 2 || s.Rule != "board" || s.Changes != 5 || s.Approved != 3 || s.Rejected != 1 || s.Expired != 1 || s.Waited != 178*time.Hour || s.Wait.Median != time.Hour ||
		s.With.Of != 3 || s.With.N != 1 || s.Without.Of != 0 || s.Verdict != TooLittle {
		t.Errorf("%+v", s)
	}
}

// The interval covers the truth about as often as it says.
func TestLedgerCovers(t *testing.T) {
	r := seeded()
	const rounds = 400
	hit := 0
	for range rounds {
		var strata []stratum
		for _, rate := range []float64{0.02, 0.06, 0.15} {
			one := func(n int, p float64) (s side) {
				for range n {
					if s.n++; r.Float64() < p {
						s.failed++
					}
				}
				return s
			}
			strata = append(strata, stratum{one(80, rate+0.03), one(160, rate)})
		}
		var s Step
		s.compare(strata)
		if s.DifferenceLow <= 0.03 && s.DifferenceHigh >= 0.03 {
			hit++
		}
	}
	if share := float64(hit) / rounds; math.Abs(share-0.95) > 0.035 {
		t.Errorf("%.3f of the intervals hold the truth", share)
	}
}
