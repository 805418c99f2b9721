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
