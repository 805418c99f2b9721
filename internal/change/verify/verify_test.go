package verify

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The example of scipy.stats.mannwhitneyu's documentation: ages at which
// diabetes was found, U = 17 for males, p = 1/9 exact. And of Mann and Whitney's
// own table of 1947: P(U ≤ u) for small samples.
func TestMannWhitneyPublished(t *testing.T) {
	males, females := []float64{19, 22, 16, 29, 24}, []float64{20, 11, 17, 12}
	got := MannWhitney(females, males)
	if got.U != 17 || !got.Exact || math.Abs(got.Both-0.1111111111111111) > 1e-12 {
		t.Errorf("scipy's example: %+v", got)
	}
	if got := MannWhitney(males, females); got.U != 3 {
		t.Errorf("the other way round: %+v", got)
	}
	// The same without an exact count: scipy's method="asymptotic" says 0.11134688653314041.
	less, greater := normal([]float64{5, 8, 2, 9, 7, 6, 1, 4, 3}[:9], 4, 5, 17)
	if math.Abs(2*min(less, greater)-0.11134688653314041) > 1e-12 {
		t.Errorf("the approximation: %f", 2*min(less, greater))
	}
	for _, c := range []struct {
		n, m, u int
		p       float64
	}{{3, 3, 0, .050}, {3, 3, 1, .100}, {3, 3, 2, .200}, {3, 3, 3, .350}, {4, 4, 0, .014}, {4, 4, 1, .029}, {4, 4, 2, .057}, {4, 4, 3, .100}, {5, 5, 2, .016}, {5, 5, 4, .048}, {8, 8, 13, .025}} {
		a, b := arranged(c.n, c.m, c.u)
		if got := MannWhitney(a, b); got.U != float64(c.u) || math.Abs(got.Less-c.p) > 6e-4 {
			t.Errorf("n = %d, m = %d, U ≤ %d: %.4f (U = %.0f), the table says %.3f", c.n, c.m, c.u, got.Less, got.U, c.p)
		}
	}
	// Critical values at 0.05, two-sided, as in every textbook (Siegel, table K).
	for _, c := range []struct{ n, u int }{{5, 2}, {10, 23}, {15, 64}, {20, 127}} {
		a, b := arranged(c.n, c.n, c.u)
		in := MannWhitney(a, b)
		a, b = arranged(c.n, c.n, c.u+1)
		if out := MannWhitney(a, b); in.Both > 0.05 || out.Both <= 0.05 {
			t.Errorf("%d and %d: U = %d has p %.4f, the next one %.4f", c.n, c.n, c.u, in.Both, out.Both)
		}
	}
}

// arranged makes samples without ties whose U is u.
func arranged(n, m, u int) (a, b []float64) {
	for i := range n {
		a = append(a, float64(10*(i+1)))
	}
	for j := range m { // each of b beats so many of a
		wins := min(u, n)
		u -= wins
		b = append(b, float64(10*wins)+1+float64(j)/float64(m+1))
	}
	return a, b
}

// With ties, the exact p is the share of all ways to deal the readings; the
// approximation comes near it.
func TestMannWhitneyByEnumeration(t *testing.T) {
	rnd := rand.New(rand.NewPCG(6, 6))
	for range 150 {
		n, m := 2+rnd.IntN(5), 2+rnd.IntN(5)
		all := make([]float64, n+m)
		for i := range all {
			all[i] = float64(rnd.IntN(5))
		}
		u := func(pick uint) (u float64) {
			for i := range all {
				for j := range all {
					if pick>>i&1 == 1 || pick>>j&1 == 0 {
						continue
					}
					if all[j] > all[i] {
						u++
					} else if all[j] == all[i] {
						u += 0.5
					}
				}
			}
			return u
		}
		seen, most, least, count := u((1<<m-1)<<n), 0.0, 0.0, 0.0
		for pick := range uint(1) << (n + m) {
			ones := 0
			for i := range all {
				ones += int(pick >> i & 1)
			}
			if ones != m {
				continue
			}
			count++
			if v := u(pick); v <= seen {
				most++
				if v == seen {
					least++
				}
			} else {
				least++
			}
		}
		got := MannWhitney(all[:n], all[n:])
		if got.U != seen || math.Abs(got.Less-most/count) > 1e-12 || math.Abs(got.Greater-least/count) > 1e-12 {
			t.Fatalf("%v | %v: %+v, counted U %v, %f and %f", all[:n], all[n:], got, seen, most/count, least/count)
		}
	}
}

