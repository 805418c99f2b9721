package risk

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The grades of 32 students (Spector, Mazzeo: Probit analysis and economic
// education, 1980), with the estimates and standard errors that Greene,
// Econometric Analysis, table 17.1, and statsmodels print for the logit model.
func TestFitAgreesWithGreene(t *testing.T) {
	gpa := []float64{2.66, 2.89, 3.28, 2.92, 4.00, 2.86, 2.76, 2.87, 3.03, 3.92, 2.63, 3.32, 3.57, 3.26, 3.53, 2.74, 2.75, 2.83, 3.12, 3.16, 2.06, 3.62, 2.89, 3.51, 3.54, 2.83, 3.39, 2.67, 3.65, 4.00, 3.10, 2.39}
	tuce := []float64{20, 22, 24, 12, 21, 17, 17, 21, 25, 29, 20, 23, 23, 25, 26, 19, 25, 19, 23, 25, 22, 28, 14, 26, 24, 27, 17, 24, 21, 23, 21, 19}
	grade := []int{0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1}
	var list []Sample
	for i := range grade {
		s := Sample{Failed: grade[i] == 1}
		s.X[0], s.X[1] = gpa[i], tuce[i]
		if i >= 18 {
			s.X[2] = 1
		}
		list = append(list, s)
	}
	m, err := fit(list, model{}, 1e-9)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2.826113, 0.0951577, 2.378688} {
		if math.Abs(m.of[i]-want) > 1e-5 {
			t.Errorf("weight %d is %.6f, published is %.6f", i, m.of[i], want)
		}
	}
	for i, want := range []float64{1.262941, 0.1415542, 1.064564} {
		if math.Abs(m.spread[i]-want) > 1e-4 {
			t.Errorf("standard error %d is %.6f, published is %.6f", i, m.spread[i], want)
		}
	}
	if math.Abs(m.base+13.02135) > 1e-4 {
		t.Errorf("base %.5f, published is -13.02135", m.base)
	}
}

// history makes changes that fail by a law of its own.
func history(n int, seed uint64, law func(x *Vector) float64) []Sample {
	rnd := rand.New(rand.NewPCG(seed, 5))
	out := make([]Sample, n)
	for i := range out {
		s := Sample{Change: int64(i + 1), At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)}
		s.X[Tier] = byTier[rnd.IntN(4)]
		s.X[Size] = min(rnd.ExpFloat64()/3, 1)
		s.X[Boundaries] = part(rnd.IntN(6), 4)
		s.X[Approved] = 0.5
		if rnd.IntN(4) == 0 {
			s.X[OutOfHours] = 1
		}
		if rnd.IntN(10) == 0 {
			s.X[SchemaChange] = 1
		}
		s.X[ServicePast] = rnd.NormFloat64() / 2
		s.Failed = rnd.Float64() < sigmoid(law(&s.X))
		out[i] = s
	}
	return out
}

