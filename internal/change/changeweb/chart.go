package changeweb

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/web"
)

// chart is one metric minute by minute: what was usual, the rollout, what came
// after it, and what is not measured yet. Lengths are percent of the width and,
// upwards, of the height.
type chart struct {
	Title  string
	Label  string // for who cannot see it
	Y      []tick // labels in their own gutter
	X      []tick
	Heads  []tick // "before · 50 min"
	Zones  []zone
	Bands  []zone
	Lines  []line
	Border float64 // of rollout and after
}

// tick is a label at a place.
type tick struct {
	At     float64
	Text   string
	Anchor string
	Class  string
	Wide   bool // left out on phones
}

// zone is a part of the picture: rollout, overlap, to come; or a band.
type zone struct {
	Class      string
	X, W, Y, H float64
}

// line is a run of readings of one phase.
type line struct{ Class, D string }

// Chart geometry in pixels: the plot stands between these.
const (
	plotTop  = 20.0
	plotHigh = 118.0
)

// chartOf draws one row of a comparison.
func chartOf(v *web.View, r verify.Result, row verify.Row, service string) *chart {
	p := r.Plan
	whole := p.Until.Sub(p.From)
	if whole <= 0 || len(row.Values) < 2 {
		return nil
	}
	say := unitOf(row)
	x := func(t time.Time) float64 {
		return min(max(100*float64(t.Sub(p.From))/float64(whole), 0), 100)
	}
	low, high, n := span(row)
	if n < 2 {
		return nil
	}
	base := 0.0
	if low > high*0.6 {
		base = low - (high-low)*0.5
	}
	step := nice((high - base) / 3)
	base = math.Floor(base/step) * step
	top := base + step*math.Ceil((high-base)/step+0.001)
	y := func(value float64) float64 { return 100 - 100*(value-base)/(top-base) }
	c := &chart{Title: row.Name + " of " + service + ", per minute. Bands: 95 of 100 readings", Border: x(p.Deployed)}
	for value := base; value <= top+step/2; value += step {
		c.Y = append(c.Y, tick{At: plotTop + plotHigh*y(value)/100, Text: say(value)})
	}
	seen := r.At
	if seen.After(p.Until) {
		seen = p.Until
	}
	start, deployed, now := x(p.Start), x(p.Deployed), x(seen)
	c.Zones = append(c.Zones, zone{Class: "f-roll", X: start, W: deployed - start})
	if now < 99.5 {
		c.Zones = append(c.Zones, zone{Class: "f-come", X: now, W: 100 - now})
	}
	c.overlap(r, len(row.Values))
	band := func(class string, f verify.Figure, from, to float64) {
		if f.N > 0 && to > from {
			c.Bands = append(c.Bands, zone{Class: class, X: from, W: to - from, Y: y(f.High), H: max(y(f.Low)-y(f.High), 1)})
		}
	}
	band("f-bandg", row.Before, 0, start)
	band("f-band", row.After, deployed, now)
	c.draw(r, row, y)
	c.heads(p, seen, x)
	c.times(v, p, seen, x)
	c.Label = fmt.Sprintf("%s of %s from %s to %s. Before the change %s, after it %s.", row.Name, service, v.HM(p.From), v.HM(p.Until), say(row.Before.Mean), say(row.After.Mean))
	return c
}

// span is the range of what was read.
func span(row verify.Row) (low, high float64, n int) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range row.Values {
		if v != nil {
			low, high, n = min(low, *v), max(high, *v), n+1
		}
	}
	if high <= low {
		high = low + math.Max(math.Abs(low)*0.1, 1e-9)
	}
	return low, high, n
}

// overlap marks minutes that are left out of the verdict.
func (c *chart) overlap(r verify.Result, n int) {
	for i := 0; i < n; {
		j := i
		for j < n && r.Phase(j) == verify.LeftOut {
			j++
		}
		if j > i {
			c.Zones = append(c.Zones, zone{Class: "f-out", X: 100 * float64(i) / float64(n), W: 100 * float64(j-i) / float64(n)})
			i = j
			continue
		}
		i++
	}
}

