package dora

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// Spread is durations in few numbers; N = 0: they are unknown. The mean never
// stands without median and 90th percentile.
type Spread struct {
	N                 int
	Mean, Median, P90 time.Duration
}

// spreadOf computes a spread of microseconds, none below 0. It reorders the
// list. Quantiles are exact, and found by selection: sorting a million takes
// five times as long.
func spreadOf(list []int64) (s Spread) {
	if s.N = len(list); s.N == 0 {
		return s
	}
	var high, low, carry uint64 // a sum of many long ones is more than 64 bits
	for _, v := range list {
		low, carry = bits.Add64(low, uint64(v), 0)
		high += carry
	}
	mean, rest := bits.Div64(high, low, uint64(s.N))
	s.Mean = micros(int64(mean)) + time.Duration(rest*1000/uint64(s.N))
	p90 := (s.N*90+99)/100 - 1
	s.P90 = micros(nth(list, p90))
	m := nth(list[:p90+1], s.N/2) // never behind the 90th
	if s.N%2 == 0 {
		below := slices.Max(list[:s.N/2])
		s.Median = micros(below) + micros(m-below)/2
	} else {
		s.Median = micros(m)
	}
	return s
}

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// nth returns what would stand at index n of the sorted list, and leaves
// nothing larger before it and nothing smaller behind it. It is Hoare's
// selection with three ways, so that many equal values cost nothing, and sorts
// what is left when pivots turn out bad.
func nth(list []int64, n int) int64 {
	for tries := 2 * bits.Len(uint(len(list))); len(list) > 24 && tries > 0; tries-- {
		a, b, c := list[0], list[len(list)/2], list[len(list)-1]
		pivot := max(min(a, b), min(max(a, b), c))
		less, at, more := 0, 0, len(list)
		for at < more {
			switch v := list[at]; {
			case v < pivot:
				list[less], list[at] = v, list[less]
				less++
				at++
			case v > pivot:
				more--
				list[at], list[more] = list[more], v
			default:
				at++
			}
		}
		switch {
		case n < less:
			list = list[:less]
		case n >= more:
			list, n = list[more:], n-more
		default:
			return pivot
		}
	}
	slices.Sort(list)
	return list[n]
}

// Rate is a share with what it stands on, and its 95 % interval (Wilson 1927,
// which holds for few cases and for shares near 0). Of = 0: it is unknown.
type Rate struct {
	N, Of     int
	Share     float64
	Low, High float64
}

// z95 is the standard normal quantile of a two-sided 95 % interval.
const z95 = 1.959963984540054

func rateOf(n, of int) (r Rate) {
	r.N, r.Of = n, of
	if of == 0 {
		return r
	}
	size := float64(of)
	r.Share = float64(n) / size
	z2 := z95 * z95 / size
	mid := (r.Share + z2/2) / (1 + z2)
	half := z95 / (1 + z2) * math.Sqrt(r.Share*(1-r.Share)/size+z2/(4*size))
	r.Low, r.High = max(0, mid-half), min(1, mid+half)
	return r
}
