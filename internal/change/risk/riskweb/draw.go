package riskweb

import (
	"fmt"
	"math"

	"github.com/evenkeel/evenkeel/internal/change/risk"
)

// Plot is the calibration of chances: across what was foretold, upwards what
// happened. On the diagonal both agree.
type Plot struct {
	Dots  []Dot
	Ticks []Tick
	Top   string // the greatest share on either axis
}

// Dot is a bin of changes that were given about the same chance.
type Dot struct {
	N, Failed          int
	X, Y, Y1, Y2, R    float64
	Expected, Observed string
	Between, Say       string
	Off                bool // the interval does not hold what was foretold
}

// Tick is a line of the grid with its text.
type Tick struct {
	At, Up float64
	Text   string
}

// The picture's plane, in its own units.
const (
	left, right = 40.0, 392.0
	top, bottom = 10.0, 214.0
)

func plot(bins []risk.Bin) *Plot {
	if len(bins) == 0 {
		return nil
	}
	most, n := 0.1, 0
	for _, b := range bins {
		most, n = max(most, b.Expected, b.Observed, min(b.High, 2*b.Observed+0.1)), n+b.N
	}
	most = min(math.Ceil(most*10)/10, 1)
	x := func(v float64) float64 { return left + min(v/most, 1)*(right-left) }
	y := func(v float64) float64 { return bottom - min(v/most, 1)*(bottom-top) }
	p := &Plot{Top: percent(most)}
	step := 0.1
	if most > 0.5 {
		step = 0.2
	}
	for v := 0.0; v <= most+1e-9; v += step {
		p.Ticks = append(p.Ticks, Tick{x(v), y(v), percent(v)})
	}
	for _, b := range bins {
		d := Dot{N: b.N, Failed: b.Failed, X: x(b.Expected), Y: y(b.Observed), Y1: y(b.High), Y2: y(b.Low), Expected: share(b.Expected), Observed: share(b.Observed),
			Between: share(b.Low) + " to " + share(b.High), R: 3 + 5*math.Sqrt(float64(b.N)/float64(n)), Off: b.Expected < b.Low || b.Expected > b.High}
		d.Say = fmt.Sprintf("%d changes, foretold %s, failed %s (%d)", b.N, d.Expected, d.Observed, b.Failed)
		p.Dots = append(p.Dots, d)
	}
	return p
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }
func share(x float64) string   { return fmt.Sprintf("%.1f %%", 100*x) }

// Weight is one factor as it stands in a version.
type Weight struct {
	risk.Definition
	Weight string
	Was    string // beside another version; empty: there is none
	Odds   string // what it does in words
	X, W   float64
	Tone   string // red: more risk, green: less
	Spread string
	Seen   int
	Moved  bool
}

func weights(v risk.Version) (out []Weight, most float64) {
	moved := map[string]risk.Moved{}
	for _, m := range v.Report.Weights {
		moved[m.Name] = m
	}
	most = 1.0
	for _, w := range v.Of {
		most = max(most, math.Abs(w))
	}
	for i, f := range risk.Factors {
		w := Weight{Definition: f, Weight: signed(v.Of[i]), Odds: odds(v.Of[i]), Tone: "red"}
		w.W = 50 * math.Abs(v.Of[i]) / most
		w.X = 50
		if v.Of[i] < 0 {
			w.X, w.Tone = 50-w.W, "green"
		}
		if m, ok := moved[f.Name]; ok {
			w.Was, w.Spread, w.Seen, w.Moved = signed(m.Before), fmt.Sprintf("± %.2f", 2*m.Spread), m.Seen, math.Abs(m.After-m.Before) >= 0.05
		}
		out = append(out, w)
	}
	return out, most
}

func signed(x float64) string {
	if math.Abs(x) < 0.005 {
		return "0"
	}
	if x < 0 {
		return fmt.Sprintf("−%.2f", -x)
	}
	return fmt.Sprintf("+%.2f", x)
}

// odds says what a weight does to the odds where its number is 1.
func odds(w float64) string {
	switch f := math.Exp(w); {
	case math.Abs(w) < 0.005:
		return "plays no part"
	case w > 0:
		return fmt.Sprintf("odds × %.1f", f)
	default:
		return fmt.Sprintf("odds ÷ %.1f", 1/f)
	}
}
