package otlp

import (
	"math"
	"math/bits"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// buckets of the histogram of durations: two for each doubling from 128 µs to
// 134 s, what is shorter or longer in the first and last. Read with
// interpolation a percentile is right within 20 %.
const (
	firstOctave = 7
	buckets     = 2 * 21
)

// tally counts calls over one edge.
type tally struct {
	calls, errors uint64
	last          int64 // second of the newest
	durations     [buckets]uint32
}

func bucket(micros uint32) int {
	octave := bits.Len32(micros) - 1 // -1 for 0
	if octave < firstOctave {
		return 0
	}
	b := 2*(octave-firstOctave) + int(micros>>(octave-1)&1)
	return min(b, buckets-1)
}

// bound is the shortest duration of a bucket, in microseconds.
func bound(b int) float64 {
	if b == 0 {
		return 0
	}
	low := float64(uint64(1) << (firstOctave + b/2))
	if b%2 == 1 {
		low *= 1.5
	}
	return low
}

func (t *tally) add(micros uint32, bad bool, now int64) {
	t.calls++
	if bad {
		t.errors++
	}
	t.last = max(t.last, now)
	if b := &t.durations[bucket(micros)]; *b < math.MaxUint32 {
		*b++
	}
}

func (t *tally) merge(o *tally) {
	t.calls += o.calls
	t.errors += o.errors
	t.last = max(t.last, o.last)
	for i, n := range o.durations {
		t.durations[i] += min(n, math.MaxUint32-t.durations[i])
	}
}

// p95 is the 95th percentile in seconds.
func (t *tally) p95() float64 {
	var total uint64
	for _, n := range t.durations {
		total += uint64(n)
	}
	rank := 0.95 * float64(total)
	var below float64
	for b, n := range t.durations {
		if here := float64(n); n > 0 && below+here >= rank {
			low, high := bound(b), bound(b+1)
			return round((low + (high-low)*(rank-below)/here) / 1e6)
		} else {
			below += here
		}
	}
	return 0
}

// flow is what the tally says of a stretch of time.
func (t *tally) flow(over time.Duration, at time.Time) cmdb.Flow {
	f := cmdb.Flow{P95: t.p95(), At: at}
	if s := over.Seconds(); s > 0 {
		f.PerSecond = round(float64(t.calls) / s)
	}
	if t.calls > 0 {
		f.Errors = round(float64(t.errors) / float64(t.calls))
	}
	return f
}

// round keeps three digits: what is stored is an estimate.
func round(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// few is below how many calls in a window its figures are chance.
const few = 20

// marked tells whether a flow differs so much from what was told last that
// somebody who looks at the map should see it: rate or latency by a factor of
// two, errors by five hundredths of all calls.
func marked(was, is cmdb.Flow, window time.Duration) bool {
	if max(was.PerSecond, is.PerSecond)*window.Seconds() < few {
		return false
	}
	double := func(a, b, least float64) bool { return math.Abs(a-b) > least && (a >= 2*b || b >= 2*a) }
	return double(was.PerSecond, is.PerSecond, 0) || double(was.P95, is.P95, 0.01) || math.Abs(was.Errors-is.Errors) >= 0.05
}
