package risk

import (
	"math"
	"slices"
)

// Measure says how good predictions are.
type Measure struct {
	AUC     float64 `json:"auc"`      // how often a change that failed was given the greater chance of the two; 0.5 is a coin
	Brier   float64 `json:"brier"`    // mean squared distance of the chance from what happened; 0 is perfect (Brier, 1950)
	LogLoss float64 `json:"log_loss"` // mean −ln of the chance of what happened
	Bins    []Bin   `json:"bins,omitempty"`
}

// Bin is one dot of the calibration plot: changes that were given about the
// same chance.
type Bin struct {
	N        int     `json:"n"`
	Failed   int     `json:"failed"`
	Expected float64 `json:"expected"` // mean of the chances
	Observed float64 `json:"observed"` // share that failed
	Low      float64 `json:"low"`      // 95 % interval of Observed (Wilson, 1927)
	High     float64 `json:"high"`
}

// bins is how many dots the plot has.
const bins = 10

// Judge measures chances against what happened.
func Judge(chance []float64, failed []bool) Measure {
	var m Measure
	if len(chance) == 0 {
		return m
	}
	for i, p := range chance {
		y := 0.0
		if failed[i] {
			y = 1
		}
		m.Brier += (p - y) * (p - y)
		q := min(max(p, 1e-12), 1-1e-12)
		m.LogLoss -= y*math.Log(q) + (1-y)*math.Log(1-q)
	}
	m.Brier /= float64(len(chance))
	m.LogLoss /= float64(len(chance))
	m.AUC, _, _ = places(chance, failed)
	m.Bins = calibration(chance, failed)
	return m
}

// places returns the area under the ROC curve, ties as one half, and for each
// change that failed the share of the others that was given less (and the other
// way round): the structural components of DeLong, DeLong, Clarke-Pearson:
// Comparing the areas under two or more correlated receiver operating
// characteristic curves, Biometrics 44 (1988), by ranks as Sun and Xu found
// (IEEE Signal Processing Letters 21, 2014). Without both outcomes it is 0.5.
func places(chance []float64, failed []bool) (auc float64, bad, good []float64) {
	var badAt, goodAt []int
	for i, f := range failed {
		if f {
			badAt = append(badAt, i)
		} else {
			goodAt = append(goodAt, i)
		}
	}
	if len(badAt) == 0 || len(goodAt) == 0 {
		return 0.5, nil, nil
	}
	pick := func(at []int) []float64 {
		out := make([]float64, len(at))
		for i, n := range at {
			out[i] = chance[n]
		}
		return out
	}
	all, inBad, inGood := Ranks(chance), Ranks(pick(badAt)), Ranks(pick(goodAt))
	bad, good = make([]float64, len(badAt)), make([]float64, len(goodAt))
	for i, n := range badAt {
		bad[i] = (all[n] - inBad[i]) / float64(len(goodAt))
		auc += bad[i] / float64(len(badAt))
	}
	for i, n := range goodAt {
		good[i] = 1 - (all[n]-inGood[i])/float64(len(badAt))
	}
	return auc, bad, good
}

// Ranks returns the rank of each value from 1 on; equal ones share the mean of
// theirs.
func Ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, n := range order[i:j] {
			out[n] = float64(i+j+1) / 2
		}
		i = j
	}
	return out
}

// apart returns by how much the AUC of b exceeds that of a on the same changes,
// and the two-sided p value that it is chance (DeLong and others, 1988).
func apart(a, b []float64, failed []bool) (difference, p float64) {
	aucA, badA, goodA := places(a, failed)
	aucB, badB, goodB := places(b, failed)
	difference = aucB - aucA
	if len(badA) < 2 || len(goodA) < 2 {
		return difference, 1
	}
	spread := func(x, y []float64) float64 { // variance of the mean of y − x
		mean, sum := 0.0, 0.0
		for i := range x {
			mean += (y[i] - x[i]) / float64(len(x))
		}
		for i := range x {
			d := y[i] - x[i] - mean
			sum += d * d
		}
		return sum / float64(len(x)-1) / float64(len(x))
	}
	v := spread(badA, badB) + spread(goodA, goodB)
	if v <= 0 {
		if math.Abs(difference) < 1e-12 {
			return difference, 1
		}
		return difference, 0
	}
	return difference, math.Erfc(math.Abs(difference) / math.Sqrt(2*v))
}

// calibration cuts changes by chance into bins of as nearly equal size as can
// be; changes of the same chance stay together.
func calibration(chance []float64, failed []bool) (out []Bin) {
	order := make([]int, len(chance))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case chance[a] < chance[b]:
			return -1
		case chance[a] > chance[b]:
			return 1
		}
		return 0
	})
	for from := 0; from < len(order); {
		to := max((len(out)+1)*len(order)/bins, from+1)
		for to < len(order) && chance[order[to]] == chance[order[to-1]] {
			to++
		}
		var b Bin
		for _, n := range order[from:to] {
			b.Expected += chance[n]
			if failed[n] {
				b.Failed++
			}
		}
		b.N = to - from
		b.Expected /= float64(b.N)
		b.Observed = float64(b.Failed) / float64(b.N)
		b.Low, b.High = Wilson(b.Failed, b.N)
		out = append(out, b)
		from = to
	}
	return out
}

// Wilson returns the 95 % score interval of a share (Wilson, Journal of the
// American Statistical Association 22, 1927); 0 to 1 of nothing.
func Wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(mid-half, 0), min(mid+half, 1)
}
