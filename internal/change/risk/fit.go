package risk

import (
	"fmt"
	"math"
	"time"
)

// Sample is one change whose outcome is known, as it was when the gate decided.
type Sample struct {
	Change int64
	At     time.Time // of the decision
	X      Vector
	Failed bool
}

// Enough is how many changes with a known outcome a fit needs, and Each how
// many of them must have failed, and how many succeeded: about one of each for
// every three factors that usually matter. With fewer, what looks like a
// pattern is one change.
const (
	Enough = 200
	Each   = 10
)

// model is a plain logistic regression: ln odds of failing = base + Σ of·x.
type model struct {
	base   float64
	of     [Count]float64
	spread [Count]float64 // standard error of each weight, given the prior
}

func (m *model) logit(x *Vector) float64 {
	z := m.base
	for i, v := range x {
		z += m.of[i] * v
	}
	return z
}

func (m *model) chance(x *Vector) float64 { return sigmoid(m.logit(x)) }

// prior is what is believed before a sample is seen: the weights in force, as
// ln odds. Where the history says nothing about a factor, because no change
// with failing tests was ever let through for example, it keeps its weight,
// where a pull towards 0 would teach that it does not matter.
func prior(w Weights) model {
	m := model{base: w.Slope*w.Base + w.Offset}
	for i := range w.Of {
		m.of[i] = w.Slope * w.Of[i]
	}
	return m
}

const dim = Count + 1 // the base is the last

// fit finds the weights with the greatest posterior probability: logistic
// regression with a Gaussian prior of precision lambda around a mean, the base
// without one. Newton's method (iteratively reweighted least squares; Hastie,
// Tibshirani, Friedman: The Elements of Statistical Learning, 4.4.1), with steps
// halved until the loss falls. The loss is strictly convex for lambda above 0
// and samples of both outcomes, so that there is one answer and it is found.
func fit(samples []Sample, mean model, lambda float64) (model, error) {
	var b, centre [dim]float64
	copy(b[:], mean.of[:])
	copy(centre[:], mean.of[:])
	b[Count] = mean.base
	loss := func(b *[dim]float64) float64 {
		sum := 0.0
		for i := range samples {
			sum += softplus(linear(b, &samples[i].X), samples[i].Failed)
		}
		for i := range Count {
			d := b[i] - centre[i]
			sum += lambda / 2 * d * d
		}
		return sum
	}
	at := loss(&b)
	var h matrix
	for range 100 {
		var g [dim]float64
		h = slopes(samples, &b, &centre, lambda, &g)
		low, ok := h.cholesky()
		if !ok {
			return model{}, fmt.Errorf("risk: the weights cannot be told apart")
		}
		step := low.solve(g)
		size, next := 1.0, b
		for ; size > 1e-10; size /= 2 {
			for i := range b {
				next[i] = b[i] - size*step[i]
			}
			if l := loss(&next); l <= at {
				at = l
				break
			}
		}
		far := 0.0
		for i := range b {
			far = max(far, math.Abs(next[i]-b[i]))
		}
		if size > 1e-10 {
			b = next
		}
		if far < 1e-9 || size <= 1e-10 {
			break
		}
	}
	m := model{base: b[Count]}
	copy(m.of[:], b[:Count])
	var g [dim]float64
	h = slopes(samples, &b, &centre, lambda, &g)
	if low, ok := h.cholesky(); ok {
		for i := range Count {
			var e [dim]float64
			e[i] = 1
			m.spread[i] = math.Sqrt(max(low.solve(e)[i], 0))
		}
	}
	return m, nil
}

func linear(b *[dim]float64, x *Vector) float64 {
	z := b[Count]
	for i, v := range x {
		z += b[i] * v
	}
	return z
}

// softplus is the loss of one sample: −ln of the probability of what happened.
func softplus(z float64, failed bool) float64 {
	if failed {
		z = -z
	}
	if z > 0 {
		return z + math.Log1p(math.Exp(-z))
	}
	return math.Log1p(math.Exp(z))
}

// slopes returns the second derivatives of the loss, and puts the first ones
// into g.
func slopes(samples []Sample, b, centre *[dim]float64, lambda float64, g *[dim]float64) (h matrix) {
	var idx [dim]int
	for s := range samples {
		x := &samples[s].X
		p := sigmoid(linear(b, x))
		d, v := p, p*(1-p)
		if samples[s].Failed {
			d--
		}
		n := 0
		for i := range x { // most numbers of a change are 0
			if x[i] != 0 {
				idx[n] = i
				n++
			}
		}
		for a, i := range idx[:n] {
			g[i] += d * x[i]
			for _, j := range idx[:a+1] {
				h[i][j] += v * x[i] * x[j]
			}
			h[Count][i] += v * x[i]
		}
		g[Count] += d
		h[Count][Count] += v
	}
	for i := range Count {
		g[i] += lambda * (b[i] - centre[i])
		h[i][i] += lambda
	}
	return h
}
