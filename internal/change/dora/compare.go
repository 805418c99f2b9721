package dora

import (
	"fmt"
	"math"
)

// stratum is changes of equal risk.
type stratum struct{ with, without side }

// compare fills in the comparison at equal risk.
func (s *Step) compare(strata []stratum) {
	var weights, with, without, p, q float64
	var failsWith, failsWithout int
	for _, x := range strata {
		if x.with.n == 0 || x.without.n == 0 {
			continue // nothing to compare with
		}
		s.EqualWith += x.with.n
		s.EqualWithout += x.without.n
		failsWith, failsWithout = failsWith+x.with.failed, failsWithout+x.without.failed
		a, c := float64(x.with.failed), float64(x.without.failed)
		n1, n0 := float64(x.with.n), float64(x.without.n)
		n := n1 + n0
		w := n1 * n0 / n
		weights += w
		with += w * a / n1
		without += w * c / n0
		p += (n1*n1*c - n0*n0*a + n1*n0*(n0-n1)/2) / (n * n)
		q += (a*(n0-c) + c*(n1-a)) / (2 * n)
	}
	s.Verdict = TooLittle
	if weights == 0 {
		s.Says = "There are no changes of equal risk without this step to compare with."
		if s.With.Of == 0 {
			s.Says = "No change that went through this step is completed."
		}
		return
	}
	s.RateWith, s.RateWithout = with/weights, without/weights
	s.Difference = s.RateWith - s.RateWithout
	half := z95 * math.Sqrt(max(0, s.Difference*p+q)) / weights
	if failsWith == 0 || failsWithout == 0 {
		// The variance is nothing, or nearly, where nothing failed: there the
		// rule of three (Hanley and Lippman-Hand 1983) bounds what may be.
		half = max(half, 3/float64(min(s.EqualWith, s.EqualWithout)))
	}
	s.DifferenceLow, s.DifferenceHigh = max(-1, s.Difference-half), min(1, s.Difference+half)
	if enough := min(s.EqualWith, s.EqualWithout) >= leastCompared; enough {
		switch {
		case s.DifferenceHigh < 0:
			s.Verdict = Helps
		case s.DifferenceLow > 0:
			s.Verdict = Worse
		case half <= widest:
			s.Verdict = NoBenefit
		}
	}
	s.Says = fmt.Sprintf("Failure rate %s with, %s without at equal risk: %s.", percent(s.RateWith), percent(s.RateWithout), s.Verdict)
	if s.Verdict == TooLittle && half > widest {
		s.Says = fmt.Sprintf("Failure rate %s with, %s without at equal risk, of %d and %d changes: too little data to say more.", percent(s.RateWith), percent(s.RateWithout), s.EqualWith, s.EqualWithout)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }
