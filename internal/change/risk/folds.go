package risk

import (
	"fmt"
	"math"
	"slices"
)

// deal gives each sample a fold, so that each has its share of both outcomes.
// The order is by a hash of the change's number: neighbours in time are
// scattered, and the same history is always cut the same way.
func deal(samples []Sample, k int) []int {
	order := make([]int, len(samples))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if samples[a].Failed != samples[b].Failed {
			if samples[a].Failed {
				return -1
			}
			return 1
		}
		ha, hb := mix(samples[a].Change), mix(samples[b].Change)
		switch {
		case ha < hb:
			return -1
		case ha > hb:
			return 1
		}
		return 0
	})
	out := make([]int, len(samples))
	for n, i := range order {
		out[i] = n % k
	}
	return out
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
func mix(id int64) uint64 {
	z := uint64(id) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// split returns the samples outside of a fold and the places of those in it.
func split(samples []Sample, fold []int, k int) (learn []Sample, test []int) {
	for i := range samples {
		if fold[i] == k {
			test = append(test, i)
		} else {
			learn = append(learn, samples[i])
		}
	}
	return learn, test
}

func shareFailed(samples []Sample) float64 {
	n := 0
	for i := range samples {
		if samples[i].Failed {
			n++
		}
	}
	return float64(n) / float64(max(len(samples), 1))
}

// platt returns a and b so that a·z + b are the ln odds of a history: a
// regression on one number (Platt, 1999), pulled towards a = 1.
func platt(samples []Sample, m model) (a, b float64) {
	one := make([]Sample, len(samples))
	for i := range samples {
		one[i] = Sample{Failed: samples[i].Failed}
		one[i].X[0] = m.logit(&samples[i].X)
	}
	mean := model{}
	mean.of[0] = 1
	got, err := fit(one, mean, 1)
	if err != nil {
		return 1, 0
	}
	return got.of[0], got.base
}

// later foretells the newest fifth from the rest.
func later(samples []Sample, mean model) (*Later, error) {
	at := len(samples) * 4 / 5
	old, recent := samples[:at], samples[at:]
	l := &Later{Since: recent[0].At, N: len(recent)}
	failed, before, after := make([]bool, len(recent)), make([]float64, len(recent)), make([]float64, len(recent))
	for i := range recent {
		if failed[i] = recent[i].Failed; failed[i] {
			l.Failed++
		}
	}
	if n := int(math.Round(shareFailed(old) * float64(len(old)))); n < Each/2 || l.Failed < 2 || n == len(old) || l.Failed == l.N {
		return nil, nil
	}
	m, err := best(old, mean)
	if err != nil {
		return nil, err
	}
	for i := range recent {
		before[i], after[i] = mean.chance(&recent[i].X), m.chance(&recent[i].X)
	}
	l.Before, l.Proposed = Judge(before, failed), Judge(after, failed)
	return l, nil
}

// compare fills in what changes for whom.
func (r *Report) compare(now, w Weights, m model, samples []Sample) {
	var seen [Count]int
	r.Levels = map[string][2]int{LevelLow: {}, LevelMedium: {}, LevelHigh: {}}
	w.Medium, w.High = now.Levels()
	for s := range samples {
		x := samples[s].X
		for i, v := range x {
			if v != 0 {
				seen[i]++
			}
		}
		for side, weights := range []Weights{now, w} {
			level := weights.Level(int(math.Round(weights.Raw(x))))
			n := r.Levels[level]
			n[side]++
			r.Levels[level] = n
		}
	}
	for i, f := range Factors {
		r.Weights = append(r.Weights, Moved{Name: f.Name, Before: now.Of[i], After: w.Of[i], Spread: m.spread[i] / w.Slope, Seen: seen[i]})
	}
	switch {
	case r.Gain > 0 && r.P < 0.05:
		r.Verdict = fmt.Sprintf("They tell failures from successes better: %.0f of 100 pairs instead of %.0f (p = %.2g).", 100*r.Proposed.AUC, 100*r.Before.AUC, r.P)
	case r.Gain < 0 && r.P < 0.05:
		r.Verdict = fmt.Sprintf("They tell failures from successes worse: %.0f of 100 pairs instead of %.0f. Keep the weights that you have.", 100*r.Proposed.AUC, 100*r.Before.AUC)
	default:
		r.Verdict = fmt.Sprintf("They tell failures from successes about as well as before: %.0f of 100 pairs, before %.0f (p = %.2g). There is no reason to take them yet.", 100*r.Proposed.AUC, 100*r.Before.AUC, r.P)
	}
}
