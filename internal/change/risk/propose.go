package risk

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Report says on what fitted weights stand and how much better they are. All
// figures of both are of changes that a fit had not seen: the history is cut
// into folds, and each is predicted from the others.
type Report struct {
	N      int       `json:"n"` // changes with a known outcome
	Failed int       `json:"failed"`
	From   time.Time `json:"from"` // the oldest decision, and the newest
	To     time.Time `json:"to"`
	Folds  int       `json:"folds"`
	Lambda float64   `json:"lambda"` // strength of the pull towards the weights before

	Before   Measure `json:"before"`   // the weights in force
	Adjusted Measure `json:"adjusted"` // the same, their chances set right by each fold's history: what re-weighting adds to that
	Proposed Measure `json:"proposed"`
	Rate     Measure `json:"rate"` // everybody given the same chance: what one must beat

	Gain  float64 `json:"gain"`  // of AUC
	P     float64 `json:"p"`     // that Gain is chance (DeLong)
	Later *Later  `json:"later"` // the same with the cut made by time; nil: too few failures in either part

	Weights []Moved           `json:"weights"`
	Levels  map[string][2]int `json:"levels"` // changes by level, before and proposed
	Verdict string            `json:"verdict"`
}

// Later is how the newest fifth of the history was foretold by the rest: the
// nearest to how the weights will be used.
type Later struct {
	Since    time.Time `json:"since"`
	N        int       `json:"n"`
	Failed   int       `json:"failed"`
	Before   Measure   `json:"before"`
	Proposed Measure   `json:"proposed"`
}

// Moved is one factor's weight before and after.
type Moved struct {
	Name   string  `json:"name"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	Spread float64 `json:"spread"` // standard error of After
	Seen   int     `json:"seen"`   // changes in which it played a part
}

const (
	outerFolds = 5
	innerFolds = 3
)

// lambdas are tried, from a light pull to a strong one. 1 is a standard
// deviation of one in ln odds: to find a weight wrong by a factor of e is no
// surprise.
var lambdas = []float64{0.5, 2, 8, 32}

// Missing says what a history lacks for a fit; "" if it is enough.
func Missing(samples []Sample) string {
	failed := 0
	for i := range samples {
		if samples[i].Failed {
			failed++
		}
	}
	switch good := len(samples) - failed; {
	case len(samples) < Enough:
		return fmt.Sprintf("%d more changes with a decision and a known outcome are needed: there are %d of %d", Enough-len(samples), len(samples), Enough)
	case failed < Each:
		return fmt.Sprintf("%d more failed changes are needed: only %d of %d failed, and a fit needs %d", Each-failed, failed, len(samples), Each)
	case good < Each:
		return fmt.Sprintf("%d more successful changes are needed: only %d of %d succeeded, and a fit needs %d", Each-good, good, len(samples), Each)
	}
	return ""
}

// Propose fits weights to a history and reports how good they are beside the
// weights now. It is deterministic: the same history gives the same answer. A
// history that is too short is an error; see Missing.
func Propose(now Weights, samples []Sample) (Weights, Report, error) {
	if lack := Missing(samples); lack != "" {
		return Weights{}, Report{}, fmt.Errorf("risk: %s", lack)
	}
	samples = slices.Clone(samples)
	slices.SortStableFunc(samples, func(a, b Sample) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return int(min(max(a.Change-b.Change, -1), 1))
	})
	mean := prior(now)
	rep := Report{N: len(samples), From: samples[0].At, To: samples[len(samples)-1].At, Folds: outerFolds}
	failed, before := make([]bool, len(samples)), make([]float64, len(samples))
	for i := range samples {
		failed[i], before[i] = samples[i].Failed, mean.chance(&samples[i].X)
		if failed[i] {
			rep.Failed++
		}
	}
	proposed, adjusted, rate := make([]float64, len(samples)), make([]float64, len(samples)), make([]float64, len(samples))
	fold := deal(samples, outerFolds)
	for k := range outerFolds {
		learn, test := split(samples, fold, k)
		m, err := best(learn, mean)
		if err != nil {
			return Weights{}, Report{}, err
		}
		a, b := platt(learn, mean)
		share := shareFailed(learn)
		for _, i := range test {
			x := &samples[i].X
			proposed[i], adjusted[i], rate[i] = m.chance(x), sigmoid(a*mean.logit(x)+b), share
		}
	}
	rep.Before, rep.Proposed = Judge(before, failed), Judge(proposed, failed)
	rep.Adjusted, rep.Rate = Judge(adjusted, failed), Judge(rate, failed)
	rep.Adjusted.AUC = rep.Before.AUC // another scale in each fold is no other order
	rep.Rate.AUC = 0.5
	rep.Gain, rep.P = apart(before, proposed, failed)

	var err error
	if rep.Later, err = later(samples, mean); err != nil {
		return Weights{}, Report{}, err
	}
	rep.Lambda = choose(samples, mean)
	m, err := fit(samples, mean, rep.Lambda)
	if err != nil {
		return Weights{}, Report{}, err
	}
	w := anchor(m, now, samples)
	rep.compare(now, w, m, samples)
	return w, rep, nil
}

// best fits with the lambda that these very samples choose among themselves.
func best(samples []Sample, mean model) (model, error) {
	return fit(samples, mean, choose(samples, mean))
}

// choose returns the lambda that foretells best by cross-validation.
func choose(samples []Sample, mean model) float64 {
	fold, loss := deal(samples, innerFolds), make([]float64, len(lambdas))
	for k := range innerFolds {
		learn, test := split(samples, fold, k)
		for n, l := range lambdas {
			m, err := fit(learn, mean, l)
			if err != nil {
				loss[n] = math.Inf(1)
				continue
			}
			for _, i := range test {
				loss[n] += softplus(m.logit(&samples[i].X), samples[i].Failed)
			}
		}
	}
	at := len(lambdas) - 1 // of equals the strongest: the one that changes least
	for n := at - 1; n >= 0; n-- {
		if loss[n] < loss[at] {
			at = n
		}
	}
	return lambdas[at]
}

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
