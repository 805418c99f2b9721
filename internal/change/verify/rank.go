package verify

import (
	"math"

	"github.com/evenkeel/evenkeel/internal/change/risk"
)

// Test is the outcome of a test of two samples.
type Test struct {
	U       float64 // of the second sample: pairs in which it is the greater, ties as one half
	Greater float64 // p that the second is no greater than the first
	Less    float64 // p that it is no less
	Both    float64 // p that they are alike
	Exact   bool
}

// exactPairs is up to how many pairs of readings all arrangements are counted;
// above, the normal approximation is off by less than 0.002.
const exactPairs = 900

// MannWhitney tests whether the readings of b are greater or less than those of
// a (Mann, Whitney: On a test of whether one of two random variables is
// stochastically larger than the other, Annals of Mathematical Statistics 18,
// 1947). Small samples are exact, with ties too: all ways to deal the ranks are
// counted. Larger ones take the normal approximation, corrected for ties and
// continuity (Hollander, Wolfe: Nonparametric Statistical Methods, 4.1). Of an
// empty sample nothing can be said: every p is 1.
func MannWhitney(a, b []float64) Test {
	n, m := len(a), len(b)
	if n == 0 || m == 0 {
		return Test{Greater: 1, Less: 1, Both: 1, Exact: true}
	}
	ranks := risk.Ranks(append(append(make([]float64, 0, n+m), a...), b...))
	sum := 0.0
	for _, r := range ranks[n:] {
		sum += r
	}
	t := Test{U: sum - float64(m)*float64(m+1)/2}
	if n*m <= exactPairs {
		t.Exact = true
		t.Less, t.Greater = dealt(ranks, m, sum)
	} else {
		t.Less, t.Greater = normal(ranks, n, m, t.U)
	}
	t.Both = min(2*min(t.Less, t.Greater), 1)
	return t
}

// dealt counts the ways to choose m of the ranks, and returns the shares whose
// sum is at most, and at least, the one that was seen. Ranks are doubled to be
// whole: those of ties end in one half.
func dealt(ranks []float64, m int, sum float64) (atMost, atLeast float64) {
	total := 0
	twice := make([]int, len(ranks))
	for i, r := range ranks {
		twice[i] = int(math.Round(2 * r))
		total += twice[i]
	}
	ways := make([][]float64, m+1) // by how many were chosen and their sum
	for k := range ways {
		ways[k] = make([]float64, total+1)
	}
	ways[0][0] = 1
	top := 0
	for _, r := range twice {
		top += r
		for k := m; k >= 1; k-- {
			for s := top; s >= r; s-- {
				ways[k][s] += ways[k-1][s-r]
			}
		}
	}
	seen, all := int(math.Round(2*sum)), 0.0
	for s, n := range ways[m] {
		all += n
		if s <= seen {
			atMost += n
		}
		if s >= seen {
			atLeast += n
		}
	}
	return atMost / all, atLeast / all
}

func normal(ranks []float64, n, m int, u float64) (less, greater float64) {
	ties := map[float64]float64{}
	for _, r := range ranks {
		ties[r]++
	}
	tied := 0.0
	for _, t := range ties {
		tied += t*t*t - t
	}
	all, pairs := float64(n+m), float64(n)*float64(m)
	spread := math.Sqrt(pairs / 12 * (all + 1 - tied/(all*(all-1))))
	if spread == 0 || math.IsNaN(spread) { // all readings are the same
		return 1, 1
	}
	below := func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
	return min(below((u-pairs/2+0.5)/spread), 1), min(below(-(u-pairs/2-0.5)/spread), 1)
}

// Fisher returns the p that the share k2 of n2 is no greater than k1 of n1:
// Fisher's exact test, one-sided (Statistical Methods for Research Workers, 1934,
// 21.02).
func Fisher(k1, n1, k2, n2 int) float64 {
	if n1 == 0 || n2 == 0 {
		return 1
	}
	choose := func(n, k int) float64 {
		a, _ := math.Lgamma(float64(n + 1))
		b, _ := math.Lgamma(float64(k + 1))
		c, _ := math.Lgamma(float64(n - k + 1))
		return a - b - c
	}
	hits, all, p := k1+k2, choose(n1+n2, k1+k2), 0.0
	for k := k2; k <= min(hits, n2); k++ {
		if hits-k > n1 {
			continue
		}
		p += math.Exp(choose(n2, k) + choose(n1, hits-k) - all)
	}
	return min(p, 1)
}