func TestApproximationIsNear(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 1))
	for range 20 {
		a, b := make([]float64, 30), make([]float64, 30)
		for i := range a {
			a[i], b[i] = rnd.NormFloat64(), rnd.NormFloat64()+0.3
		}
		exact := MannWhitney(a, b)
		ranks, _ := ranked(a, b)
		less, greater := normal(ranks, 30, 30, exact.U)
		if !exact.Exact || math.Abs(less-exact.Less) > 0.002 || math.Abs(greater-exact.Greater) > 0.002 {
			t.Errorf("exact %f and %f, approximated %f and %f", exact.Less, exact.Greater, less, greater)
		}
	}
	same := make([]float64, 100)
	if got := MannWhitney(same, same); got.Both != 1 || got.Exact {
		t.Errorf("all the same: %+v", got)
	}
	if got := MannWhitney(nil, same); got.Both != 1 {
		t.Errorf("nothing: %+v", got)
	}
}

func ranked(a, b []float64) ([]float64, int) {
	all := append(append([]float64{}, a...), b...)
	out := make([]float64, len(all))
	for i, v := range all {
		out[i] = 1
		for _, w := range all {
			if w < v {
				out[i]++
			}
		}
	}
	return out, len(a)
}

// Fisher's tea: of eight cups the lady finds three of four, p = 17/70.
func TestFisher(t *testing.T) {
	for _, c := range []struct {
		k1, n1, k2, n2 int
		p              float64
	}{{1, 4, 3, 4, 17.0 / 70}, {0, 4, 4, 4, 1.0 / 70}, {3, 10, 3, 10, 0.6858}, {0, 0, 3, 10, 1}, {5, 5, 5, 5, 1}} {
		if got := Fisher(c.k1, c.n1, c.k2, c.n2); math.Abs(got-c.p) > 5e-5 {
			t.Errorf("%d of %d, then %d of %d: %.5f, want %.5f", c.k1, c.n1, c.k2, c.n2, got, c.p)
		}
	}
}

var start = time.Date(2026, 10, 14, 13, 30, 0, 0, time.UTC)

func plan() Plan { return NewPlan(start, start.Add(10*time.Minute), start.Add(40*time.Minute)) }

// readings makes a metric whose minutes follow f.
func readings(p Plan, m Metric, f func(n int, ph Phase) float64) Series {
	s := Series{Metric: m}
	for n := range p.minutes() {
		s.Points = append(s.Points, Point{p.From.Add(time.Duration(n) * Step), f(n, phase(p, nil, n))})
	}
	return s
}

func TestPlan(t *testing.T) {
	p := NewPlan(start.Add(20*time.Second), start.Add(10*time.Minute+30*time.Second), start.Add(2*time.Hour))
	want := Plan{From: start.Add(-109 * time.Minute), Start: start, Deployed: start.Add(11 * time.Minute), Until: start.Add(2 * time.Hour)}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if p := plan(); p.Start.Sub(p.From) != time.Hour {
		t.Errorf("a short verification looks back %s", p.Start.Sub(p.From))
	}
	if p := NewPlan(start.AddDate(0, 0, -9), start, start.AddDate(0, 1, 0)); p.minutes() != 3*24*60 {
		t.Errorf("a long one has %d minutes", p.minutes())
	}
	if p := NewPlan(time.Time{}, start, start.Add(time.Hour)); p.Start != start {
		t.Errorf("a rollout of which only the end is known begins %s", p.Start)
	}
}

var errorRatio = Metric{Name: "Error ratio", Effect: 0.1, P: 0.01}

