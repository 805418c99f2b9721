package verify

import (
	"math"

	"github.com/evenkeel/evenkeel/internal/change/risk"
)

// Both tests suppose readings that know nothing of each other. Minutes do: a
// slow query is slow for a while. Forty readings of which each is much like the
// one before say no more than ten that are not, and a test that takes them for
// forty cries wolf: where half of a reading comes from the one before, it calls
// 17 of 100 healthy deployments unhealthy instead of 2 (TestErrorRates).

// kinship is how alike readings are to those of the minute before, 0 to 0.9: the
// autocorrelation at lag 1 of their ranks, each part around its own mean. What
// may be chance is none.
func kinship(before []float64, beforeAt []int, after []float64, afterAt []int) float64 {
	var along, around float64
	pairs, all := 0, 0
	for _, part := range []struct {
		values []float64
		at     []int
	}{{before, beforeAt}, {after, afterAt}} {
		r := risk.Ranks(part.values) // ranks: one wild minute must not hide it
		mean := float64(len(r)+1) / 2
		scale := float64(max(len(r), 1))
		for i := range r {
			r[i] = (r[i] - mean) / scale
			around += r[i] * r[i]
			all++
			if i > 0 && part.at[i] == part.at[i-1]+1 {
				along += r[i] * r[i-1]
				pairs++
			}
		}
	}
	if pairs < 10 || around == 0 {
		return 0
	}
	rho := along / float64(pairs) / (around / float64(all))
	if rho < 1/math.Sqrt(float64(pairs)) {
		return 0
	}
	// Estimates from few readings are too small (Marriott, Pope: Bias in the
	// estimation of autocorrelations, Biometrika 41, 1954).
	return min(rho+(1+3*rho)/float64(pairs), 0.9)
}

// widen makes a p what it is for readings that are so much alike: the spread of
// a mean of them is greater by (1+ρ)/(1−ρ) (Bayley, Hammersley: The effective
// number of independent observations in an autocorrelated time series, 1946).
func widen(p, rho float64) float64 {
	if rho <= 0 || p >= 0.5 {
		return p
	}
	z := math.Sqrt2 * math.Erfcinv(2*max(p, 1e-300)) / math.Sqrt((1+rho)/(1-rho))
	return math.Erfc(z/math.Sqrt2) / 2
}
