package health

import (
	"slices"
	"time"
)

// Spread is durations in three numbers. N = 0: they are unknown.
type Spread struct {
	N                 int
	Mean, Median, P90 time.Duration
}

// spreadOf computes a spread; quantiles are nearest rank: the least value that
// at least that share of the values does not exceed.
func spreadOf(list []time.Duration) (s Spread) {
	if s.N = len(list); s.N == 0 {
		return s
	}
	slices.Sort(list)
	rest := int64(0)
	for _, d := range list { // parts first: a sum of many long ones could overflow
		s.Mean += d / time.Duration(s.N)
		rest += int64(d % time.Duration(s.N))
	}
	s.Mean += time.Duration(rest / int64(s.N))
	rank := func(percent int) time.Duration { return list[(s.N*percent+99)/100-1] }
	s.Median, s.P90 = rank(50), rank(90)
	return s
}