func TestJudge(t *testing.T) {
	p := plan()
	noise := func(mean, spread float64) func() float64 {
		rnd := rand.New(rand.NewPCG(5, uint64(mean*1000)))
		return func() float64 { return mean + spread*rnd.NormFloat64() }
	}
	from := func(before, after func() float64) func(int, Phase) float64 {
		return func(_ int, ph Phase) float64 {
			if ph == After {
				return after()
			}
			return before()
		}
	}
	latency, orders, probe := Metric{"p95 latency", false, 0.1, 0.01}, Metric{"Orders per min", true, 0.1, 0.01}, Metric{"Probe", true, 0.05, 0.01}
	up := func(n int, ph Phase) float64 {
		if ph == After && n%3 == 0 {
			return 0
		}
		return 1
	}
	for _, c := range []struct {
		name   string
		series []Series
		alerts []Alert
		want   Verdict
		says   string
	}{
		{"as before", []Series{readings(p, errorRatio, from(noise(0.026, 0.004), noise(0.0261, 0.004))), readings(p, latency, from(noise(412, 20), noise(413, 20)))}, nil, Healthy, "No significant difference in Error ratio, p95 latency"},
		{"twice the errors", []Series{readings(p, errorRatio, from(noise(0.026, 0.004), noise(0.052, 0.006))), readings(p, latency, from(noise(412, 20), noise(413, 20)))}, nil, Unhealthy, "Error ratio: 0.0"},
		{"fewer orders", []Series{readings(p, orders, from(noise(64, 3), noise(40, 3)))}, nil, Unhealthy, "Orders per min"},
		{"more orders", []Series{readings(p, orders, from(noise(64, 3), noise(90, 3)))}, nil, Healthy, "No significant"},
		{"surely worse, and not by much", []Series{readings(p, latency, from(noise(412, 2), noise(420, 2)))}, nil, Healthy, "No significant"},
		{"errors out of nothing", []Series{readings(p, errorRatio, from(func() float64 { return 0 }, noise(0.02, 0.001)))}, nil, Unhealthy, "0 before"},
		{"a probe that fails now and then", []Series{readings(p, probe, up)}, nil, Unhealthy, "Probe: 1 before, 0.667 after"},
		{"an alert", []Series{readings(p, latency, from(noise(412, 20), noise(413, 20)))}, []Alert{{Key: "ALERT-7", Text: "Orders fail", Severity: "critical", Service: "checkout", At: start.Add(15 * time.Minute)}}, Unhealthy, "Orders fail (critical) began on checkout at 13:45 UTC"},
		{"a warning", []Series{readings(p, latency, from(noise(412, 20), noise(413, 20)))}, []Alert{{Key: "ALERT-7", Text: "Disk", Severity: "warning", Service: "checkout", At: start.Add(15 * time.Minute)}}, Healthy, "No significant"},
		{"an alert that passed", []Series{readings(p, latency, from(noise(412, 20), noise(413, 20)))}, []Alert{{Severity: "critical", At: start, Ended: start.Add(time.Minute)}}, Healthy, "No significant"},
		{"nothing", nil, nil, NoData, "Nothing was measured"},
		{"a source that cannot be asked", []Series{{Metric: latency, Failed: "Prometheus does not answer"}}, nil, NoData, "p95 latency: Prometheus does not answer"},
		{"NaN", []Series{readings(p, latency, func(int, Phase) float64 { return math.NaN() })}, nil, NoData, "0 readings before"},
	} {
		got := Judge(p, c.series, c.alerts, nil, p.Until, true)
		if got.Verdict != c.want || !strings.Contains(got.Reason, c.says) {
			t.Errorf("%s: %s: %s", c.name, got.Verdict, got.Reason)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Looks before the end ask for more; what may be chance is inconclusive.
func TestLooks(t *testing.T) {
	p := plan()
	s := readings(p, errorRatio, func(n int, ph Phase) float64 {
		if ph == After && n%3 != 0 {
			return 4 + float64(n%7)
		}
		return float64(n % 7)
	})
	early := p.Deployed.Add(7 * time.Minute)
	if got := Judge(p, []Series{s}, nil, nil, early, false); got.Verdict != Inconclusive || got.Rows[0].After.N != 8 || got.Rows[0].Values[p.minutes()-1] != nil {
		t.Errorf("after a few minutes: %s, %s", got.Verdict, got.Reason)
	}
	if got := Judge(p, []Series{s}, nil, nil, p.Deployed.Add(2*time.Minute), false); got.Verdict != NoData || !strings.Contains(got.Reason, "3 readings after, 5 are needed") {
		t.Errorf("after two minutes: %s, %s", got.Verdict, got.Reason)
	}
	if got := Judge(p, []Series{s}, nil, nil, p.Until, true); got.Verdict != Unhealthy {
		t.Errorf("at the end: %s, %s", got.Verdict, got.Reason)
	}
}

// Minutes of other changes are marked and left out.
func TestOverlaps(t *testing.T) {
	p := plan()
	s := readings(p, errorRatio, func(n int, _ Phase) float64 {
		if p.From.Add(time.Duration(n)*Step).Before(start.Add(30*time.Minute)) && n >= 20 {
			return float64(n % 5)
		}
		return 100 // before a deployment of its own, and after another change began around it
	})
	over := []Overlap{
		{"CHG-300", "checkout", true, p.From, p.From.Add(20 * time.Minute)},
		{"CHG-316", "payments", false, start.Add(30 * time.Minute), p.Until},
	}
	got := Judge(p, []Series{s}, nil, over, p.Until, true)
	if got.Verdict != Healthy || got.Rows[0].Before.N != 40 || got.Rows[0].After.N != 20 || got.Rows[0].Before.High > 4 {
		t.Errorf("%s: %s: %+v", got.Verdict, got.Reason, got.Rows[0].Before)
	}
	var marks strings.Builder
	for n := range p.minutes() {
		marks.WriteByte("bra-"[got.Phase(n)])
	}
	want := strings.Repeat("-", 20) + strings.Repeat("b", 40) + strings.Repeat("r", 10) + strings.Repeat("a", 20) + strings.Repeat("-", 10)
	if marks.String() != want {
		t.Errorf("got  %s\nwant %s", marks.String(), want)
	}
	around := []Overlap{{"CHG-301", "payments", false, p.From.Add(10 * time.Minute), p.From.Add(15 * time.Minute)}}
	if got := Judge(p, []Series{s}, nil, around, p.Until, true); got.Rows[0].Before.N != 55 || got.Rows[0].After.N != 30 {
		t.Errorf("one around it disturbs while it rolls out: %d and %d readings", got.Rows[0].Before.N, got.Rows[0].After.N)
	}
}

// Healthy deployments are rarely called unhealthy, broken ones nearly always,
// also where each minute is much like the one before.
func TestErrorRates(t *testing.T) {
	p, rnd := plan(), rand.New(rand.NewPCG(1, 9))
	metrics := []Metric{{"errors", false, 0.1, 0.01}, {"latency", false, 0.1, 0.01}, {"orders", true, 0.1, 0.01}}
	count := func(rounds int, broken, alike float64) (share float64) {
		for range rounds {
			var list []Series
			for i, m := range metrics {
				state := rnd.NormFloat64()
				list = append(list, readings(p, m, func(_ int, ph Phase) float64 {
					state = alike*state + math.Sqrt(1-alike*alike)*rnd.NormFloat64()
					v := 100 * math.Exp(0.25*state)
					if ph == After && i == 0 {
						v *= broken
					}
					return v
				}))
			}
			if Judge(p, list, nil, nil, p.Until, true).Verdict == Unhealthy {
				share += 1 / float64(rounds)
			}
		}
		return share
	}
	for _, c := range []struct{ broken, alike, least, most float64 }{{1, 0, 0, 0.02}, {1, 0.5, 0, 0.03}, {1, 0.8, 0, 0.06}, {1.5, 0, 0.99, 1.01}, {1.5, 0.5, 0.8, 1.01}, {2, 0.8, 0.5, 1.01}} {
		got := count(600, c.broken, c.alike)
		t.Logf("%.1f times the errors, %.1f alike: %.3f unhealthy", c.broken, c.alike, got)
		if got < c.least || got > c.most {
			t.Errorf("%.1f times the errors, minutes %.1f alike: %.3f are called unhealthy", c.broken, c.alike, got)
		}
	}
}

// Looking every few minutes adds little to the false alarms of the last look.
func TestManyLooks(t *testing.T) {
	p, rnd := plan(), rand.New(rand.NewPCG(77, 3))
	early, last := 0, 0
	const rounds = 120
	for range rounds {
		state := rnd.NormFloat64()
		s := readings(p, errorRatio, func(int, Phase) float64 {
			state = 0.5*state + math.Sqrt(0.75)*rnd.NormFloat64()
			return 100 * math.Exp(0.25*state)
		})
		for m := 5; m < 30; m += 4 {
			if Judge(p, []Series{s}, nil, nil, p.Deployed.Add(time.Duration(m)*Step), false).Verdict == Unhealthy {
				early++
				break
			}
		}
		if Judge(p, []Series{s}, nil, nil, p.Until, true).Verdict == Unhealthy {
			last++
		}
	}
	t.Logf("of %d healthy deployments %d are unhealthy at some look, %d at the last", rounds, early, last)
	if early > 3 || last > 5 {
		t.Errorf("of %d healthy deployments %d are unhealthy at some look, %d at the last", rounds, early, last)
	}
}

// Readings that stand alone keep their p; the more they are alike, the less a
// small one says.
func TestKinship(t *testing.T) {
	rnd := rand.New(rand.NewPCG(12, 2))
	at := make([]int, 400)
	for i := range at {
		at[i] = i
	}
	for _, want := range []float64{0, 0.3, 0.6, 0.85} {
		values, state := make([]float64, 400), 0.0
		for i := range values {
			state = want*state + math.Sqrt(1-want*want)*rnd.NormFloat64()
			values[i] = state
		}
		if got := kinship(values[:200], at[:200], values[200:], at[200:]); math.Abs(got-want) > 0.1 {
			t.Errorf("minutes that are %.2f alike: %.2f", want, got)
		}
	}
	if got := widen(0.001, 0); got != 0.001 {
		t.Error(got)
	}
	if got := widen(1e-9, 0.5); got < 1e-5 || got > 1e-3 { // z of 6.0 becomes 3.46
		t.Error(got)
	}
	if got := widen(0, 0.5); got != 0 && got > 1e-50 {
		t.Error(got)
	}
}

func BenchmarkJudge(b *testing.B) {
	p := plan()
	s := readings(p, errorRatio, func(n int, _ Phase) float64 { return float64(n % 13) })
	for b.Loop() {
		Judge(p, []Series{s}, nil, nil, p.Until, true)
	}
}
