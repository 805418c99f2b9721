// Package risk says how risky a change is: a score of 0 to 100, each factor's
// share of it, and whether the weights behind it are any good.
//
// What is real here. Each fact about a change (package fact) becomes a few
// plain numbers between about -1 and 1: a tier 0 service is 1, a service of
// tier 3 is 0. The score is 100·σ(z) with z the base plus the weighted sum of
// these numbers and σ the logistic function. The weights that come with the
// program are readable starting values, each with its reason (Factors); after
// 200 changes whose outcome is known, others can be fitted to an organisation's
// own history (fit.go).
//
// Invariants:
//   - Score is a pure function of weights and facts, and takes microseconds: it
//     stands in every gate.
//   - The points of all factors, the base among them, add up to the score: what
//     a page shows is the whole of the sum, to the hundredth.
//   - A practice that is not in use is neutral (0). What should be known and is
//     not counts towards risk, as a middling bad value; where knowing could only
//     have helped (a proven rollback), it helps nothing.
//   - Weights are never changed silently: fitted ones are a proposal until a
//     person accepts them, and old ones stay and can be used again.
//
// How points are shared out. σ is not linear, so that the effect of one factor
// depends on the others. Points are the Aumann–Shapley values of the way from
// the base (all numbers 0) to the change, also known as integrated gradients
// (Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017):
// the only shares along a straight path that add up, are 0 for what plays no
// part, and treat equals alike. With z linear they are simple: a factor gets
// w·x·(σ(z) − σ(base)) ÷ (z − base).
//
// A score is no probability. The thresholds medium and high (40 and 70) say how
// much review a change gets, and stay where they are while failure rates fall;
// Weights.Slope and Offset turn a score into the share of such changes that is
// expected to fail. anchor.go keeps the two apart when weights are fitted.
package risk

import (
	"math"
	"slices"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// The thresholds of the levels, unless settings say otherwise.
const (
	Medium = 40
	High   = 70
)

// The levels of risk.
const (
	LevelLow    = "low"
	LevelMedium = "medium"
	LevelHigh   = "high"
)

// Weights are one version of the model.
type Weights struct {
	ID     int64          // RISK-n; 0: those that come with the program
	Base   float64        // z of a change of which nothing speaks for or against
	Of     [Count]float64 // by Factor
	Slope  float64        // of ln odds of failing over z
	Offset float64        // ln odds of failing where z is 0
	Medium int            // the score from which risk is medium; 0: Medium
	High   int            // … high; 0: High
}

// Default returns the weights that come with the program.
func Default() Weights {
	w := Weights{Base: startBase, Slope: startSlope, Offset: startOffset}
	for i, f := range Factors {
		w.Of[i] = f.Start
	}
	return w
}

// Ref is the key of a version of the weights: RISK-7; RISK-0 is what comes with
// the program.
func (w Weights) Ref() ref.Ref { return ref.N(ref.RiskModel, w.ID) }

// Levels returns the thresholds in force.
func (w Weights) Levels() (medium, high int) {
	medium, high = w.Medium, w.High
	if medium <= 0 {
		medium = Medium
	}
	if high <= 0 {
		high = High
	}
	return medium, high
}

// Level is low, medium or high.
func (w Weights) Level(score int) string {
	switch medium, high := w.Levels(); {
	case score >= high:
		return LevelHigh
	case score >= medium:
		return LevelMedium
	}
	return LevelLow
}

// Chance is the share of changes like this one that is expected to fail, 0 to
// 1, by the numbers of Features.
func (w Weights) Chance(x Vector) float64 { return sigmoid(w.Slope*w.z(x) + w.Offset) }

func (w Weights) z(x Vector) float64 {
	z := w.Base
	for i, v := range x {
		z += w.Of[i] * v
	}
	return z
}

// Raw is the score before it is rounded, 0 to 100.
func (w Weights) Raw(x Vector) float64 { return 100 * sigmoid(w.z(x)) }

// Score returns the score of a change with its factors: the base first, then by
// points, the most risky first. Factors that play no part are left out.
func Score(w Weights, in fact.Input) fact.Risk {
	r := reader{words: true}
	var room [1024]byte
	r.buf = room[:0]
	r.read(&in)

	z, n := w.Base, 1
	for i, v := range r.x {
		if v != 0 && w.Of[i] != 0 {
			z += w.Of[i] * v
			n++
		}
	}
	p, p0 := sigmoid(z), sigmoid(w.Base)
	rate := 100 * p0 * (1 - p0) // the slope of the path: at a standstill, of σ itself
	if d := z - w.Base; math.Abs(d) > 1e-6 {
		rate = 100 * (p - p0) / d
	}
	score := int(math.Round(100 * p))
	words := string(r.buf)
	out := make([]fact.Factor, 1, n)
	rest := score * 100
	for i, v := range r.x {
		if v == 0 || w.Of[i] == 0 {
			continue
		}
		points := int(math.Round(100 * rate * w.Of[i] * v))
		rest -= points
		out = append(out, fact.Factor{Name: Factors[i].Name, Text: words[r.from[i]:r.to[i]], Points: float64(points) / 100})
	}
	// The base takes what rounding leaves: at most half a point.
	out[0] = fact.Factor{Name: "base", Text: "Any change", Points: float64(rest) / 100}
	slices.SortStableFunc(out[1:], func(a, b fact.Factor) int {
		switch {
		case a.Points > b.Points:
			return -1
		case a.Points < b.Points:
			return 1
		}
		return 0
	})
	return fact.Risk{Score: score, Level: w.Level(score), Model: name(w.ID), Factors: out}
}

// name is Ref as a string, without an allocation for the program's own.
func name(id int64) string {
	if id == 0 {
		return "RISK-0"
	}
	return ref.N(ref.RiskModel, id).String()
}

// Whole returns the points of all factors in whole numbers that add up to the
// score: the largest remainders are rounded up (Hare and Niemeyer's way).
func Whole(r fact.Risk) []int {
	out, order := make([]int, len(r.Factors)), make([]int, len(r.Factors))
	left := r.Score
	for i, f := range r.Factors {
		out[i], order[i] = int(math.Floor(f.Points)), i
		left -= out[i]
	}
	rem := func(i int) float64 { return r.Factors[i].Points - math.Floor(r.Factors[i].Points) }
	slices.SortStableFunc(order, func(a, b int) int {
		switch d := rem(b) - rem(a); {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	for _, i := range order[:min(max(left, 0), len(order))] {
		out[i]++
	}
	return out
}

// sigmoid is the logistic function, without overflow on either side.
func sigmoid(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