var phaseLines = map[verify.Phase]string{verify.Before: "ln", verify.Rollout: "ln ln-da", verify.After: "ln ln-ac", verify.LeftOut: "ln ln-out"}

// draw writes the readings as lines, one for each phase and interrupted where
// nothing was read.
func (c *chart) draw(r verify.Result, row verify.Row, y func(float64) float64) {
	var b strings.Builder
	class := ""
	end := func() {
		if strings.Contains(b.String(), "L") {
			c.Lines = append(c.Lines, line{class, b.String()})
		}
		b.Reset()
	}
	for n, v := range row.Values {
		if v == nil {
			end()
			class = ""
			continue
		}
		at := fmt.Sprintf("%.2f %.2f", 100*(float64(n)+0.5)/float64(len(row.Values)), y(*v))
		now := phaseLines[r.Phase(n)]
		switch {
		case class == "":
			b.WriteString("M" + at)
		case now != class:
			b.WriteString("L" + at) // phases meet
			end()
			b.WriteString("M" + at)
		default:
			b.WriteString("L" + at)
		}
		class = now
	}

	end()
}

// heads name the parts where there is room, the most telling ones first.
func (c *chart) heads(p verify.Plan, seen time.Time, x func(time.Time) float64) {
	taken := [][2]float64{}
	add := func(from, to time.Time, text, class string, wide bool) {
		mid, half := (x(from)+x(to))/2, letter*float64(len([]rune(text)))/2
		mid = min(max(mid, half), 100-half)
		for _, t := range taken {
			if mid-half < t[1]+1 && mid+half > t[0]-1 {
				return
			}
		}
		taken = append(taken, [2]float64{mid - half, mid + half})
		c.Heads = append(c.Heads, tick{At: mid, Text: text, Class: class, Anchor: "middle", Wide: wide})
	}
	if seen.After(p.Deployed) {
		add(p.Deployed, seen, "after · "+web.Dur(seen.Sub(p.Deployed)), "ax-b t-ac", false)
	}
	add(p.From, p.Start, "before · "+web.Dur(p.Start.Sub(p.From)), "ax-b", false)
	add(p.Start, p.Deployed, "rollout", "ax", true)
	if seen.Before(p.Until) {
		add(seen, p.Until, "to come", "ax", true)
	}
}

// letter is about the width of one in percent of the narrowest plot.
const letter = 2.0

// times label the axis below; labels that would touch are left out, the most
// telling ones first.
func (c *chart) times(v *web.View, p verify.Plan, seen time.Time, x func(time.Time) float64) {
	const apart = 13
	for i, t := range []time.Time{p.From, p.Until, p.Deployed, seen, p.Start} {
		at, ok := x(t), true
		for _, o := range c.X {
			ok = ok && math.Abs(o.At-at) >= apart
		}
		if !ok {
			continue
		}
		anchor := "middle"
		if at < 3 {
			anchor = "start"
		} else if at > 97 {
			anchor = "end"
		}
		c.X = append(c.X, tick{At: at, Text: v.HM(t), Anchor: anchor, Class: "ax", Wide: i > 2})
	}
}

// nice is a round step at least as large as one.
func nice(step float64) float64 {
	if step <= 0 || math.IsNaN(step) || math.IsInf(step, 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(step)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if m*p >= step*0.999 {
			return m * p
		}
	}
	return 10 * p
}

// unitOf writes a metric's figures. Shares that metrics call ratio are percent;
// anything else has the unit of its query.
func unitOf(row verify.Row) func(float64) string {
	_, high, n := span(row)
	name := strings.ToLower(row.Name)
	if n > 0 && high <= 1 && (strings.Contains(name, "ratio") || strings.Contains(name, "share") || strings.Contains(name, "%")) {
		return func(v float64) string { return digits(v*100) + " %" }
	}
	if strings.HasSuffix(name, " ms") || strings.Contains(name, "(ms)") {
		return func(v float64) string { return digits(v) + " ms" }
	}
	return digits
}

// digits shows three that matter.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case a < 1e-12:
		return "0"
	case a >= 1000:
		return web.Count(int(math.Round(v)))
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	case a >= 0.01:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.2g", v)
}
