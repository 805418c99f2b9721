package suspect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// world is a simulated organisation: services in layers, of which each needs
// some of the layer below, and changes of them.
type world struct {
	rnd     *rand.Rand
	needs   [][]int // service → services
	changes []Candidate
	of      []int // change → service
}

func newWorld(seed uint64, services int, span time.Duration, perDay float64) *world {
	w := &world{rnd: rand.New(rand.NewPCG(seed, 7)), needs: make([][]int, services)}
	for s := range services {
		layer := s * 4 / services
		if layer == 3 {
			continue
		}
		low, high := (layer+1)*services/4, (layer+2)*services/4
		for range 1 + w.rnd.IntN(3) {
			w.needs[s] = append(w.needs[s], low+w.rnd.IntN(high-low))
		}
	}
	// Times between changes are exponential; one service in five changes five
	// times as often.
	for s := range services {
		rate := perDay / 24 / float64(time.Hour)
		if s%5 == 0 {
			rate *= 5
		}
		for at := time.Duration(w.rnd.ExpFloat64() / rate); at < span; at += time.Duration(w.rnd.ExpFloat64() / rate) {
			start := began.Add(at)
			c := Candidate{Change: int64(len(w.changes) + 1), Type: "normal", Kind: pick(w.rnd, "deploy", "deploy", "deploy", "config", "schema", "flag", "infrastructure"),
				State: "succeeded", Risk: min(100, int(w.rnd.ExpFloat64()*25)), Lines: int(math.Exp(w.rnd.NormFloat64()*1.5 + 4)),
				Started: start, Deployed: start.Add(time.Duration(1+w.rnd.IntN(9)) * time.Minute)}
			c.Ended = c.Deployed.Add(30 * time.Minute)
			w.changes, w.of = append(w.changes, c), append(w.of, s)
		}
	}
	return w
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// places are the services around one, by breadth first search.
func (w *world) places(s int) map[int]Place {
	out := map[int]Place{s: {Same, 0, true, ""}}
	walk := func(rel Relation, next func(int) []int) {
		from := []int{s}
		for step := 1; step <= MaxSteps; step++ {
			var to []int
			for _, x := range from {
				for _, n := range next(x) {
					if _, seen := out[n]; !seen {
						out[n] = Place{rel, step, true, ""}
						to = append(to, n)
					}
				}
			}
			from = to
		}
	}
	walk(Needs, func(x int) []int { return w.needs[x] })
	walk(NeededBy, func(x int) (out []int) {
		for n, list := range w.needs {
			for _, y := range list {
				if y == x {
					out = append(out, n)
				}
			}
		}
		return out
	})
	return out
}

// incidentOf lets a change break something after a delay that is not the one
// that the weights assume: log-normal, median 20 minutes, one in twenty later
// than 4 hours. Seven of ten break their own service, the others one that needs
// it.
func (w *world) incidentOf(n int) (Incident, int) {
	s := w.of[n]
	if w.rnd.IntN(10) >= 7 {
		var up []int
		for x, p := range w.places(s) {
			if p.Relation == NeededBy && p.Steps <= 2 {
				up = append(up, x)
			}
		}
		slices.Sort(up)
		if len(up) > 0 {
			s = up[w.rnd.IntN(len(up))]
		}
	}
	delay := time.Duration(math.Exp(w.rnd.NormFloat64()*1.55+math.Log(20)) * float64(time.Minute))
	return Incident{ID: int64(n), Began: w.changes[n].Started.Add(delay), Open: true}, s
}

// TestMeanReciprocalRank measures the ranking on labelled history: 120 services
// with 11 changes a day on average (about 1,300 a day in all, a busy organisation),
// 400 incidents of which the simulator knows the cause. A change is the likelier to break something the
// riskier it is.
func TestMeanReciprocalRank(t *testing.T) {
	w := newWorld(42, 120, 30*24*time.Hour, 6)
	var list []Labelled
	var near []Labelled
	for len(list) < 400 {
		n := w.rnd.IntN(len(w.changes))
		if w.rnd.Float64()*100 > float64(w.changes[n].Risk)+5 {
			continue
		}
		i, s := w.incidentOf(n)
		places := w.places(s)
		var all, around []Candidate
		for k, c := range w.changes {
			if d := i.Began.Sub(c.Started); d < 0 || d > Before {
				continue
			}
			all = append(all, c)
			if p, ok := places[w.of[k]]; ok {
				c.Place, c.Service = p, "s"
				around = append(around, c.AsOf(i.Began))
			}
		}
		cause := w.changes[n].Change
		place := PlaceOf(Rank(i, around).Changes(), cause)
		list = append(list, Labelled{i.ID + int64(len(list))<<32, cause, place, PlaceOf(Latest(i, all), cause)})
		near = append(near, Labelled{i.ID + int64(len(near))<<32, cause, place, PlaceOf(Latest(i, around), cause)})
	}
	m, byMap := MeasureOf(list), MeasureOf(near)
	t.Logf("MRR %.3f (first %.0f %%, among three %.0f %%, missed %d of %d); the newest change anywhere %.3f; the newest near on the map %.3f",
		m.MRR, 100*m.First, 100*m.Three, m.Missed, m.Incidents, m.LatestMRR, byMap.LatestMRR)
	if m.MRR < 0.65 || m.MRR < 2*m.LatestMRR || m.MRR < byMap.LatestMRR+0.1 {
		t.Errorf("the ranking got worse: %+v, %+v", m, byMap)
	}
}