func TestFitRecoversTheLaw(t *testing.T) {
	law := func(x *Vector) float64 {
		return -3 + 0.2*x[Tier] + 3*x[Size] + 0.1*x[Boundaries] + 2*x[SchemaChange] + 1.2*x[OutOfHours] + 0.8*x[ServicePast]
	}
	list := history(40000, 3, law)
	m, err := fit(list, prior(Default()), 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[Factor]float64{Tier: 0.2, Size: 3, Boundaries: 0.1, SchemaChange: 2, OutOfHours: 1.2, ServicePast: 0.8} {
		if math.Abs(m.of[f]-want) > 4*m.spread[f] || m.spread[f] > 0.2 {
			t.Errorf("%s: %.3f ± %.3f, the law says %.1f", Factors[f].Name, m.of[f], m.spread[f], want)
		}
	}
	if m.of[TestsFailed] != prior(Default()).of[TestsFailed] {
		t.Error("a factor of which the history says nothing moved")
	}
}

func TestPropose(t *testing.T) {
	law := func(x *Vector) float64 {
		return -3.2 + 3*x[Size] + 2*x[SchemaChange] + 1.5*x[OutOfHours] - 0.5*x[Tier]
	}
	now, list := Default(), history(1500, 9, law)
	w, r, err := Propose(now, list)
	if err != nil {
		t.Fatal(err)
	}
	again, r2, _ := Propose(now, list)
	if w != again || !reflect.DeepEqual(r, r2) {
		t.Error("the same history gives another answer")
	}
	if r.Gain < 0.05 || r.P > 0.01 || !strings.Contains(r.Verdict, "better") {
		t.Errorf("a law quite unlike the weights: gain %.3f, p = %.3f: %s", r.Gain, r.P, r.Verdict)
	}
	if r.Proposed.Brier >= r.Rate.Brier || r.Proposed.Brier >= r.Adjusted.Brier || r.Proposed.Brier >= r.Before.Brier {
		t.Errorf("Brier: before %.4f, adjusted %.4f, proposed %.4f, rate %.4f", r.Before.Brier, r.Adjusted.Brier, r.Proposed.Brier, r.Rate.Brier)
	}
	if r.Later == nil || r.Later.N != 300 || r.Later.Proposed.AUC <= r.Later.Before.AUC {
		t.Errorf("foretelling the newest fifth: %+v", r.Later)
	}
	off := 0
	for _, b := range r.Proposed.Bins {
		if b.Expected < b.Low || b.Expected > b.High {
			off++
		}
	}
	if len(r.Proposed.Bins) != 10 || off > 2 {
		t.Errorf("%d of %d bins are not calibrated: %+v", off, len(r.Proposed.Bins), r.Proposed.Bins)
	}
	// Thresholds keep their meaning.
	for level, n := range r.Levels {
		if d := n[1] - n[0]; d < -15 || d > 15 {
			t.Errorf("%s: %d changes before, %d after", level, n[0], n[1])
		}
	}
	// Scores and chances are the same order, and chances what the fit says.
	m, _ := fit(list, prior(now), r.Lambda)
	for i := range list[:50] {
		if got, want := w.Chance(list[i].X), m.chance(&list[i].X); math.Abs(got-want) > 1e-9 {
			t.Fatalf("the chance is %.6f, the fit said %.6f", got, want)
		}
	}
}

// Weights that are right already are not replaced on a whim.
func TestNothingToGain(t *testing.T) {
	now := Default()
	mean := prior(now)
	_, r, err := Propose(now, history(600, 21, func(x *Vector) float64 { return mean.logit(x) }))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(r.Verdict, "better:") || r.Proposed.LogLoss > r.Before.LogLoss*1.05 {
		t.Errorf("%s (log loss %.4f, before %.4f)", r.Verdict, r.Proposed.LogLoss, r.Before.LogLoss)
	}
}

func TestMissing(t *testing.T) {
	law := func(float64) func(*Vector) float64 { return func(*Vector) float64 { return 0 } }
	few := history(150, 1, law(0))
	if got := Missing(few); !strings.HasPrefix(got, "50 more changes") {
		t.Error(got)
	}
	if _, _, err := Propose(Default(), few); err == nil {
		t.Error("a fit on 150 changes")
	}
	good := history(300, 1, func(*Vector) float64 { return -50 })
	good[0].Failed = true
	if got := Missing(good); !strings.HasPrefix(got, "9 more failed changes") {
		t.Error(got)
	}
	bad := history(300, 1, func(*Vector) float64 { return 50 })
	if got := Missing(bad); !strings.HasPrefix(got, "10 more successful changes") {
		t.Error(got)
	}
	if got := Missing(history(200, 1, law(0))); got != "" {
		t.Error(got)
	}
}

func TestMeasuresByBruteForce(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		n := 2 + rnd.IntN(60)
		p, y := make([]float64, n), make([]bool, n)
		for i := range p {
			p[i], y[i] = float64(rnd.IntN(12))/11, rnd.IntN(3) == 0
		}
		y[0], y[1] = true, false
		wins, pairs, brier := 0.0, 0.0, 0.0
		for i := range p {
			if y[i] {
				brier += (1 - p[i]) * (1 - p[i])
			} else {
				brier += p[i] * p[i]
			}
			for j := range p {
				if !y[i] || y[j] {
					continue
				}
				pairs++
				switch {
				case p[i] > p[j]:
					wins++
				case p[i] == p[j]:
					wins += 0.5
				}
			}
		}
		m := Judge(p, y)
		if math.Abs(m.AUC-wins/pairs) > 1e-12 || math.Abs(m.Brier-brier/float64(n)) > 1e-12 {
			t.Fatalf("AUC %f, counted %f; Brier %f, counted %f", m.AUC, wins/pairs, m.Brier, brier/float64(n))
		}
		in, bad := 0, 0
		for _, b := range m.Bins {
			in, bad = in+b.N, bad+b.Failed
		}
		total := 0
		for _, f := range y {
			if f {
				total++
			}
		}
		if in != n || bad != total {
			t.Fatalf("the bins hold %d of %d changes, %d of %d failures", in, n, bad, total)
		}
	}
}

// Without any difference, p values are spread evenly.
func TestApartIsFair(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 8))
	const rounds = 2000
	low := 0
	for range rounds {
		a, b, y := make([]float64, 120), make([]float64, 120), make([]bool, 120)
		for i := range a {
			y[i] = rnd.IntN(4) == 0
			both := rnd.NormFloat64()
			a[i], b[i] = both+rnd.NormFloat64(), both+rnd.NormFloat64()
		}
		if _, p := apart(a, b, y); p < 0.05 {
			low++
		}
	}
	if share := float64(low) / rounds; share < 0.03 || share > 0.075 {
		t.Errorf("%.3f of the p values of nothing are below 0.05", share)
	}
}

// Intervals of Newcombe: Two-sided confidence intervals for the single
// proportion, Statistics in Medicine 17 (1998), table I, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		if low, high := Wilson(c.k, c.n); math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, published is %.4f to %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

func BenchmarkPropose(b *testing.B) {
	list := history(5000, 9, func(x *Vector) float64 { return -3 + 3*x[Size] })
	for b.Loop() {
		if _, _, err := Propose(Default(), list); err != nil {
			b.Fatal(err)
		}
	}
}
